"""Who is on the node and around it: its addresses, its routes, clients, and what sets hold."""

from __future__ import annotations

import socket
import struct

from ..model import CannotTell
from ..ranges import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..state import Node
    from .model import Match, Packet

NETWORK = "/sys/class/net"
OF_NOBODY = ("lo", "kube-ipvs0", "nodelocaldns")
UP, REJECT = 1, 0x200  # RTF_*
NODE, PODS, OUTSIDE = "this node", "pods", "clients outside"
PROTOCOLS = {6: "TCP", 17: "UDP", 132: "SCTP"}
MOST = 3  # clients of one sort
MOST_ENTRIES = 1000  # of an ipset, to tell services apart by it


class Route:
    """A network and the interface that leads there; None where the node refuses to."""

    __slots__ = ("device", "first", "length")

    def __init__(self, first: bytes, length: int, device: str | None) -> None:
        self.first, self.length, self.device = first, length, device

    def holds(self, packed: bytes) -> bool:
        """Whether an address is reached by it."""
        rest = 8 * len(self.first) - self.length
        return len(packed) == len(self.first) and (
            int.from_bytes(packed, "big") >> rest == int.from_bytes(self.first, "big") >> rest)


class Client:
    """Somebody who connects: who, by which address, through which interface of the node."""

    __slots__ = ("address", "device", "who")

    def __init__(self, who: str, address: bytes | None, device: str) -> None:
        self.who, self.address, self.device = who, address, device

    @property
    def words(self) -> str:
        """`pods (through cni0)`."""
        return f"{self.who} (through {self.device})" if self.device else self.who


class Surroundings:
    """What rules ask beside the packet itself."""

    def __init__(self, node: Node) -> None:
        self._node = node
        self.local = {entry[2] for entry in node.addresses()}
        self.routes = [*_four(node.read("/proc/net/route") or b""),
                       *_six(node.read("/proc/net/ipv6_route") or b"")]
        self.routes.sort(key=lambda one: -one.length)
        self._held: dict[tuple[Any, ...], Match] = {}
        self._networks: dict[str, list[tuple[bytes, int]]] = {}

    def device_of(self, packed: bytes) -> str | None:
        """The interface that leads to an address; `lo` for the node's own, None for no route."""
        if packed in self.local:
            return "lo"
        return next((route.device for route in self.routes if route.holds(packed)), None)

    def address_on(self, device: str | None, six: bool) -> bytes | None:
        """The node's own address on an interface; None where it is not certain."""
        if device is None:
            return None
        index, size = self.index(device), 16 if six else 4
        found = [entry[2] for entry in self._node.addresses()
                 if entry[0] == index and len(entry[2]) == size]
        return found[0] if len(found) == 1 else None

    def index(self, device: str | None) -> int | None:
        """An interface's number; 0 for none."""
        if device == "":
            return 0
        return self._node.interface(device) if device is not None else None

    def elements(self, family: str, table: str, name: str) -> list[tuple[bytes, bytes, bytes]]:
        """The elements of a set of nftables. Raises CannotTell."""
        return self._node.host.nft_elements(family, table, name)

    def in_set(self, name: str, ends: list[str], packet: Packet) -> Match:
        """Whether an ipset holds what `src,dst` of the packet say; None where it is unknown."""
        values = self._values(name, ends, packet)
        if values is None:
            return None
        key = (name, packet.protocol, *values)
        if key not in self._held:
            try:
                self._held[key] = self._node.host.in_ipset(name, packet.protocol, *values)
            except CannotTell:
                self._held[key] = None
        return self._held[key]

    def networks_in(self, name: str) -> list[tuple[bytes, int]]:
        """The addresses and networks that an ipset holds; none where it cannot be read."""
        if name not in self._networks:
            try:
                found = self._node.host.ipset_networks(name)
            except CannotTell:
                found = []
            self._networks[name] = found[:MOST_ENTRIES]
        return self._networks[name]

    def _values(self, name: str, ends: list[str],
                packet: Packet) -> tuple[bytes, int | None, bytes] | None:
        """The first address, the port and the second address that a set of this type asks for."""
        try:
            head = self._node.sets().get(name)
        except CannotTell:
            return None
        if head is None:
            return None
        addresses: list[bytes] = []
        port: int | None = None
        for kind, end in zip(head.type.partition(":")[2].split(","), ends):
            source = end == "src"
            address = packet.source if source else packet.destination
            ports = packet.sports if source else packet.dports
            if kind in ("ip", "net") and address is not None:
                addresses.append(address)
            elif kind == "port":
                # of a client's own port any will do: who fills a set does not know it
                port = ports[1]
            else:
                return None
        if head.type.startswith("list:"):
            return None
        addresses += [b"", b""]
        return addresses[0], port, addresses[1]

    def clients(self, pods: list[str], six: bool, named: Iterable[str]) -> list[Client]:
        """The node itself, pods, and others, one through each interface; a few of each sort."""
        found: dict[str, list[Client]] = {PODS: [], OUTSIDE: []}
        devices, named = set(), set(named)
        for route in self.routes:
            address = _somebody(route, self.local)
            if (address is None or route.device is None or (len(address) == 16) is not six
                    or self._is_down(route.device)):
                continue
            who = PODS if within(address, pods) else OUTSIDE
            if (who, route.device) not in devices:
                devices.add((who, route.device))
                found[who].append(Client(who, address, route.device))
        if not found[PODS]:
            found[PODS] = self._pods_elsewhere(pods, six)
        for clients in found.values():
            clients.sort(key=lambda one: one.device not in named)
        return [Client(NODE, None, ""), *found[PODS][:MOST], *found[OUTSIDE][:MOST]]

    def _pods_elsewhere(self, pods: list[str], six: bool) -> list[Client]:
        """Pods of other nodes, where this one has none: they come by the default route."""
        for text in pods:
            packed = socket.inet_pton(socket.AF_INET6 if ":" in text else socket.AF_INET,
                                      text.partition("/")[0])
            if (len(packed) == 16) is six:
                somebody = packed[:-1] + bytes([packed[-1] | 77])
                device = self.device_of(somebody)
                return [Client(PODS, somebody, device)] if device else []
        return []

    def _is_down(self, device: str) -> bool:
        return (self._node.read(f"{NETWORK}/{device}/operstate") or b"").strip() == b"down"


