"""Packets, rules and chains. Of a packet, as of a match, a part may be unknown."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Optional

    # whether a packet matches: yes, no, or it cannot be known
    Match = Optional[bool]
    Test = Callable[["Packet"], Match]
    Mark = tuple[int, int]  # its bits, and which of them are unknown
    # what may become of a packet at a rule: a verdict, and the chain that it names
    Option = tuple[str, str]

ACCEPT, DROP, RETURN, JUMP, GOTO, CONTINUE = (
    "accept", "drop", "return", "jump", "goto", "continue")
NAT = "nat"  # accepts, and gives the connection other addresses
UNKNOWN = "unknown"  # a target that may lose the packet

PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS, EGRESS = (
    "prerouting", "input", "forward", "output", "postrouting", "ingress", "egress")

NEW, ESTABLISHED = "NEW", "ESTABLISHED"
TCP, UDP, SCTP = 6, 17, 132
NO_MARK = (0, 0)
# what the kernel gives a client's own end (ip_local_port_range)
EPHEMERAL = (32768, 60999)


class Packet:
    """A packet at one hook: addresses are packed bytes, ports a range, interfaces names.

    None stands for what is unknown; an interface that there is none of is empty.
    """

    __slots__ = ("destination", "dports", "incoming", "mark", "outgoing", "protocol", "reply",
                 "source", "sports", "state")

    def __init__(self, protocol: int, source: bytes | None, destination: bytes | None,
                 sports: tuple[int, int] = EPHEMERAL, dports: tuple[int, int] = EPHEMERAL,
                 incoming: str | None = "", outgoing: str | None = "", state: str = NEW,
                 reply: bool = False) -> None:
        self.protocol, self.source, self.destination = protocol, source, destination
        self.sports, self.dports = sports, dports
        self.incoming, self.outgoing = incoming, outgoing
        self.state, self.reply = state, reply
        self.mark: Mark = NO_MARK


class Step:
    """What a rule does to a packet that matches: surely or perhaps, one of the options."""

    __slots__ = ("mark", "options", "sure")

    def __init__(self, sure: bool, options: list[Option], mark: Mark) -> None:
        self.sure, self.options, self.mark = sure, options, mark


class Rule:
    """A rule in words; `run` gives None for a packet that does not match."""

    __slots__ = ("run", "text")

    def __init__(self, text: str, run: Callable[[Packet], Step | None]) -> None:
        self.text, self.run = text, run


class Chain:
    """A chain. A base chain has a hook, a priority, a policy; of netdev, its devices.

    `kind` is the program that made it: `iptables`, `ip6tables-legacy`, `nftables`.
    """

    __slots__ = ("devices", "family", "hook", "kind", "name", "nat", "policy", "priority", "rules",
                 "table")

    def __init__(self, kind: str, family: str, table: str, name: str) -> None:
        self.kind, self.family, self.table, self.name = kind, family, table, name
        self.hook, self.priority, self.policy, self.nat = "", 0, ACCEPT, False
        self.devices: tuple[str, ...] = ()
        self.rules: list[Rule] = []

    @property
    def title(self) -> str:
        """`iptables, table filter, chain INPUT`."""
        family = f"{self.family} " if self.kind == "nftables" else ""
        return f"{self.kind}, table {family}{self.table}, chain {self.name}"


class Constants:
    """The networks and ports that rules speak of: services that differ in none are alike."""

    __slots__ = ("devices", "networks", "ports", "ranges")

    def __init__(self) -> None:
        self.networks: set[tuple[int, int, int]] = set()  # bytes of an address, length, prefix
        self.ranges: set[tuple[bytes, bytes]] = set()
        self.ports: set[tuple[int, int]] = set()
        self.devices: set[str] = set()

    def add_network(self, packed: bytes, length: int) -> None:
        """One network, by its address and length."""
        bits = 8 * len(packed)
        if length:
            number = int.from_bytes(packed, "big") >> bits - length
            self.networks.add((len(packed), length, number))

    def signature(self, packed: bytes, port: int) -> tuple[Any, ...]:
        """What tells an address and port from another for these rules."""
        number, size = int.from_bytes(packed, "big"), len(packed)
        lengths = {length for one, length, _ in self.networks if one == size}
        held = tuple(length for length in sorted(lengths)
                     if (size, length, number >> 8 * size - length) in self.networks)
        prefixes = tuple(number >> 8 * size - length for length in held)
        ranges = tuple(one for one in sorted(self.ranges) if len(one[0]) == size
                       and one[0] <= packed <= one[1])
        return (held, prefixes, ranges,
                tuple(one for one in sorted(self.ports) if one[0] <= port <= one[1]))


class Ruleset:
    """Every chain, by kind, family, table and name."""

    __slots__ = ("chains", "constants")

    def __init__(self) -> None:
        self.chains: dict[tuple[str, str, str, str], Chain] = {}
        self.constants = Constants()

    def add(self, chain: Chain) -> Chain:
        """A chain, or the one of that name which is there."""
        key = (chain.kind, chain.family, chain.table, chain.name)
        return self.chains.setdefault(key, chain)

    def beside(self, chain: Chain, name: str) -> Chain | None:
        """Another chain of the same table."""
        return self.chains.get((chain.kind, chain.family, chain.table, name))

    def at(self, hook: str, six: bool, device: str | None) -> list[Chain]:
        """The base chains of a hook in the kernel's order."""
        families = ("inet", "ip6" if six else "ip", "netdev")
        return sorted((one for one in self.chains.values() if one.hook == hook
                       and one.family in families
                       and (not one.devices or device in one.devices)),
                      key=lambda one: one.priority)


def join(one: Mark | None, other: Mark | None) -> Mark | None:
    """The mark of a packet that has come one way or the other; None where nothing comes."""
    if one is None or other is None:
        return one or other
    unknown = one[1] | other[1] | (one[0] ^ other[0])
    return one[0] & ~unknown, unknown
