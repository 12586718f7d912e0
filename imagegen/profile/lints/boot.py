"""The kernel's command line, scripts of the build, and what else decides how a node boots."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.systemd import CLOUD_INIT_UNITS, NEEDED_UNITS, NETWORK_UNITS
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import in_bytes
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Swap
from imagegen.profile.node_files import Hook
from imagegen.profile.problem import Problem, Severity

# what the boot menu itself says, and what takes the boot away from the image
_TAKEN = ("root", "ro", "rw", "rootfstype", "rootflags", "init", "initrd", "BOOT_IMAGE", "boot",
          "rescue", "emergency", "single")
_REPEATED = ("console", "earlycon", "hugepagesz", "hugepages", "module_blacklist",
             "modprobe.blacklist", "systemd.mask", "systemd.wants", "systemd.setenv", "video",
             "isolcpus")
_LEAST = ("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack", "br_netfilter", "overlay",
          "dummy", "ip_set", "xt_set")


def needed_modules(profile: Profile) -> frozenset[str]:
    """The modules without which the node is not in IPVS mode."""
    release = known_release(profile)
    scheduler = profile.kube_proxy.config.ipvs.scheduler.module
    return frozenset([*_LEAST, scheduler, *([release.conntrack] if release else [])])


def needed_units(profile: Profile) -> frozenset[str]:
    """The units without which the node does not boot, has no network or gets no name."""
    release = known_release(profile)
    networks = [release.network.value] if release else list(NETWORK_UNITS)
    runtimes = {"containerd": "containerd.service", "containerd.io": "containerd.service",
                "cri-o": "crio.service"}
    brought = [unit for package, unit in runtimes.items() if package in profile.os.packages]
    units = {*NEEDED_UNITS, *brought, *(["containerd.service"] if profile.os.containerd else []),
             *(["kubelet.service"] if profile.os.kubelet else []),
             *(unit for network in networks for unit in NETWORK_UNITS[network])}
    without = release is not None and release.cloud_init is None
    return frozenset(units - set(CLOUD_INIT_UNITS if without else ()))


def what_is_lost(unit: str) -> str:
    """What a node does not do without one of them."""
    if unit in CLOUD_INIT_UNITS:
        return "gets no name and no kubeconfig"
    if any(unit in units for units in NETWORK_UNITS.values()):
        return "has no network"
    if unit.startswith(("containerd", "crio", "kubelet")):
        return "runs no pods"
    return {"systemd-modules-load.service": "loads no modules",
            "systemd-sysctl.service": "sets no sysctls"}.get(unit, "does not boot as it should")


def kernel_arguments(profile: Profile) -> Iterator[Problem]:
    """Each once, none of the boot menu's own, none that keeps IPVS from loading."""
    seen: dict[str, str] = {}
    for index, argument in enumerate(profile.os.kernel_arguments):
        path, (name, _, value) = ("os", "kernelArguments", index), argument.partition("=")
        if name in _TAKEN:
            yield Problem(path, f"{name} is the boot menu's own, and another one would not boot",
                          "remove it", rule="node-kernel-argument-taken")
        if argument in seen.values() or (name in seen and name not in _REPEATED):
            yield Problem(path, f"{name} stands above as {seen[name]}, and the kernel takes the "
                          "last", "keep one of them", rule="node-kernel-argument-twice")
        seen[name] = argument
        if name in ("module_blacklist", "modprobe.blacklist"):
            yield from _kept_out(profile, path, value)
        yield from _breaks(profile, path, argument)


# one node's own (kernel-command-line(7)); the menu of the image is every node's
_OF_ONE_NODE = ("systemd.machine_id", "systemd.hostname")


def _breaks(profile: Profile, path: tuple[str | int, ...], argument: str) -> Iterator[Problem]:
    """Arguments that take away what makes a node of the image."""
    name, _, value = argument.partition("=")
    unit = value if "." in value else f"{value}.service"
    if name == "systemd.mask" and unit in needed_units(profile):
        yield _broken(path, f"{argument} keeps {value} from starting")
    elif name in _OF_ONE_NODE:
        yield _broken(path, f"{name} is one node's own, and here every node would have it: two "
                      "nodes of one machine-id or name fight for one address")
    elif argument == "cloud-init=disabled":
        yield _broken(path, "without cloud-init no node gets its name or its kubeconfig")
    elif name == "initcall_blacklist" and "ip_vs" in value:
        yield _broken(path, f"{argument} keeps IPVS out")


def _broken(path: tuple[str | int, ...], what: str) -> Problem:
    return Problem(path, what, "remove it", rule="node-kernel-argument-breaks")


