"""What the kernel must have: modules, and the sysctls that some of them bring."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge import modules as known
from imagegen.knowledge.distributions import Release
from imagegen.knowledge.families import IPV6_MODULE, IPV6_SYSCTLS, Family
from imagegen.knowledge.kubernetes import Mode, conntrack_cap
from imagegen.knowledge.modules import Module
from imagegen.knowledge.sysctls import CONN_REUSE, dotted
from imagegen.plan.facts import (
    ALWAYS,
    BOOTED,
    IN_CLUSTER,
    Fact,
    Json,
    Line,
    Nothing,
    Proof,
    Rule,
)
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.lints.sysctls import (
    NEEDED_SYSCTLS,
    conntrack_size,
    needed_sysctls,
    set_by_kube_proxy,
)
from imagegen.profile.model import Profile

MODULES_LOAD = "/etc/modules-load.d/imagegen-ipvs.conf"
IPVS_MODULES = "/etc/sysconfig/modules/ipvs.modules"
# The last name wins: this one sorts behind Debian's 99-sysctl.conf, the link to /etc/sysctl.conf.
SYSCTLS = "/etc/sysctl.d/99-zz-imagegen-ipvs.conf"

_SYSCTL_REASONS = {
    "net.ipv4.ip_forward": "without it the node drops what it should pass on to a real server",
    "net.bridge.bridge-nf-call-iptables": "bridged pod traffic must pass iptables, or it is not "
    "masqueraded",
    "net.bridge.bridge-nf-call-ip6tables": "the same for IPv6",
}


def kernel_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """Modules first: net.bridge.* does not exist before br_netfilter is loaded."""
    for module in wanted_modules(profile, release):
        yield _module(module)
    yield Fact("modules.asked-for", "a name that the kernel does not have is a module that nobody "
               "loads, and a unit that fails at every boot", "modules-load.d(5)",
               "Take the name out of the file that asks for it.", Nothing(),
               Proof(Rule.MODULES_LOAD, {}, ALWAYS))
    for key, value in NEEDED_SYSCTLS.items():
        yield _sysctl(key, value, _SYSCTL_REASONS[key], "the recipe, 2.1")
    if Family.IPV6 in profile.cluster.families:
        for key, row in IPV6_SYSCTLS.items():
            yield _sysctl(key, *row)
    for key, value in sorted(profile.os.sysctls.items()):
        if dotted(key) not in needed_sysctls(profile):
            yield _sysctl(key, value, "the profile asks for it", "os.sysctls of the profile")
    yield from _set_by_kube_proxy(profile)
    yield from _conntrack(profile)
    yield Fact("node.interfaces", "a setting of a single interface loses some packets and not "
               "others", "kernel Documentation/networking/ip-sysctl.rst",
               "Look at them with `sysctl -a --pattern 'conf.*(forwarding|rp_filter)'` and `ip "
               "link`.",
               Nothing(), Proof(Rule.INTERFACES, {}, BOOTED))


def wanted_modules(profile: Profile, release: Release) -> list[Module]:
    """The mode's, in the recipe's order where it is IPVS, and the profile's own."""
    ipvs = profile.kube_proxy.config.mode is Mode.IPVS
    conntrack = Module(release.conntrack, known.CONNTRACK_REASON, known.CONNTRACK_SOURCE)
    wanted = [
        *(_ipvs_modules(profile, conntrack) if ipvs else _nftables_modules(conntrack)),
        *([Module(*IPV6_MODULE)] if Family.IPV6 in profile.cluster.families else []),
        *(Module(name.replace("-", "_"), "the profile asks for it", "os.modules of the profile")
          for name in profile.os.modules),
    ]
    first: dict[str, Module] = {}
    for module in wanted:
        first.setdefault(module.name, module)
    return list(first.values())


def _ipvs_modules(profile: Profile, conntrack: Module) -> list[Module]:
    scheduler = profile.kube_proxy.config.ipvs.scheduler
    return [*known.RECIPE, conntrack,
            Module(scheduler.module, f"the profile's scheduler is {scheduler}",
                   "kernel net/netfilter/ipvs"), *known.SUPPORT]


def _nftables_modules(conntrack: Module) -> list[Module]:
    return [*known.NFTABLES, conntrack,
            *(module for module in known.SUPPORT if module.name in known.PLAIN_SUPPORT)]


def _module(module: Module) -> Fact:
    return Fact(
        f"module.{module.name}", module.reason, module.source,
        f"Load it with `modprobe {module.name}`. Where that fails, the kernel lacks it or a file "
        "of "
        "modprobe.d forbids it: build the image anew without that file.",
        Line(MODULES_LOAD, module.name),
        Proof(Rule.MODULE, {"name": module.name}, ALWAYS),
    )


def _sysctl(key: str, value: str, reason: str, source: str) -> Fact:
    return Fact(
        f"sysctl.{key}", reason, source,
        f"Remove what sets it otherwise after {SYSCTLS}, and run `sysctl --system`.",
        Line(SYSCTLS, f"{key} = {value}"),
        Proof(Rule.SYSCTL, {"key": key, "value": value}, BOOTED),
    )


def _set_by_kube_proxy(profile: Profile) -> Iterator[Fact]:
    for key, value in set_by_kube_proxy(profile).items():
        if key == CONN_REUSE:
            continue  # the rule of connection reuse proves it by the kernel that runs
        yield Fact(
            f"sysctl.{key}", "kube-proxy sets it when it starts in IPVS mode; another value means "
            "that it did not, or that something undid it",
            "kubernetes pkg/proxy/ipvs/proxier.go, NewProxier",
            "Restart kube-proxy. Where the value comes back, find what else sets it.",
            Nothing(), Proof(Rule.SYSCTL, {"key": key, "value": value}, IN_CLUSTER),
        )


def _conntrack(profile: Profile) -> Iterator[Fact]:
    """Room for the connections; its size where kube-proxy is told to set one."""
    yield Fact("conntrack.use", "a full table drops every new connection",
               "kernel Documentation/networking/nf_conntrack-sysctl.rst",
               "Raise kubeProxy.config.conntrack of the profile.",
               Nothing(), Proof(Rule.CONNTRACK_USE, {}, BOOTED))
    per_core, least = conntrack_size(profile)
    if per_core:
        yield Fact("conntrack.size", "kube-proxy makes the table this large when it starts",
                   "kubernetes getConntrackMax, in cmd/kube-proxy/app and from 1.36 on "
                   "pkg/proxy/conntrack",
                   "Restart kube-proxy.",
                   Nothing(), Proof(Rule.CONNTRACK_SIZE, _size(profile, per_core, least),
                                    IN_CLUSTER))


def _size(profile: Profile, per_core: int, least: int) -> dict[str, Json]:
    """What kube-proxy works out by itself on each node, as its version does it."""
    cap = conntrack_cap(version_of(profile))
    return {"perCore": per_core, "min": least, **({} if cap is None else {"cap": cap})}
