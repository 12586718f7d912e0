"""A rule of nftables, run as the kernel runs it: its expressions on a few registers.

Expressions and keys: linux/netfilter/nf_tables.h; registers: kernel net/netfilter/nf_tables_api.c.
A byte of a register is None where it is unknown.
"""

from __future__ import annotations

import struct

from ..generic import attributes
from .model import ACCEPT, CONTINUE, DROP, GOTO, JUMP, NAT, RETURN, UNKNOWN, Packet, Step

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any, Optional

    from .model import Match, Option
    from .nftables import Sets
    from .places import Surroundings

    Bytes = list[Optional[int]]

VALUE, VERDICT, CODE, TARGET = 1, 2, 1, 2
# NF_DROP, NF_ACCEPT, NF_QUEUE; NFT_CONTINUE … NFT_RETURN
CODES = {0: DROP, 1: ACCEPT, 3: UNKNOWN, -1: CONTINUE, -3: JUMP, -4: GOTO, -5: RETURN}
BREAK = -2
STATES = {"NEW": 8, "ESTABLISHED": 2}
# expressions after which a packet goes on as before
HARMLESS = ("counter", "log", "last", "dup", "notrack", "dynset", "objref", "flow_offload")
LOSING = ("reject",)
TRANSLATING = ("masq", "nat", "redir")
TAKING = ("queue", "fwd", "synproxy")  # what comes of it another program decides
REGISTER_BYTES = 64
NETWORK, TRANSPORT = 1, 2  # a payload's base, NFT_PAYLOAD_*_HEADER


class Broken(Exception):
    """The rule does not match."""


def text(data: bytes) -> str:
    """What stands before the first zero."""
    return data.split(b"\0", 1)[0].decode("utf-8", "replace")


def number(data: bytes | None) -> int:
    """A number in the network's order; 0 where there is none."""
    return int.from_bytes(data or b"", "big")


