"""The hooks that a connection through IPVS passes, with what its packets look like at each.

kernel net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4: what comes from elsewhere meets IPVS at the end
of INPUT, what the node sends within OUTPUT, behind nat. From there the packet starts anew at OUTPUT
on its way to the real server (ip_vs_xmit.c, ip_vs_nat_send_or_cont), unless that is the node
itself. An answer gets the service's address back at the end of FORWARD or INPUT, or in OUTPUT.
"""

from __future__ import annotations

from .model import (
    EGRESS,
    EPHEMERAL,
    ESTABLISHED,
    FORWARD,
    INGRESS,
    INPUT,
    NEW,
    OUTPUT,
    POSTROUTING,
    PREROUTING,
    Packet,
    Ruleset,
)
from .walk import Loss, Walk

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .model import Mark
    from .places import Client, Surroundings

LOWEST, HIGHEST = -1 << 31, (1 << 31) - 1
# where IPVS sits: it takes requests, and gives answers their service's address back
TAKEN_IN, ANSWERED_IN = 99, 98
TAKEN_OUT, ANSWERED_OUT = -98, -99
ANSWERED_FORWARD = 100
# conntrack gives an answer the client's address back (NF_IP_PRI_NAT_DST)
UNMASKED = -100
MASKED = 101  # what stands behind nat's POSTROUTING (NF_IP_PRI_NAT_SRC)
LOOPBACK = "lo"


class Service:
    """A virtual server with one of its real servers."""

    __slots__ = ("address", "kind", "name", "port", "protocol", "real_address", "real_port")

    def __init__(self, kind: str, name: str, protocol: int, place: tuple[bytes, int],
                 real: tuple[bytes, int]) -> None:
        self.kind, self.name, self.protocol = kind, name, protocol
        self.address, self.port = place
        self.real_address, self.real_port = real


class Fate:
    """What becomes of a connection: where it is lost for certain, and where perhaps."""

    __slots__ = ("certain", "perhaps")

    def __init__(self) -> None:
        self.certain: Loss | None = None
        self.perhaps: list[Loss] = []


