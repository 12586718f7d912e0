"""kube-ipvs0 carries the addresses of the virtual servers, and none that another owner has."""

from __future__ import annotations

import socket

from ..ipvs_proc import packed_address
from ..model import Outcome, not_yet, ok
from ..ranges import within
from ..whose import PROBE, is_loopback
from ..words import counted
from . import owners

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

LINK_LOCAL = b"\xfe\x80"


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Both ways: no virtual server without its address, no address without a virtual server."""
    name = expect["name"]
    wanted = f"{name} carries the virtual servers' addresses"
    if node.interface(name) is None:
        return not_yet(wanted, f"there is no device {name}",
                       "Restart kube-proxy: it makes the device at its start.")
    carried = node.addresses_of(name)
    owned = owners.conflict(expect, node, name)
    if owned is not None:
        return owned
    served = node.table().addresses()
    # whole sets first: on a large node only the few that differ are looked at one by one
    idle = {packed for packed in carried - served if not packed.startswith(LINK_LOCAL)}
    nowhere = {packed for packed in served - carried if not _elsewhere(packed, expect)}
    if nowhere:
        nowhere -= node.addresses_of(name, others=True)
        nowhere -= {packed_address(one.key) for one in node.strangers(expect).services}
    return _compared(wanted, name, nowhere, idle, len(carried))


def _elsewhere(packed: bytes, expect: dict[str, Any]) -> bool:
    return packed == PROBE or is_loopback(packed) or within(packed, expect.get("excluded"))


def _compared(
    wanted: str, name: str, nowhere: set[bytes], idle: set[bytes], count: int
) -> Outcome:
    parts = [f"virtual servers without an address: {_shown(nowhere)}"] if nowhere else []
    parts += [f"addresses on {name} without a virtual server: {_shown(idle)}"] if idle else []
    if parts:
        return not_yet(wanted, "; ".join(parts), "Restart kube-proxy: it sets both anew. If the "
                       "addresses go again, something manages the device (NetworkManager, "
                       "networkd).")
    return ok(wanted, counted(count, "address", "addresses"))


def _shown(packed: set[bytes]) -> str:
    family = {4: socket.AF_INET, 16: socket.AF_INET6}
    names = [socket.inet_ntop(family[len(one)], one) for one in sorted(packed)[:5]]
    return f"{', '.join(names)}{' …' if len(packed) > 5 else ''} ({len(packed)})"
