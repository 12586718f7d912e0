"""kube-ipvs0 carries exactly the addresses of the virtual servers that no other device has."""

from __future__ import annotations

import socket

from ..model import Outcome, not_yet, ok, warning
from ..ranges import within
from .table import is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

LINK_LOCAL = b"\xfe\x80"
# the probe of kube-proxy has no address
EXEMPT = frozenset((b"\xc6\x33\x64\x00",))


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Both ways: no virtual server without its address, no address without a virtual server."""
    name = expect["name"]
    wanted = f"{name} carries the virtual servers' addresses"
    index = node.interface(name)
    if index is None:
        return not_yet(wanted, f"there is no device {name}",
                       "kube-proxy makes it at its start: restart kube-proxy.")
    carried = {entry[2] for entry in node.addresses() if entry[0] == index}
    served = node.table().addresses()
    # whole sets first: on a large node only the few that differ are looked at one by one
    idle = {packed for packed in carried - served if not packed.startswith(LINK_LOCAL)}
    nowhere = {packed for packed in served - carried - EXEMPT if not is_loopback(packed)}
    nowhere = {packed for packed in nowhere if not within(packed, expect.get("excluded"))}
    if nowhere:
        nowhere -= {entry[2] for entry in node.addresses() if entry[0] != index}
    return _compared(wanted, name, nowhere, idle, len(carried), expect.get("ranges"))


def _compared(
    wanted: str, name: str, nowhere: set[bytes], idle: set[bytes], count: int,
    ranges: list[str] | None,
) -> Outcome:
    foreign = {packed for packed in nowhere if ranges and not within(packed, ranges)}
    parts = [f"virtual servers without an address: {_shown(nowhere - foreign)}"
             ] if nowhere - foreign else []
    parts += [f"addresses on {name} without a virtual server: {_shown(idle)}"] if idle else []
    if parts:
        return not_yet(wanted, "; ".join(parts), "Restart kube-proxy: it sets both anew. If the "
                       "addresses go again, something manages the device (NetworkManager, "
                       "networkd).")
    if foreign:
        return warning(wanted, f"not kube-proxy's, it seems: {_shown(foreign)}")
    return ok(wanted, f"{count} addresses")


def _shown(packed: set[bytes]) -> str:
    family = {4: socket.AF_INET, 16: socket.AF_INET6}
    names = [socket.inet_ntop(family[len(one)], one) for one in sorted(packed)[:5]]
    return f"{', '.join(names)}{' …' if len(packed) > 5 else ''} ({len(packed)})"
