"""What another mode of kube-proxy has left behind: its chains, or its own table."""

from __future__ import annotations

from ..model import Outcome, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# kubernetes pkg/proxy/iptables/proxier.go: a chain a service and a chain an endpoint
OF_IPTABLES = ("KUBE-SVC-", "KUBE-SEP-", "KUBE-SVL-", "KUBE-EXT-", "KUBE-XLB-", "KUBE-FW-")
# kubernetes pkg/proxy/nftables/proxier.go
NFT_TABLE, NFTABLES = "kube-proxy", "nftables"


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Rules of nftables mode act on packets still; chains that iptables mode left are only dust."""
    mode = expect["mode"]
    wanted = f"nothing but {mode} mode's rules"
    chains = node.chains()
    tables = sorted({family for family, table, _ in chains if table == NFT_TABLE})
    if tables and mode != NFTABLES:
        return red(wanted, f"there is a table {' and '.join(tables)} {NFT_TABLE}, of nftables "
                   "mode: its rules take packets away from IPVS",
                   f"Run `nft delete table {tables[0]} {NFT_TABLE}`, and restart kube-proxy.")
    old = sorted({name for _, table, name in chains
                  if table != NFT_TABLE and name.startswith(OF_IPTABLES)})
    if old:
        return warning(wanted, f"{counted(len(old), 'chain')} of iptables mode: "
                       f"{', '.join(old[:3])}",
                       "Reboot, or stop kube-proxy, run `kube-proxy --cleanup` until it ends "
                       "without an error (the second time, mostly), and start it.")
    return ok(wanted, f"{counted(len(chains), 'chain')}, none of another mode")
