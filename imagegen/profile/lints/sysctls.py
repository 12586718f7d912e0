"""The profile's own sysctls beside those that IPVS needs and kube-proxy sets."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.families import IPV6_SYSCTLS, Family
from imagegen.knowledge.kubernetes import Mode
from imagegen.profile.fields import brief
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

# imagegen's own in /etc/sysctl.d; its name sorts behind Debian's 99-sysctl.conf
SYSCTL_FILE = "99-zz-imagegen-ipvs.conf"
# The recipe's values are what makes IPVS work; turning one off is not a setting but a fault.
NEEDED_SYSCTLS = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1",
                  "net.bridge.bridge-nf-call-ip6tables": "1"}


def needed_sysctls(profile: Profile) -> dict[str, str]:
    """The recipe's, and with IPv6 services those that let IPv6 through."""
    if Family.IPV6 not in profile.cluster.families:
        return NEEDED_SYSCTLS
    return NEEDED_SYSCTLS | {key: value for key, (value, _, _) in IPV6_SYSCTLS.items()}


def set_by_kube_proxy(profile: Profile) -> dict[str, str]:
    """The sysctls that kube-proxy sets at its start (pkg/proxy/ipvs/proxier.go, NewProxier)."""
    if profile.kube_proxy.config.mode is not Mode.IPVS:
        return {}
    wanted = {"net.ipv4.vs.conntrack": "1", "net.ipv4.vs.expire_nodest_conn": "1",
              "net.ipv4.vs.expire_quiescent_template": "1"}
    if profile.kube_proxy.config.ipvs.strict_arp:
        wanted |= {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}
    return wanted


def dotted(key: str) -> str:
    """A sysctl's key in its usual form; sysctl.d(5) takes slashes as well."""
    return key.replace("/", ".")


def sysctls(profile: Profile) -> Iterator[Problem]:
    """Values that sysctl.d would drop, or that break the node."""
    seen: set[str] = set()
    for key, value in profile.os.sysctls.items():
        path, name = ("os", "sysctls", key), dotted(key)
        if name in seen:
            yield Problem(path, f"{key} is another spelling of a key that stands above",
                          "keep one of them", of_key=True, rule="sysctl-twice")
        if not value.strip() or value != value.strip() or value.startswith(("=", "#", ";")):
            yield Problem(path, f"the value of {key} is empty, or begins or ends "
                          "with what sysctl.d would drop", "write the bare value",
                          rule="sysctl-value")
        yield from _needed(profile, path, name, value)
        seen.add(name)


def _needed(profile: Profile, path: tuple[str, ...], name: str, value: str) -> Iterator[Problem]:
    # a cluster that is wrong itself is asked only about what hangs on it
    all_needed = needed_sysctls(profile) if name in IPV6_SYSCTLS else NEEDED_SYSCTLS
    needed = all_needed.get(name, value)
    if value != needed:
        what = "a node in IPVS mode" if name in NEEDED_SYSCTLS else "a node of an IPv6 cluster"
        yield Problem(path, f"{name} = {value} breaks {what}",
                      f"remove the line; imagegen sets it to {needed}", rule="sysctl-needed")
    if name in set_by_kube_proxy(profile):
        yield Problem(path, f"kube-proxy sets {name} itself when it starts, so a line for it says "
                      "nothing", "remove the line", of_key=True, rule="sysctl-of-kube-proxy")


def sysctl_files(profile: Profile) -> Iterator[Problem]:
    """os.files that say otherwise of a key than imagegen does: one of the two would be void."""
    wanted = needed_sysctls(profile) | {dotted(key): value
                                        for key, value in profile.os.sysctls.items()}
    for index, file in enumerate(profile.os.files):
        folder = file.path.rpartition("/")[0]
        if file.path != "/etc/sysctl.conf" and not folder.endswith("/sysctl.d"):
            continue
        for key, value in _assignments(file.data.decode("utf-8", "replace")):
            if wanted.get(key, value) != value:
                yield Problem(("os", "files", index, "path"), f"{file.path} sets {key} to "
                              f"{brief(value)}, and imagegen sets it to {wanted[key]}; "
                              f"{_winner(file.path)}", f"take {key} out of the file",
                              rule="node-sysctl-file")


def _winner(path: str) -> str:
    """systemd-sysctl goes by the file's whole name, whatever its folder; the last one wins."""
    if path == "/etc/sysctl.conf":
        return (f"after a boot {SYSCTL_FILE} wins, and after `sysctl --system` by hand "
                f"{path} does")
    name = path.rpartition("/")[2]
    wins, loses = (path, SYSCTL_FILE) if name > SYSCTL_FILE else (SYSCTL_FILE, path)
    return f"{wins} sorts after {loses} and wins"


def _assignments(text: str) -> Iterator[tuple[str, str]]:
    """sysctl.d(5): KEY = VALUE, `-` before it where it may fail, `#` and `;` before comments."""
    for row in (line.strip() for line in text.splitlines()):
        key, equals, value = row.removeprefix("-").partition("=")
        if equals and row[0] not in "#;":
            yield dotted(key.strip()), value.strip()