class Program:
    """A rule's expressions, run for a packet."""

    def __init__(self, steps: list[tuple[str, dict[int, bytes]]], sets: Sets) -> None:
        self._sets = sets
        self._steps = [(getattr(self, f"_{name}", None), name, told) for name, told in steps]
        self._reads_ports = any(name == "payload" and number(told.get(2)) == TRANSPORT
                                for name, told in steps)
        self._collect(steps)

    def run(self, packet: Packet) -> Step | None:
        """What the rule does; None where it does not match.

        A port of which only a range is known stands for three of it.
        """
        if not self._reads_ports:
            return self._run(packet, packet.sports[0], packet.dports[0])
        found = [self._run(packet, sport, dport) for sport, dport in
                 zip(_samples(packet.sports), _samples(packet.dports))]
        steps = [one for one in found if one is not None]
        if len(steps) == len(found) and all(one.options == steps[0].options for one in steps):
            return steps[0]
        options = [option for one in steps for option in one.options]
        return Step(False, list(dict.fromkeys(options)), steps[0].mark) if steps else None

    def _run(self, packet: Packet, sport: int, dport: int) -> Step | None:
        state = State(packet, sport, dport)
        try:
            for step, name, told in self._steps:
                if step is not None:
                    step(state, told)
                else:
                    self._other(state, name)
                if state.options:
                    break
        except Broken:
            return None
        return Step(state.sure, state.options or [(CONTINUE, "")], state.mark)

    def _collect(self, steps: list[tuple[str, dict[int, bytes]]]) -> None:
        """Remember the networks and ports that the rule compares with."""
        loaded: dict[bytes, tuple[int, int]] = {}
        for name, told in steps:
            if name == "payload" and 1 in told:
                loaded[told[1]] = (number(told.get(2)), number(told.get(3)))
            elif name == "cmp" and told.get(1) in loaded:
                data = attributes(told.get(3, b"")).get(VALUE, b"")
                self._remember(loaded[told[1]], data, data)
            elif name == "lookup" and told.get(2) in loaded:
                for first, last, _ in self._sets.elements(text(told.get(1, b""))) or ():
                    self._remember(loaded[told[2]], first, last)

    def _remember(self, what: tuple[int, int], first: bytes, last: bytes) -> None:
        base, offset = what
        constants = self._sets.constants
        if base == TRANSPORT and offset == 2 and len(first) >= 2:
            constants.ports.add((number(first[:2]), number(last[:2])))
        elif base == NETWORK and offset in (12, 16, 8, 24) and first:
            size = 4 if offset in (12, 16) else 16
            same = _common_bits(first, last)
            constants.add_network((first + bytes(size))[:size], min(same, 8 * size))

    def _other(self, state: State, name: str) -> None:
        if name in HARMLESS:
            return
        if name in LOSING:
            state.options = [(DROP, "")]
        elif name in TRANSLATING:
            state.options = [(NAT, "")]
        elif name in TAKING:
            state.options = [(UNKNOWN, "")]
        else:
            # what it may have put into a register is as unknown as whether it matches
            state.sure = False
            state.registers = [None] * REGISTER_BYTES

    # expressions by their kernel names

    def _immediate(self, state: State, told: dict[int, bytes]) -> None:
        data = attributes(told.get(2, b""))
        if VERDICT in data:
            state.options = [verdict(data[VERDICT])]
        else:
            state.put(told.get(1), list(data.get(VALUE, b"")))

    def _payload(self, state: State, told: dict[int, bytes]) -> None:
        if 1 not in told:
            return  # it writes into the packet
        base, offset, length = (number(told.get(kind)) for kind in (2, 3, 4))
        header = state.header(base)
        state.put(told[1], (header + [None] * (offset + length))[offset : offset + length])

    def _meta(self, state: State, told: dict[int, bytes]) -> None:
        key = number(told.get(2))
        if 3 in told:
            if key == META_MARK:
                state.set_mark(state.get(told[3], 4))
            return
        state.put(told.get(1), state.meta(key, self._sets.around))

    def _ct(self, state: State, told: dict[int, bytes]) -> None:
        if 4 not in told:
            state.put(told.get(1), state.connection(number(told.get(2))))

    def _cmp(self, state: State, told: dict[int, bytes]) -> None:
        data = attributes(told.get(3, b"")).get(VALUE, b"")
        state.want(compared(state.get(told.get(1), len(data)), number(told.get(2)), data))

    def _range(self, state: State, told: dict[int, bytes]) -> None:
        first, last = (attributes(told.get(kind, b"")).get(VALUE, b"") for kind in (3, 4))
        value = state.get(told.get(1), len(first))
        known = all(byte is not None for byte in value)
        inside = first <= bytes(byte or 0 for byte in value) <= last if known else None
        state.want(_opposite(inside) if number(told.get(2)) else inside)

    def _bitwise(self, state: State, told: dict[int, bytes]) -> None:
        length = number(told.get(3))
        value = state.get(told.get(1), length)
        mask, flip = (attributes(told.get(kind, b"")).get(VALUE, b"") for kind in (4, 5))
        if number(told.get(6)) or len(mask) != length or len(flip) != length:
            state.put(told.get(2), [None] * length)
            return
        state.put(told.get(2), [
            flip[at] if not mask[at] else None if byte is None else byte & mask[at] ^ flip[at]
            for at, byte in enumerate(value)])

    def _byteorder(self, state: State, told: dict[int, bytes]) -> None:
        length, size = number(told.get(4)), number(told.get(5))
        value = state.get(told.get(1), length)
        turned = [value[at + size - 1 - place] for at in range(0, length - size + 1, size)
                  for place in range(size)]
        state.put(told.get(2), turned if _little_endian() else value)

    def _lookup(self, state: State, told: dict[int, bytes]) -> None:
        name = text(told.get(1, b""))
        held, data = self._sets.find(name, state.get(told.get(2), self._length(name)))
        if 3 not in told:
            state.want(_opposite(held) if number(told.get(5)) & 1 else held)
            return
        state.want(held)
        found = [attributes(one) for one in data]
        if number(told[3]) == 0:
            state.options = [verdict(one[VERDICT]) for one in found if VERDICT in one]
            state.sure = state.sure and len(state.options) == 1
            if not found:
                state.options = [(UNKNOWN, "")]
            return
        values = {one.get(VALUE, b"") for one in found}
        state.put(told[3], list(values.pop()) if len(values) == 1 else [None] * 16)

    def _length(self, name: str) -> int:
        elements = self._sets.elements(name) or []
        return max((len(first) for first, _, _ in elements), default=4)

    def _fib(self, state: State, told: dict[int, bytes]) -> None:
        state.put(told.get(1), state.route(number(told.get(2)), number(told.get(3)),
                                           self._sets.around))

    def _match(self, state: State, told: dict[int, bytes]) -> None:
        if text(told.get(1, b"")) != "comment":
            state.sure = False

    def _target(self, state: State, told: dict[int, bytes]) -> None:
        from .iptables import HARMLESS as SURVIVED
        from .iptables import VERDICTS

        name = text(told.get(1, b""))
        if name in VERDICTS:
            state.options = [(VERDICTS[name], "")]
        elif name == "MARK":
            state.mark = (0, 0xFFFFFFFF)
        elif name not in SURVIVED:
            state.options = [(UNKNOWN, "")]


