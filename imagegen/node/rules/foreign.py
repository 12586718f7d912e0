"""Virtual servers that are not kube-proxy's, and node ports where the profile has none."""

from __future__ import annotations

import socket

from ..ipvs_proc import Service, packed_address
from ..model import Outcome, not_yet, ok, warning
from ..ranges import within
from ..whose import EXTERNAL, NODE_PORT, elsewhere, in_sets, is_loopback, left_alone, ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node



def foreign(expect: dict[str, Any], node: Node) -> Outcome:
    """Somebody else's virtual servers are excluded from kube-proxy's cleaning; marks need not be.

    A warning only: the node works, and kube-proxy deletes them at its next sync, or never
    (kubernetes kube-proxy issue 6, kubernetes 134147).
    """
    wanted = "no virtual server of somebody else's outside excludeCIDRs"
    found = [one for one in node.strangers(expect).services
             if not within(packed_address(one.key), expect.get("excluded"))]
    empty = {one.place for one in node.table().without_real_servers()} if found else set()
    parts = [_said("not kube-proxy's", [one for one in found if one.place not in empty]),
             _said("stale or foreign", [one for one in found if one.place in empty])]
    if found:
        return warning(wanted, "; ".join(part for part in parts if part), _exclude(found))
    marks = [one.name for one in node.table().by_mark()]
    return ok(wanted, f"by mark, and so not kube-proxy's: {_some(marks)}" if marks else "none")


def _said(what: str, services: list[Service]) -> str:
    return f"{what}: {_some([one.name for one in services])}" if services else ""


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:5])}{' …' if len(names) > 5 else ''} ({len(names)})"


def _exclude(services: list[Service]) -> str:
    packed = {packed_address(one.key) for one in services}
    ranges = [f'"{socket.inet_ntop(socket.AF_INET6, one)}/128"' if len(one) == 16
              else f'"{socket.inet_ntop(socket.AF_INET, one)}/32"' for one in sorted(packed)]
    return (f"Write `ipvs.excludeCIDRs: [{', '.join(ranges[:5])}]` where they are meant, or remove "
            "them with `ipvsadm -D` where they are stale: kube-proxy may delete them at any sync.")


def node_port(expect: dict[str, Any], node: Node) -> Outcome:
    """Node ports stand within their range, and on the addresses that they may be reached by."""
    lowest, highest = ports(expect)
    wanted = f"node ports from {lowest} to {highest}{_allowed_words(expect)}"
    local = {packed for packed in elsewhere(node) if not is_loopback(packed)}
    found = [one for one in node.table().at(local) if not left_alone(one, expect, node)]
    outside = [one.name for one in found
               if not lowest <= one.port <= highest
               and in_sets(one, node, (NODE_PORT[one.protocol.decode()],))]
    if outside:
        return not_yet(wanted, f"node ports outside of it: {_some(outside)}",
                       "Write the API server's --service-node-port-range as cluster.nodePortRange.")
    forbidden = [one.name for one in found if lowest <= one.port <= highest
                 and not _allowed(packed_address(one.key), expect)
                 and not in_sets(one, node, EXTERNAL)]
    if forbidden:
        return not_yet(wanted, f"on other addresses: {_some(forbidden)}",
                       "Restart kube-proxy: it was started with other nodePortAddresses.")
    return ok(wanted, f"{len(found)} on the node's addresses")


def _allowed(packed: bytes, expect: dict[str, Any]) -> bool:
    addresses = [one for one in expect.get("addresses") or () if "/" in one]
    of_family = [one for one in addresses if (":" in one) == (len(packed) == 16)]
    words = len(addresses) < len(expect.get("addresses") or ())
    return words or not of_family or within(packed, of_family)


def _allowed_words(expect: dict[str, Any]) -> str:
    addresses = expect.get("addresses")
    return f" on {', '.join(addresses)}" if addresses else ""
