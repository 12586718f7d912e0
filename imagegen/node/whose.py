"""Whose a virtual server is: kube-proxy's, or somebody else's that stands beside them.

kube-proxy puts the addresses of its virtual servers on kube-ipvs0, but those of node ports, and
external addresses that another device of the node has; those stand in its ipsets, too
(kubernetes pkg/proxy/ipvs/proxier.go, syncProxyRules).
"""

from __future__ import annotations

from .ipvs_proc import FWM, Service, packed_address, range_keys
from .ranges import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import Node

DEVICE = "kube-ipvs0"
# what kube-proxy makes from 1.27 on to try the scheduler, and removes at once; it has no address
PROBE_ADDRESS, PROBE_PORT = "198.51.100.0", 20000
PROBE = b"\xc6\x33\x64\x00"
EXTERNAL = ("EXTERNAL-IP", "EXTERNAL-IP-LOCAL", "LOAD-BALANCER")
NODE_PORT = {"TCP": "NODE-PORT-TCP", "UDP": "NODE-PORT-UDP", "SCTP": "NODE-PORT-SCTP-HASH"}
PORTS_ALONE = ("NODE-PORT-TCP", "NODE-PORT-UDP")  # sets of the type bitmap:port


class Strangers:
    """The virtual servers that kube-proxy did not make, and the set of their places."""

    __slots__ = ("places", "services")

    def __init__(self, services: list[Service]) -> None:
        self.services = services
        self.places = frozenset(service.place for service in services)


def strangers(expect: dict[str, Any], node: Node) -> Strangers:
    """All of them but those by mark; none where the ranges of services are not given."""
    ranges = expect.get("ranges")
    if not ranges:
        return Strangers([])
    table, carried, local = node.table(), node.addresses_of(DEVICE), elsewhere(node)
    nowhere = {packed for packed in table.addresses() - carried
               if packed != PROBE and not is_loopback(packed)}
    starts = tuple(start for text in ranges for start in range_keys(text))
    lowest, highest = ports(expect)
    return Strangers([
        service for service in table.at(nowhere) if not service.key.startswith(starts)
        and not (packed_address(service.key) in local and lowest <= service.port <= highest)
        and not in_sets(service, node, (*EXTERNAL, NODE_PORT[service.protocol.decode()]))])


def left_alone(service: Service, expect: dict[str, Any], node: Node) -> bool:
    """Whether a virtual server is none of kube-proxy's: by mark, excluded, or a stranger."""
    return (service.protocol == FWM or excluded(service, expect)
            or service.place in node.strangers(expect).places)


def excluded(service: Service, expect: dict[str, Any]) -> bool:
    """Whether kube-proxy is told to leave it alone."""
    ranges = expect.get("excluded")
    return bool(ranges) and within(packed_address(service.key), ranges)


def in_sets(service: Service, node: Node, names: tuple[str, ...]) -> bool:
    """Whether kube-proxy keeps it in one of its ipsets, named without their prefix."""
    packed = packed_address(service.key)
    prefix = "KUBE-" if len(packed) == 4 else "KUBE-6-"
    return any(node.host.in_set(prefix + name, service.protocol.decode(),
                                b"" if name in PORTS_ALONE else packed, service.port)
               for name in names)


def elsewhere(node: Node) -> set[bytes]:
    """The packed addresses on the node's devices but kube-ipvs0."""
    return node.addresses_of(DEVICE, others=True)


def ports(expect: dict[str, Any]) -> tuple[int, int]:
    """The node ports, `30000-32767` as both ends."""
    first, _, last = str(expect.get("nodePorts") or "30000-32767").partition("-")
    return int(first), int(last)


def is_loopback(packed: bytes) -> bool:
    """127.0.0.0/8 or ::1."""
    return packed[0] == 127 if len(packed) == 4 else packed == bytes(15) + b"\x01"
