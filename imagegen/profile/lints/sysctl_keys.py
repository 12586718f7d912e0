"""Sysctls that the node's kernel does not have, or has only later, or for somebody else."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge import sysctls as known
from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.sysctls import (
    GONE,
    KUBELETS,
    device_with_dots,
    dotted,
    module_of,
    proc_path,
)
from imagegen.profile.lints.image import known_release
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]


def sysctl_keys(profile: Profile) -> Iterator[Problem]:
    """systemd-sysctl passes over what the kernel lacks, and says so at its debug level at most."""
    for key, value in profile.os.sysctls.items():
        path, place = ("os", "sysctls", key), proc_path(key)
        found = list(_device(path, key, place)) or list(_gone(profile, path, place)) or list(
            _not_yet(profile, path, place)) or list(_misspelt(path, place))
        yield from found
        yield from _late(profile, path, place)
        yield from _others(path, place, value)


def _device(path: Path, key: str, place: str) -> Iterator[Problem]:
    if meant := device_with_dots(place):
        yield Problem(path, f"{key} means the folder {place} of /proc/sys, which no kernel has: "
                      "the dots of an interface's name are written as slashes",
                      f"write {meant}", of_key=True, rule="sysctl-interface")


def _gone(profile: Profile, path: Path, place: str) -> Iterator[Problem]:
    release, gone = known_release(profile), GONE.get(place)
    if gone is None or release is None:
        return
    if gone.since <= release.kernel.version:
        yield Problem(path, f"the kernel of {release.title} has no {dotted(place)}: nothing would "
                      "set it, and the node's check would miss it", gone.instead, of_key=True,
                      rule="sysctl-gone")


def _not_yet(profile: Profile, path: Path, place: str) -> Iterator[Problem]:
    """A key of a newer kernel than the release's."""
    release, since = known_release(profile), known.SINCE_KERNEL.get(place)
    if release and since and release.kernel.version < since:
        yield Problem(path, f"the kernel of {release.title} ({release.kernel.series}) has no "
                      f"{dotted(place)}: it came with {'.'.join(map(str, since))}, and the node's "
                      "check would miss it", "remove the line", of_key=True, rule="sysctl-gone")


def _misspelt(path: Path, place: str) -> Iterator[Problem]:
    if meant := known.meant(place):
        yield Problem(path, f"no kernel that imagegen knows has {dotted(place)}",
                      f"did you mean {meant}?", of_key=True, rule="sysctl-unknown",
                      severity=Severity.WARNING)


def _late(profile: Profile, path: Path, place: str) -> Iterator[Problem]:
    module = module_of(place)
    loaded = {name.replace("-", "_") for name in profile.os.modules}
    if profile.kube_proxy.config.mode is Mode.IPVS:
        loaded.add("ip_vs")
    if module and module not in loaded:
        yield Problem(path, f"{dotted(place)} is there only once the module {module} is loaded, "
                      "and before that systemd-sysctl passes it over without a word",
                      f"add {module} to os.modules", of_key=True, rule="sysctl-module",
                      severity=Severity.WARNING)


def _others(path: Path, place: str, value: str) -> Iterator[Problem]:
    theirs = KUBELETS.get(place, value)
    if theirs != value:
        yield Problem(path, f"the kubelet sets {dotted(place)} to {theirs} when it starts, or "
                      "stops at another value where protectKernelDefaults is on",
                      f'write "{theirs}", or remove the line', rule="sysctl-of-kubelet",
                      severity=Severity.WARNING)
    if place == known.MODULES_DISABLED and value != "0":
        yield Problem(path, "after it no module can be loaded, and kube-proxy, ipset and the "
                      "network plugin load theirs when they start", "remove the line",
                      rule="sysctl-locks-modules")
