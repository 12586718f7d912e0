"""The virtual servers that are judged: one of each sort that the rules can tell apart."""

from __future__ import annotations

import socket

from ..ipvs_proc import FWM, NUMBERS, packed_address, range_keys
from ..ranges import within
from ..whose import PROBE, is_loopback, ports
from .paths import Service

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..ipvs_proc import Service as VirtualServer
    from ..ipvs_proc import Table
    from ..state import Node
    from .model import Constants
    from .places import Surroundings

CLUSTER, NODE_PORT, EXTERNAL = "cluster", "node port", "external"
# pairs of services and real servers, services looked at of one sort, networks of real servers
MOST, TRIED, MOST_NETWORKS = 24, 3, 8


def services_to_judge(expect: dict[str, Any], node: Node, around: Surroundings,
                      constants: Constants) -> list[Service]:
    """A virtual server with a real server, for each sort of both. Raises CannotTell."""
    table = node.table()
    found: dict[Any, Service] = {}
    looked: dict[Any, int] = {}
    local = list(_leading_here(table, around))
    for number, one in enumerate((*local, *table.services())):
        if one.protocol == FWM or len(found) >= MOST:
            continue
        packed = packed_address(one.key)
        if packed == PROBE or is_loopback(packed) or within(packed, expect.get("excluded")):
            continue
        kind = _kind(packed, one.port, expect, around)
        sort = (kind, one.protocol, len(packed), constants.signature(packed, one.port))
        if number >= len(local) and looked.get(sort, 0) >= TRIED:
            continue
        looked[sort] = looked.get(sort, 0) + 1
        for address, port in _real_servers(table, one):
            real = (around.device_of(address), constants.signature(address, port))
            found.setdefault((sort, real), Service(
                kind, one.name, NUMBERS[one.protocol], (packed, one.port), (address, port)))
    return list(found.values())


def _leading_here(table: Table, around: Surroundings) -> Iterator[VirtualServer]:
    """A virtual server for each network that the node reaches by an interface of its own."""
    routes = [route for route in around.routes if route.length and route.device]
    for route in routes[:MOST_NETWORKS]:
        family = socket.AF_INET if len(route.first) == 4 else socket.AF_INET6
        start = f"{socket.inet_ntop(family, route.first)}/{route.length}"
        one = table.leading_to(tuple(range_keys(start)))
        if one is not None:
            yield one


def _real_servers(table: Table, one: VirtualServer) -> Iterator[tuple[bytes, int]]:
    """The addresses and ports of those that take connections."""
    for real in table.real_servers(one):
        if real.weight > 0:
            yield packed_address(real.key), int(real.key.rpartition(b":")[2], 16)


def _kind(packed: bytes, port: int, expect: dict[str, Any], around: Surroundings) -> str:
    if within(packed, expect["ranges"]):
        return CLUSTER
    lowest, highest = ports(expect)
    return NODE_PORT if packed in around.local and lowest <= port <= highest else EXTERNAL