class Connection:
    """A client's connection to a service, packet by packet."""

    def __init__(self, ruleset: Ruleset, around: Surroundings, client: Client,
                 service: Service) -> None:
        self._ruleset, self._around = ruleset, around
        self._client, self._service = client, service
        self._way = around.device_of(service.real_address)
        self._on_node = not client.device
        # what the node itself sends to one of its own addresses comes from that address
        self._address = service.address if self._on_node else client.address
        self._mark: Mark = (0, 0)
        self._masked: bool | None = False
        self.fate = Fate()

    def follow(self) -> Fate:
        """The first packet, an answer, and a later packet; it ends where it is lost."""
        if self._way is not None:  # without a route there is nothing to say of filters
            for part in (self._request_new, self._answer, self._request_later):
                part()
                if self.fate.certain is not None:
                    break
        return self.fate

    def _request_new(self) -> None:
        self._request(NEW)

    def _request_later(self) -> None:
        self._request(ESTABLISHED)

    def _request(self, state: str) -> None:
        service, self._mark = self._service, (0, 0)
        local = self._way == LOOPBACK
        if self._on_node:
            self._pass(OUTPUT, state, False, "", LOOPBACK, highest=TAKEN_OUT)
            lowest = TAKEN_OUT if local else LOWEST
        else:
            device = self._client.device
            for hook in (INGRESS, PREROUTING):
                self._pass(hook, state, False, device, "")
            self._pass(INPUT, state, False, device, "", highest=TAKEN_IN)
            lowest = LOWEST
        real = service.real_address
        if local and not self._on_node:
            self._pass(INPUT, state, False, self._client.device, "", real, lowest=TAKEN_IN)
            return
        self._pass(OUTPUT, state, False, "", self._way, real, lowest=lowest, nat=False)
        self._leave(state, real)
        if local:
            self._pass(PREROUTING, state, False, LOOPBACK, "", real, nat=False)
            self._pass(INPUT, state, False, LOOPBACK, "", real)

    def _leave(self, state: str, real: bytes) -> None:
        """POSTROUTING: behind nat the packet comes from the node, where that masks it."""
        masked = self._pass(POSTROUTING, state, False, "", self._way, real, highest=MASKED)
        if state == NEW:
            self._masked = masked
        client = self._outside_address(self._way)
        for hook, lowest in ((POSTROUTING, MASKED), (EGRESS, LOWEST)):
            self._pass(hook, state, False, "", self._way, real, client, lowest=lowest)

    def _answer(self) -> None:
        self._mark = (0, 0)
        if self._way == LOOPBACK:
            self._answer_from_here()
        else:
            self._answer_from_elsewhere()

    def _answer_from_here(self) -> None:
        """The real server is a process of the node."""
        real, service = self._service.real_address, self._service.address
        out = LOOPBACK if self._on_node else self._client.device
        self._pass(OUTPUT, ESTABLISHED, True, "", out, real, highest=ANSWERED_OUT)
        self._pass(OUTPUT, ESTABLISHED, True, "", out, service, lowest=ANSWERED_OUT)
        self._pass(POSTROUTING, ESTABLISHED, True, "", out, service)
        if self._on_node:
            self._pass(PREROUTING, ESTABLISHED, True, LOOPBACK, "", service)
            self._pass(INPUT, ESTABLISHED, True, LOOPBACK, "", service)

    def _answer_from_elsewhere(self) -> None:
        """The real server is a pod, or another machine."""
        real, service, way = self._service.real_address, self._service.address, self._way
        outside = self._outside_address(way)
        self._pass(INGRESS, ESTABLISHED, True, way, "", real, outside)
        self._pass(PREROUTING, ESTABLISHED, True, way, "", real, outside, highest=UNMASKED)
        self._pass(PREROUTING, ESTABLISHED, True, way, "", real, lowest=UNMASKED)
        if self._on_node:
            self._pass(INPUT, ESTABLISHED, True, way, "", real, highest=ANSWERED_IN)
            self._pass(INPUT, ESTABLISHED, True, way, "", service, lowest=ANSWERED_IN)
            return
        out = self._client.device
        self._pass(FORWARD, ESTABLISHED, True, way, out, real, highest=ANSWERED_FORWARD)
        self._pass(FORWARD, ESTABLISHED, True, way, out, service, lowest=ANSWERED_FORWARD)
        for hook in (POSTROUTING, EGRESS):
            self._pass(hook, ESTABLISHED, True, "", out, service)

    def _outside_address(self, way: str | None) -> bytes | None:
        """Where the real server sends its answer: to the client, or to what masks it."""
        if self._masked is None:
            return None
        if not self._masked:
            return self._address
        return self._around.address_on(way, len(self._service.address) == 16)

    def _pass(self, hook: str, state: str, reply: bool, incoming: str | None,
              outgoing: str | None, server: bytes | None = None, client: bytes | None = b"",
              lowest: int = LOWEST, highest: int = HIGHEST, nat: bool = True) -> bool | None:
        """Send a packet through a hook, from one priority to another.

        `server` and `client` are the addresses of both ends there. Whether nat translated it.
        """
        if self.fate.certain is not None:
            return None
        service = self._service
        packet = packet_between(
            service.protocol, server or service.address, self._address if client == b"" else client,
            service.port if server in (None, service.address) else service.real_port, reply)
        packet.incoming, packet.outgoing, packet.state = incoming, outgoing, state
        packet.mark = self._mark
        translated = send(self._ruleset, hook, packet, self.fate, lowest, highest,
                          nat and state == NEW)
        self._mark = packet.mark
        return translated


def packet_between(protocol: int, server: bytes, client: bytes | None, port: int,
                   reply: bool) -> Packet:
    """A packet from a client to a server's port, or back."""
    ports = (port, port)
    if reply:
        return Packet(protocol, server, client, ports, EPHEMERAL, reply=True)
    return Packet(protocol, client, server, EPHEMERAL, ports)


def send(ruleset: Ruleset, hook: str, packet: Packet, fate: Fate, lowest: int = LOWEST,
         highest: int = HIGHEST, nat: bool = True) -> bool | None:
    """Send a packet through the base chains of a hook; whether nat translated it."""
    six = len(packet.source or packet.destination or b"") == 16
    translated: bool | None = False
    device = packet.outgoing if hook == EGRESS else packet.incoming
    for chain in ruleset.at(hook, six, device):
        if not lowest <= chain.priority < highest or (chain.nat and not nat):
            continue
        walk = Walk(ruleset, packet)
        walk.enter(chain)
        if walk.accepted is None:
            fate.certain = walk.losses[0] if walk.losses else None
            return None
        fate.perhaps += walk.losses
        if walk.translated:
            translated = None if walk.plain else True
    return translated


def pods_directly(ruleset: Ruleset, protocol: int, client: Client, other: bytes,
                  device: str) -> Fate:
    """A connection from a pod to another pod's own address, which IPVS never sees."""
    fate = Fate()
    for state, reply in ((NEW, False), (ESTABLISHED, True)):
        packet = packet_between(protocol, other, client.address, 8080, reply)
        ways = (device, client.device) if reply else (client.device, device)
        packet.state = state
        for hook, incoming, outgoing in ((INGRESS, ways[0], ""), (PREROUTING, ways[0], ""),
                                         (FORWARD, *ways), (POSTROUTING, "", ways[1]),
                                         (EGRESS, "", ways[1])):
            packet.incoming, packet.outgoing = incoming, outgoing
            send(ruleset, hook, packet, fate, nat=state == NEW)
            if fate.certain is not None:
                return fate
    return fate