META_PROTOCOL, META_MARK, META_IN, META_OUT, META_IN_NAME, META_OUT_NAME = 1, 3, 4, 5, 6, 7
META_FAMILY, META_TRANSPORT = 15, 16
CT_STATE, CT_DIRECTION, CT_STATUS = 0, 1, 2
FIB_DEVICE, FIB_DEVICE_NAME, FIB_KIND, FIB_SOURCE, FIB_WAY_IN = 1, 2, 3, 1, 8
LOCAL, UNICAST = 2, 1  # RTN_*
SYN = 2


class State:
    """What a rule knows while it runs."""

    __slots__ = ("mark", "options", "packet", "ports", "registers", "sure")

    def __init__(self, packet: Packet, sport: int, dport: int) -> None:
        self.packet, self.mark = packet, packet.mark
        self.ports = struct.pack("!HH", sport, dport)
        self.sure, self.options = True, []  # type: bool, list[Option]
        self.registers: Bytes = [None] * REGISTER_BYTES

    def want(self, match: Match) -> None:
        """Go on where it matches, or may match."""
        if match is False:
            raise Broken
        self.sure = self.sure and match is True

    def put(self, register: bytes | None, value: Bytes) -> None:
        """Bytes into a register, padded to four."""
        place = _place(register)
        padded = value + [0] * (-len(value) % 4)
        self.registers[place : place + len(padded)] = padded
        del self.registers[REGISTER_BYTES:]

    def get(self, register: bytes | None, length: int) -> Bytes:
        """Bytes of a register."""
        place = _place(register)
        return (self.registers[place : place + length] + [None] * length)[:length]

    def set_mark(self, value: Bytes) -> None:
        """The mark, in the machine's order."""
        self.mark = (_machine([byte or 0 for byte in value]),
                     _machine([255 if byte is None else 0 for byte in value]))

    def header(self, base: int) -> Bytes:
        """The packet's network or transport header, as far as it is known."""
        packet = self.packet
        if base == NETWORK:
            size = len(packet.source or packet.destination or bytes(4))
            start: Bytes = [None] * (12 if size == 4 else 8)
            start[9 if size == 4 else 6] = packet.protocol
            for address in (packet.source, packet.destination):
                start += [None] * size if address is None else list(address)
            return start
        if base == TRANSPORT:
            flags = SYN if packet.state == "NEW" else None
            return [*self.ports, *[None] * 9, flags]
        return []

    def meta(self, key: int, around: Surroundings) -> Bytes:
        """What the packet carries beside its headers."""
        packet = self.packet
        six = len(packet.source or packet.destination or bytes(4)) == 16
        if key == META_MARK:
            bits, unknown = self.mark
            return [None if hidden else byte for byte, hidden in zip(
                struct.pack("=I", bits), struct.pack("=I", unknown))]
        if key in (META_IN, META_OUT):
            index = around.index(packet.incoming if key == META_IN else packet.outgoing)
            return list(struct.pack("=I", index)) if index is not None else [None] * 4
        if key in (META_IN_NAME, META_OUT_NAME):
            name = packet.incoming if key == META_IN_NAME else packet.outgoing
            return [None] * 16 if name is None else list(name.encode().ljust(16, b"\0"))
        if key == META_FAMILY:
            return [10 if six else 2]
        if key == META_TRANSPORT:
            return [packet.protocol]
        if key == META_PROTOCOL:
            return list(b"\x86\xdd" if six else b"\x08\x00")
        return [None] * 16

    def connection(self, key: int) -> Bytes:
        """What conntrack knows of it."""
        if key == CT_STATE:
            return list(struct.pack("=I", STATES[self.packet.state]))
        if key == CT_DIRECTION:
            return [int(self.packet.reply)]
        if key == CT_STATUS:
            # no rule has given it another destination, which is all that firewalls ask for
            return list(struct.pack("=I", 0))
        return [None] * 16

    def route(self, result: int, flags: int, around: Surroundings) -> Bytes:
        """What the routing table says of an address; the way back is the way in."""
        packet = self.packet
        address = packet.source if flags & FIB_SOURCE else packet.destination
        if result == FIB_KIND and address is not None:
            return list(struct.pack("=I", LOCAL if address in around.local else UNICAST))
        if result in (FIB_DEVICE, FIB_DEVICE_NAME) and flags & FIB_SOURCE and flags & FIB_WAY_IN:
            return self.meta(META_IN if result == FIB_DEVICE else META_IN_NAME, around)
        return [None] * 16