def _kept_out(profile: Profile, path: tuple[str | int, ...], value: str) -> Iterator[Problem]:
    names = {name.replace("-", "_") for name in value.split(",")}
    for name in sorted(names & needed_modules(profile)):
        yield Problem(path, f"it keeps {name} out, without which the node is not in IPVS mode",
                      f"take {name} out of it", rule="node-module-kept-out")


def swap(profile: Profile) -> Iterator[Problem]:
    """A kubelet on a node that swaps; an fstab of the profile's own that asks for swap."""
    if profile.os.swap is Swap.LEAVE and profile.os.kubelet:
        yield Problem(("os", "swap"), "the base image's swap is left on, and the kubelet refuses "
                      "to start where a node swaps", "remove `swap: leave`, or tell the kubelet "
                      "failSwapOn: false", rule="node-swap", severity=Severity.WARNING)
    for index, file in enumerate(profile.os.files):
        found = re.search(rb"^[^#\s]\S*\s+\S+\s+swap(\s|$)", file.data, re.M)
        if profile.os.swap is Swap.OFF and file.path == "/etc/fstab" and found:
            yield Problem(**in_bytes(index, file, found.start()), what="this fstab asks for swap, "
                          "and os.swap is off", hint="take the line out, or write `swap: leave`",
                          rule="node-swap")


def time_servers(profile: Profile) -> Iterator[Problem]:
    """Each server once; one client alone, since two would pull the clock apart."""
    servers, packages = profile.os.time_servers, profile.os.packages
    for index, server in enumerate(servers):
        if server in servers[:index]:
            yield Problem(("os", "timeServers", index), f"{server} stands above", "remove one",
                          rule="node-time-server-twice")
    clients = [name for name in ("chrony", "systemd-timesyncd", "ntpsec", "openntpd")
               if name in packages]
    if len(clients) > 1 or (servers and clients and clients[0] in ("ntpsec", "openntpd")):
        yield Problem(("os", "packages", packages.index(clients[-1])),
                      f"{' and '.join(clients)}: the node has one time client, and "
                      "os.timeServers speaks to chrony or systemd-timesyncd",
                      "keep chrony or systemd-timesyncd", rule="node-time-client")


def runtime(profile: Profile) -> Iterator[Problem]:
    """A kubelet needs a runtime; a base image of the user's may have one."""
    if profile.os.kubelet and not profile.os.containerd and not (
            {"containerd", "cri-o", "containerd.io"} & set(profile.os.packages)):
        yield Problem(("os", "kubelet"), "the image gets a kubelet and no container runtime",
                      "add `containerd: {}`, unless your base image has one",
                      rule="node-kubelet-no-runtime", severity=Severity.WARNING)
    release, containerd = known_release(profile), profile.os.containerd
    if release and containerd and release.containerd.package is None and (
            containerd.package == "containerd"):
        yield Problem(("os", "containerd"), f"no repository of {release.title} has a package "
                      "containerd", "write `package: containerd.io`, and add Docker's repository "
                      "by a script in os.hooks.before", of_key=True, rule="node-containerd-package")


def hooks(profile: Profile) -> Iterator[Problem]:
    """Scripts that could not run at all."""
    for when in ("before", "after"):
        scripts: tuple[Hook, ...] = getattr(profile.os.hooks, when)
        names = [hook.name for hook in scripts]
        for index, hook in enumerate(scripts):
            path = ("os", "hooks", when, index)
            if hook.name in names[:index]:
                yield Problem((*path, "name"), f"the hook {hook.name} stands here a second time, "
                              "and a failure is told by its name", "choose another name",
                              rule="node-hook-twice")
            yield from _script(hook, (*path, "script"))


def _script(hook: Hook, path: tuple[str | int, ...]) -> Iterator[Problem]:
    first = hook.script.split("\n", 1)[0]
    if not hook.script.strip():
        yield Problem(path, f"the hook {hook.name} is empty", "remove it", rule="node-hook-script")
    if "\r" in hook.script:
        yield Problem(path, f"the hook {hook.name} has Windows line ends, which a shell takes for "
                      "part of each command", "save it with plain line ends",
                      rule="node-hook-script", at=hook.script.index("\r"))
    if "\0" in hook.script:
        yield Problem(path, f"the hook {hook.name} holds a NUL", "remove it",
                      rule="node-hook-script", at=hook.script.index("\0"))
    if first.startswith("#!") and not first[2:].strip().startswith("/"):
        yield Problem(path, f"the first line of {hook.name} names no program by its absolute path",
                      "begin it with #!/bin/sh", rule="node-hook-script", at=0)
