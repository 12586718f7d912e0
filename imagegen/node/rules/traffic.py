"""A connection through a virtual server arrives at a real server, and IPVS has sent it there."""

from __future__ import annotations

from ..ipvs_proc import hexadecimal
from ..model import Outcome, not_yet, ok

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Says which hop fails: the route, IPVS, or the real server."""
    address, port = expect["address"], expect["port"]
    name = f"[{address}]:{port}" if ":" in address else f"{address}:{port}"
    wanted = f"a connection to {name} is answered by a real server"
    if node.table().get("TCP", hexadecimal(address, port)) is None:
        return not_yet(wanted, f"there is no virtual server TCP {name}")
    trouble, server = node.host.through(address, port, float(expect["timeout"]))
    if not trouble and server:
        return ok(wanted, f"IPVS sent it to {server}, which answered")
    if not trouble:
        return not_yet(wanted, f"{name} answers, but IPVS did not see the connection",
                       "Look for a rule of nat OUTPUT (`iptables -t nat -S`, `nft list ruleset`) "
                       "or a "
                       "socket that is bound to that address: it takes the connection before IPVS.")
    if server:
        return not_yet(wanted, f"IPVS sent it to {server}, which {trouble}",
                       f"See whether {server} listens and is reached from this node without IPVS. "
                       "Then "
                       "look for KUBE-MARK-MASQ and the firewall on the way.")
    return not_yet(wanted, f"{name} {trouble}, and IPVS did not see the connection",
                   f"See `ip route get {address}`, that kube-ipvs0 carries it, and the rules of "
                   "OUTPUT.")
