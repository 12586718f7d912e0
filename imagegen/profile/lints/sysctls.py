"""The profile's own sysctls beside those that IPVS needs, and those that others write."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase

from imagegen.knowledge.families import IPV6_SYSCTLS, Family
from imagegen.knowledge.kube_ipvs import CONN_REUSE_BEFORE, CONN_REUSE_FROM
from imagegen.knowledge.kubernetes import Mode, RunBy, conntrack_cap, keeps_larger_conntrack
from imagegen.knowledge.kubernetes_fields import BY_PATH, missing
from imagegen.knowledge.sysctls import CONN_REUSE, FORWARDING, dotted, proc_path
from imagegen.profile.fields import seconds
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

# The recipe's values are what makes IPVS work; turning one off is not a setting but a fault.
NEEDED_SYSCTLS = {"net.ipv4.ip_forward": "1", "net.bridge.bridge-nf-call-iptables": "1",
                  "net.bridge.bridge-nf-call-ip6tables": "1"}
# the same by its other names
ALIASES = {dotted(path): "net.ipv4.ip_forward" for path in FORWARDING}
_MAX = "net.netfilter.nf_conntrack_max"
# kube-proxy's own, cmd/kube-proxy/app/conntrack.go; v1alpha1/defaults.go
_PER_CORE, _MIN, _ESTABLISHED, _CLOSE_WAIT = 32768, 131072, "24h", "1h"


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
    if resets_conn_reuse(profile):
        wanted[CONN_REUSE] = "0"
    if profile.kube_proxy.config.ipvs.strict_arp:
        wanted |= {"net.ipv4.conf.all.arp_ignore": "1", "net.ipv4.conf.all.arp_announce": "2"}
    return wanted


def resets_conn_reuse(profile: Profile) -> bool:
    """Whether kube-proxy sets conn_reuse_mode to 0 on the release's kernel."""
    release = known_release(profile)
    return release is not None and (
        _kernel(CONN_REUSE_FROM) <= release.kernel.version < _kernel(CONN_REUSE_BEFORE))


def _kernel(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(".")))


def conntrack_size(profile: Profile) -> tuple[int, int]:
    """How many entries a core and at least the table has; 0 a core where kube-proxy leaves it."""
    given = profile.kube_proxy.config.conntrack
    if profile.kube_proxy.run_by is RunBy.NONE:
        return 0, 0
    per_core = _PER_CORE if given.max_per_core is None else given.max_per_core
    return per_core, _MIN if given.min is None else given.min


def conntrack_of_kube_proxy(profile: Profile) -> dict[str, tuple[str, str]]:
    """Sysctls of connection tracking that kube-proxy writes: key -> value, and its field."""
    if profile.kube_proxy.run_by is RunBy.NONE:
        return {}
    given = profile.kube_proxy.config.conntrack
    found: dict[str, tuple[str, str]] = {}
    per_core, least = conntrack_size(profile)
    if per_core:
        found[_MAX] = found["net.nf_conntrack_max"] = (_said_of_size(profile, least), "maxPerCore")
    times = {"established": (given.tcp_established_timeout or _ESTABLISHED,
                             "tcpEstablishedTimeout"),
             "close_wait": (given.tcp_close_wait_timeout or _CLOSE_WAIT, "tcpCloseWaitTimeout")}
    found |= {f"net.netfilter.nf_conntrack_tcp_timeout_{name}": (f"{seconds(time):g}", field)
              for name, (time, field) in times.items() if seconds(time)}
    udp = {"udp_timeout": (given.udp_timeout, "udpTimeout"),
           "udp_timeout_stream": (given.udp_stream_timeout, "udpStreamTimeout")}
    return found | {f"net.netfilter.nf_conntrack_{name}": (f"{seconds(time):g}", field)
                    for name, (time, field) in udp.items() if time and seconds(time)}


def _said_of_size(profile: Profile, least: int) -> str:
    cap = conntrack_cap(version_of(profile))
    most = f", {cap} at most" if cap and cap >= least else ""
    return f"at least {least}, more where the node has many cores{most}"


def _lasts(profile: Profile, value: str) -> bool:
    """Whether kube-proxy leaves a table of this size alone, however many cores the node has."""
    version = version_of(profile)
    cap, (_, least) = conntrack_cap(version), conntrack_size(profile)
    return (cap is not None and keeps_larger_conntrack(version) and value.strip().isdigit()
            and int(value) >= max(cap, least))