def _somebody(route: Route, local: set[bytes]) -> bytes | None:
    """An address of a route's network that is not the node's own."""
    if not route.length or route.device in OF_NOBODY:
        return None
    bits = 8 * len(route.first)
    first = int.from_bytes(route.first, "big")
    for more in range(1 if route.length < bits - 1 else 0, min(256, 1 << bits - route.length)):
        packed = (first + more).to_bytes(len(route.first), "big")
        if packed not in local:
            return packed
    return None


def _four(text: bytes) -> list[Route]:
    """/proc/net/route: interface, destination, gateway, flags, …, mask (kernel fib_trie.c)."""
    found = []
    for row in text.decode("ascii", "replace").splitlines()[1:]:
        parts = row.split()
        if len(parts) > 7 and int(parts[3], 16) & UP:
            # a blackhole has no flag of its own, only no interface
            device = None if int(parts[3], 16) & REJECT or parts[0] == "*" else parts[0]
            first = struct.pack("=I", int(parts[1], 16))
            found.append(Route(first, bin(int(parts[7], 16)).count("1"), device))
    return found


def _six(text: bytes) -> list[Route]:
    """/proc/net/ipv6_route: destination, length, …, flags, interface (kernel route.c)."""
    found = []
    for row in text.decode("ascii", "replace").splitlines():
        parts = row.split()
        if len(parts) == 10 and int(parts[8], 16) & UP and not parts[0].startswith(("fe80", "ff")):
            device = None if int(parts[8], 16) & REJECT else parts[9]
            found.append(Route(bytes.fromhex(parts[0]), int(parts[1], 16), device))
    return found