def verdict(data: bytes) -> Option:
    """A verdict and the chain that it names; Broken where the rule ends there."""
    told = attributes(data)
    code = struct.unpack("!i", told.get(CODE, bytes(4)))[0]
    if code == BREAK:
        raise Broken
    return CODES.get(code & 0xFF if code > 0 else code, UNKNOWN), text(told.get(TARGET, b""))


def compared(value: Bytes, operator: int, data: bytes) -> Match:
    """A register beside a constant: equal, unequal, less, at most, more, at least."""
    if operator in (0, 1) and any(
            one is not None and one != other for one, other in zip(value, data)):
        return operator == 1
    if any(one is None for one in value):
        return None
    left = bytes(one or 0 for one in value)
    return (left == data, left != data, left < data, left <= data, left > data,
            left >= data)[operator]


def _opposite(match: Match) -> Match:
    return None if match is None else not match


def _place(register: bytes | None) -> int:
    """Where a register starts: four of 16 bytes, or sixteen of four in the same place."""
    name = number(register)
    return (name - 8) * 4 if name >= 8 else max(0, name - 1) * 16


def _samples(ports: tuple[int, int]) -> tuple[int, int, int]:
    return ports[0], sum(ports) // 2, ports[1]


def _machine(value: list[Any]) -> int:
    found: int = struct.unpack("=I", bytes((value + [0] * 4)[:4]))[0]
    return found


def _little_endian() -> bool:
    return struct.pack("=H", 1) == b"\1\0"


def _common_bits(first: bytes, last: bytes) -> int:
    for at, (one, other) in enumerate(zip(first, last)):
        if one != other:
            return 8 * at + 8 - (one ^ other).bit_length()
    return 8 * min(len(first), len(last))