def sysctls(profile: Profile) -> Iterator[Problem]:
    """Each key once, none against what IPVS needs, none that kube-proxy would write over."""
    seen: set[str] = set()
    for key, value in profile.os.sysctls.items():
        path, name = ("os", "sysctls", key), dotted(key)
        if name in seen:
            yield Problem(path, f"{key} is another spelling of a key that stands above",
                          "keep one of them", of_key=True, rule="sysctl-twice")
        yield from _needed(profile, path, name, value)
        yield from _kube_proxys(profile, path, name, value)
        seen.add(name)


def _needed(profile: Profile, path: tuple[str, ...], name: str, value: str) -> Iterator[Problem]:
    # a cluster that is wrong itself is asked only about what hangs on it
    all_needed = needed_sysctls(profile) if name in IPV6_SYSCTLS else NEEDED_SYSCTLS
    needed = all_needed.get(ALIASES.get(name, name))
    if needed is not None and value.strip() != needed:
        what = "a node of an IPv6 cluster" if name in IPV6_SYSCTLS else "a node in IPVS mode"
        same = f", which is {ALIASES[name]} by another name," if name in ALIASES else ""
        yield Problem(path, f"{name} = {value}{same} breaks {what}",
                      f"remove the line; imagegen sets it to {needed}", rule="sysctl-needed")


def _kube_proxys(profile: Profile, path: tuple[str, ...], name: str,
                 value: str) -> Iterator[Problem]:
    own = set_by_kube_proxy(profile).get(name)
    if name == CONN_REUSE and profile.kube_proxy.config.mode is Mode.IPVS:
        yield from _conn_reuse(profile, path, value, own)
    elif own is not None and value.strip() != own:
        yield Problem(path, f"kube-proxy sets {name} to {own} when it starts, and {value} "
                      "contradicts it: one of the two facts of the node would always be red",
                      "remove the line", rule="sysctl-of-kube-proxy")
    elif own is not None:
        yield Problem(path, f"kube-proxy sets {name} itself when it starts, so a line for it says "
                      "nothing", "remove the line", of_key=True, rule="sysctl-of-kube-proxy")
    theirs, field = conntrack_of_kube_proxy(profile).get(name, (value, ""))
    if field == "maxPerCore" and _lasts(profile, value):
        return
    if theirs != value:
        yield Problem(path, f"kube-proxy sets {name} itself when it starts ({theirs}), so {value} "
                      "does not last", f"remove the line, and {_by_field(profile, field, value)}",
                      rule="sysctl-of-kube-proxy")


def _conn_reuse(profile: Profile, path: tuple[str, ...], value: str,
                own: str | None) -> Iterator[Problem]:
    """0 spared old kernels a second for each reused port; from 5.9 on it only does harm."""
    if own is not None and value.strip() != own:
        yield Problem(path, f"kube-proxy sets {CONN_REUSE} to {own} on kernels before "
                      f"{CONN_REUSE_BEFORE}, and {value} contradicts it: the node would always be "
                      "red", "remove the line", rule="sysctl-of-kube-proxy")
    elif own is not None:
        yield Problem(path, f"kube-proxy sets {CONN_REUSE} itself when it starts, so a line for it "
                      "says nothing", "remove the line", of_key=True, rule="sysctl-of-kube-proxy")
    elif value.strip() == "0":
        yield Problem(path, f"{CONN_REUSE} = 0 was right before kernel {CONN_REUSE_BEFORE}: here "
                      "a reused port goes on to its old real server, even one of weight 0",
                      "remove the line", rule="sysctl-of-old-kernels", severity=Severity.WARNING)


def _by_field(profile: Profile, field: str, value: str) -> str:
    place = f"kubeProxy.config.conntrack.{field}"
    if field == "maxPerCore":
        return (f"say it as kubeProxy.config.conntrack.min: {value}, or keep it and write "
                f"`{place}: 0`, which leaves the table as it is")
    known = not missing(BY_PATH[f"conntrack.{field}"], version_of(profile))
    return f'write `{place}: "{value}s"`' if known else "leave it to kube-proxy"


def alias_of_needed(pattern: str) -> str | None:
    """The needed key that a path or a pattern of sysctl.d sets under another name."""
    return next((needed for name, needed in ALIASES.items()
                 if fnmatchcase(proc_path(name), pattern)), None)
