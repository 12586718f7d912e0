"""What another mode of kube-proxy has left behind: its chains, or its own table."""

from __future__ import annotations

from ..jumps import Jumps, saved_jumps
from ..model import CannotTell, Outcome, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..chains import Chain
    from ..state import Node

# kubernetes pkg/proxy/iptables/proxier.go: a chain a service and a chain an endpoint
OF_IPTABLES = ("KUBE-SVC-", "KUBE-SEP-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-XLB-", "KUBE-FW-")
# the same file: chains that IPVS mode has under no table, and those that it has in another one
ONLY_IPTABLES = ("KUBE-EXTERNAL-SERVICES", "KUBE-NODEPORTS", "KUBE-PROXY-CANARY")
IN_FILTER = "KUBE-SERVICES"
# pkg/proxy/ipvs/proxier.go, iptablesChains; up to 1.24 also the three of nat behind the line
OF_IPVS = ("KUBE-SERVICES", "KUBE-NODE-PORT", "KUBE-LOAD-BALANCER", "KUBE-PROXY-FIREWALL",
           "KUBE-SOURCE-RANGES-FIREWALL", "KUBE-IPVS-FILTER", "KUBE-IPVS-OUT-FILTER",
           "KUBE-FORWARD")
# pkg/proxy/nftables/proxier.go
NFT_TABLE, NFTABLES = "kube-proxy", "nftables"
ACTS = ("REJECT", "DROP", "DNAT", "MASQUERADE", "SNAT", "REDIRECT")
CLEAN = ("Reboot, or stop kube-proxy, run `kube-proxy --cleanup` until it ends without an error "
         "(the "
         "second time, mostly), and start it.")


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Rules that packets reach act on them still; chains that nothing jumps to are only dust."""
    mode = expect["mode"]
    wanted = f"nothing but {mode} mode's rules"
    chains = node.chains()
    tables = sorted({family for family, table, _ in chains if table == NFT_TABLE})
    if tables and mode != NFTABLES:
        return red(wanted, f"there is a table {' and '.join(tables)} {NFT_TABLE}, of nftables "
                   "mode: its rules take packets away from IPVS",
                   f"Run `nft delete table {tables[0]} {NFT_TABLE}`, and restart kube-proxy.")
    old = sorted(chain for chain in chains if _is_left(chain, mode))
    if old:
        return _old(wanted, node, old)
    return ok(wanted, f"{counted(len(chains), 'chain')}, none of another mode")


def _is_left(chain: Chain, mode: str) -> bool:
    """Whether the other mode made it; the kubelet's own (KUBE-FIREWALL, KUBE-MARK-MASQ,
    KUBE-POSTROUTING, KUBE-KUBELET-CANARY) are nobody's left-overs."""
    _, table, name = chain
    if table == NFT_TABLE:
        return False
    if name.startswith(OF_IPTABLES) or name in ONLY_IPTABLES:
        return True
    return name in OF_IPVS if mode == NFTABLES else (table, name) == ("filter", IN_FILTER)


def _old(wanted: str, node: Node, old: list[Chain]) -> Outcome:
    shown = ", ".join(f"{table} {name}" for _, table, name in old[:3])
    said = f"{counted(len(old), 'chain')} of another mode: {shown}"
    try:
        reached = _reached(node, old)
    except CannotTell as reason:
        return warning(wanted, f"{said}; whether anything jumps there cannot be read ({reason})",
                       CLEAN)
    if not reached:
        return warning(wanted, f"{said}; no packet reaches them", CLEAN)
    acts = [f"{chain[1]} {chain[2]} ({', '.join(verdicts)})" for chain, verdicts in reached
            if verdicts]
    if acts:
        return red(wanted, f"{said}; packets reach {', '.join(acts[:3])}", CLEAN)
    _, table, name = reached[0][0]
    return warning(wanted, f"{said}; packets reach {table} {name}, whose rules do nothing to them",
                   CLEAN)


def _reached(node: Node, old: list[Chain]) -> list[tuple[Chain, list[str]]]:
    """Of the chains those that a jump from a hook leads to, and what their rules do to packets."""
    found = []
    for family in sorted({chain[0] for chain in old}):
        jumps = saved_jumps(node, family)
        for chain in old:
            if chain[0] == family and chain[1:] in jumps.reachable:
                found.append((chain, _acts(jumps, chain[1:])))
    return found


def _acts(jumps: Jumps, chain: tuple[str, str]) -> list[str]:
    return sorted(jumps.targets.get(chain, set()).intersection(ACTS))
