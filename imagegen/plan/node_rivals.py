"""What must not work against kube-proxy, and that what runs is what was baked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from imagegen.knowledge.kubernetes import Form, Mode
from imagegen.knowledge.kubernetes_flags import BESIDE_CONFIG, LOGGING
from imagegen.plan.facts import (
    ALWAYS,
    BOOTED,
    IN_CLUSTER,
    Content,
    Fact,
    Json,
    Level,
    Nothing,
    Proof,
    Rule,
    Template,
)
from imagegen.plan.gate import GATE_UNIT, GATE_UNIT_PATH
from imagegen.plan.kubeproxy import UNIT, UNIT_PATH, command
from imagegen.plan.node import CHECK_UNIT, CHECK_UNIT_PATH
from imagegen.profile.gate import Gate
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile

DEVICE = "kube-ipvs0"
# each flushes what kube-proxy has written, at its start or at its reload
FLUSHING = ("firewalld.service", "ufw.service", "nftables.service", "netfilter-persistent.service",
            "iptables.service")
OF_IPVS = "ipvsadm.service"
LOADED = ("systemd-modules-load.service", "systemd-sysctl.service")
# what may stand under a unit's name in a folder of drop-ins
_DROP_INS = tuple(f"{folder}/systemd/system" for folder in ("/etc", "/usr/lib"))
_MEND = "Remove it, and build the image anew where the image brings it."


def rival_facts(profile: Profile) -> Iterator[Fact]:
    """Units, managers of the device and other proxies; and what another mode has left."""
    mode = profile.kube_proxy.config.mode
    ipvs = mode is Mode.IPVS
    yield _fact("rivals.units", Rule.RIVAL_UNITS,
                {"units": [*FLUSHING, *([OF_IPVS] if ipvs else [])]}, ALWAYS,
                "what flushes the packet filter takes kube-proxy's rules along",
                "nft(8), flush ruleset; firewalld issue 1170", _MEND)
    yield _fact("rivals.proxies", Rule.RIVAL_PROXY, {"name": "kube-proxy"}, BOOTED,
                "two that program the services' table undo each other's work at every sync",
                "kubernetes pkg/proxy/ipvs/proxier.go, cleanLegacyService", _MEND)
    yield _fact("rivals.left-overs", Rule.LEFTOVERS, {"mode": mode.value}, IN_CLUSTER,
                "rules of another mode send packets where that mode once meant them to go",
                "kubernetes pkg/proxy/nftables/proxier.go, CleanupLeftovers", _MEND)
    if ipvs:
        yield _fact("rivals.manager", Rule.RIVAL_MANAGER, {"name": DEVICE}, IN_CLUSTER,
                    f"who manages {DEVICE} takes it down or removes the services' addresses",
                    "NetworkManager.conf(5); systemd.network(5)", _MEND)
        yield _fact("iptables.kind", Rule.IPTABLES_KIND, {}, BOOTED,
                    "two kinds of rules are both at work, and each program shows one of them",
                    "xtables-nft(8)", "Let every program of the node use one kind.")
    yield from _order(profile)


def _order(profile: Profile) -> Iterator[Fact]:
    units: list[Json] = [*LOADED, *([UNIT] if profile.kube_proxy.by_unit else [])]
    yield _fact("boot.order", Rule.BOOT_ORDER, {"units": units}, BOOTED,
                "a sysctl that comes before its module is left out without a word",
                "systemd.special(7); systemd issue 1113",
                "Look at `systemd-analyze critical-chain`, and order the units by After=.")


def running_facts(profile: Profile, facts: Iterable[Fact]) -> Iterator[Fact]:
    """Of the units that imagegen bakes: no file beside the baked ones, and the baked words run.

    `facts` are all others, since the drop-ins are theirs.
    """
    baked = [fact.baked.path for fact in facts if isinstance(fact.baked, (Content, Template))]
    proxy = profile.kube_proxy
    units = {CHECK_UNIT: CHECK_UNIT_PATH} | ({UNIT: UNIT_PATH} if proxy.by_unit else {})
    units |= {GATE_UNIT: GATE_UNIT_PATH} if profile.check.gate is Gate.KUBELET else {}
    for unit, path in units.items():
        known: list[Json] = [one for one in baked for folder in _DROP_INS
                             if one.startswith(f"{folder}/{unit}.d/")]
        yield _fact(f"override.{unit}", Rule.UNIT_OVERRIDE,
                    {"unit": unit, "path": path, "dropIns": known}, ALWAYS,
                    "a file under /etc wins over the baked unit, whose digest stays right",
                    "systemd.unit(5)", "Take the file into the profile, or remove it.")
    config = form_of(profile) is Form.CONFIG or not proxy.by_unit
    beside: list[Json] = [*sorted(BESIDE_CONFIG | LOGGING)] if config else []
    yield _fact("kube-proxy.command", Rule.PROXY_COMMAND,
                {"argv": command(profile) if proxy.by_unit else None, "beside": beside},
                IN_CLUSTER, "what runs decides, whatever the files say",
                "kubernetes cmd/kube-proxy/app/options.go", "Restore the baked unit, and restart "
                "kube-proxy.")


def _fact(name: str, rule: Rule, expect: dict[str, Json], levels: tuple[Level, ...], reason: str,
          source: str, remedy: str) -> Fact:
    return Fact(name, reason, source, remedy, Nothing(), Proof(rule, expect, levels))
