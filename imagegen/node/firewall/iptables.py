"""What iptables-save prints, of either kind, as chains.

iptables-extensions(8). A match that is not known here is unknown, and so is what it decides.
"""

from __future__ import annotations

import re
import socket

from .model import (
    ACCEPT,
    CONTINUE,
    DROP,
    FORWARD,
    GOTO,
    INPUT,
    JUMP,
    NAT,
    OUTPUT,
    POSTROUTING,
    PREROUTING,
    RETURN,
    SCTP,
    TCP,
    UDP,
    UNKNOWN,
    Chain,
    Packet,
    Rule,
    Ruleset,
    Step,
)

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Mark, Match, Test
    from .places import Surroundings

WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\S+)')
# linux/netfilter_ipv4.h, NF_IP_PRI_*
PRIORITIES = {"raw": -300, "mangle": -150, "filter": 0, "security": 50}
HOOKS = {"PREROUTING": PREROUTING, "INPUT": INPUT, "FORWARD": FORWARD, "OUTPUT": OUTPUT,
         "POSTROUTING": POSTROUTING}
TO_SOURCE = ("INPUT", "POSTROUTING")  # of nat: the source is changed there, after the filter
VERDICTS = {"ACCEPT": ACCEPT, "DROP": DROP, "REJECT": DROP, "RETURN": RETURN, "MASQUERADE": NAT,
            "SNAT": NAT, "DNAT": NAT, "REDIRECT": NAT, "NETMAP": NAT}
# targets that the packet survives
HARMLESS = {"AUDIT", "CHECKSUM", "CLASSIFY", "CONNMARK", "CONNSECMARK", "CT", "DSCP", "HL",
            "IDLETIMER", "LED", "LOG", "MARK", "NFLOG", "NOTRACK", "RATEEST", "SECMARK", "SET",
            "TCPMSS", "TCPOPTSTRIP", "TEE", "TOS", "TRACE", "TTL", "ULOG"}
PROTOCOLS = {"tcp": TCP, "udp": UDP, "sctp": SCTP, "6": TCP, "17": UDP, "132": SCTP}
ANY_PROTOCOL = ("all", "0", "ip")
NO_WORD = ("comment", "tcp", "udp", "sctp", "conntrack", "state", "mark", "set", "addrtype",
           "iprange", "multiport", "icmp", "icmp6", "icmpv6")
ALL_BITS = 0xFFFFFFFF
OWN_SETS = "KUBE-"  # kube-proxy's own hold every service, each alike


def read_saved(text: str, program: str, ruleset: Ruleset, around: Surroundings) -> set[str]:
    """Add the chains of a program's output; the tables that it showed."""
    family = "ip6" if program.startswith("ip6") else "ip"
    tables, table = set(), ""
    rows = text.splitlines()
    for row in rows:
        if row.startswith("*"):
            table = row[1:].strip()
            tables.add(table)
        elif row.startswith(":"):
            name, policy = row[1:].split()[:2]
            ruleset.add(_chain(program, family, table, name, policy))
    reader = Reader(ruleset, around, family == "ip6")
    for row in rows:
        if row.startswith("*"):
            table = row[1:].strip()
        elif row.startswith("-A "):
            chain = ruleset.chains.get((program, family, table, row.split(" ", 2)[1]))
            if chain is not None:
                chain.rules.append(reader.rule(chain, row))
    return tables


def _chain(program: str, family: str, table: str, name: str, policy: str) -> Chain:
    chain = Chain(program, family, table, name)
    if policy != "-":
        chain.hook, chain.policy = HOOKS.get(name, ""), VERDICTS.get(policy, ACCEPT)
        chain.nat = table == "nat"
        chain.priority = PRIORITIES.get(table, 100 if name in TO_SOURCE else -100)
    return chain


class Reader:
    """Reads single rules of one family."""

    def __init__(self, ruleset: Ruleset, around: Surroundings, six: bool) -> None:
        self._ruleset, self._around, self._six = ruleset, around, six

    def rule(self, chain: Chain, row: str) -> Rule:
        """A rule, which keeps its line."""
        words = ([quoted or plain for quoted, plain in WORD.findall(row)] if '"' in row
                 else row.split())
        tests, place, target = [], 2, len(words)
        while place < len(words):
            if words[place] in ("-j", "-g", "--jump", "--goto"):
                target = place
                break
            no = words[place] == "!"
            place += no
            option, place = words[place], place + 1
            start = place
            while place < len(words) and not _is_option(words[place]):
                place += 1
            test = self._test(option, words[start:place])
            if test is not None:
                tests.append(_negated(test) if no else test)
        return Rule(row, _runner(tests, *self._target(chain, words[target:])))

    def _target(self, chain: Chain, words: list[str]) -> tuple[str, str, Callable[[Mark], Mark]]:
        """The verdict, the chain that it names, and what becomes of the mark."""
        if len(words) < 2:
            return CONTINUE, "", _kept
        name = words[1]
        if words[0] in ("-g", "--goto"):
            return GOTO, name, _kept
        if name in VERDICTS:
            return VERDICTS[name], "", _kept
        if self._ruleset.beside(chain, name) is not None:
            return JUMP, name, _kept
        if name in HARMLESS:
            return CONTINUE, "", _marking(name, words[2:])
        return UNKNOWN, "", _kept

    def _test(self, option: str, given: list[str]) -> Test | None:
        """The test of an option; None where it says nothing of the packet."""
        value = given[0] if given else ""
        plain: dict[str, Callable[[], Test | None]] = {
            "-s": lambda: self._network("source", value),
            "-d": lambda: self._network("destination", value),
            "-i": lambda: self._interface("incoming", value),
            "-o": lambda: self._interface("outgoing", value),
            "-p": lambda: _protocol(value),
            "--dport": lambda: self._ports(("dports",), value),
            "--sport": lambda: self._ports(("sports",), value),
            "--dports": lambda: self._ports(("dports",), value),
            "--sports": lambda: self._ports(("sports",), value),
            "--ports": lambda: self._ports(("sports", "dports"), value),
            "--ctstate": lambda: _state(value), "--state": lambda: _state(value),
            "--ctdir": lambda: lambda packet: packet.reply is (value == "REPLY"),
            "--mark": lambda: _mark(value),
            "--src-type": lambda: self._kind("source", value),
            "--dst-type": lambda: self._kind("destination", value),
            "--src-range": lambda: self._range("source", value),
            "--dst-range": lambda: self._range("destination", value),
            "--match-set": lambda: self._set(given),
            "--syn": lambda: _flags_syn, "--tcp-flags": lambda: _flags(given),
            "-m": lambda: None if value in NO_WORD else _unknown,
            "--comment": lambda: None, "-f": lambda: lambda _packet: False,
            "--icmp-type": lambda: None, "--icmpv6-type": lambda: None,
        }
        return plain[option]() if option in plain else _unknown

    def _network(self, end: str, value: str) -> Test:
        base, _, length = value.partition("/")
        packed = socket.inet_pton(socket.AF_INET6 if ":" in base else socket.AF_INET, base)
        bits = 8 * len(packed)
        if "." in length or ":" in length:
            mask = int.from_bytes(socket.inet_pton(
                socket.AF_INET6 if ":" in length else socket.AF_INET, length), "big")
        else:
            mask = (1 << bits) - (1 << bits - int(length or bits))
        self._ruleset.constants.add_network(packed, bin(mask).count("1"))
        number = int.from_bytes(packed, "big") & mask

        def test(packet: Packet) -> Match:
            address = getattr(packet, end)
            return None if address is None else int.from_bytes(address, "big") & mask == number

        return test

    def _interface(self, way: str, value: str) -> Test:
        start = value[:-1] if value.endswith("+") else None
        self._ruleset.constants.devices.add(value)

        def test(packet: Packet) -> Match:
            name = getattr(packet, way)
            if name is None:
                return None
            return bool(name.startswith(start) if start is not None else name == value)

        return test

    def _ports(self, ends: tuple[str, ...], value: str) -> Test:
        ranges = [_port_range(one) for one in value.split(",")]
        self._ruleset.constants.ports.update(ranges)

        def test(packet: Packet) -> Match:
            return _any(within(getattr(packet, end), one) for end in ends for one in ranges)

        return test

    def _kind(self, end: str, value: str) -> Test:
        wanted = value.split(",")

        def test(packet: Packet) -> Match:
            address = getattr(packet, end)
            if address is None:
                return None
            return ("LOCAL" if address in self._around.local else "UNICAST") in wanted

        return test

    def _range(self, end: str, value: str) -> Test:
        first, _, last = value.partition("-")
        family = socket.AF_INET6 if ":" in first else socket.AF_INET
        low, high = socket.inet_pton(family, first), socket.inet_pton(family, last or first)
        self._ruleset.constants.ranges.add((low, high))

        def test(packet: Packet) -> Match:
            address = getattr(packet, end)
            return None if address is None else low <= address <= high

        return test

    def _set(self, given: list[str]) -> Test:
        if len(given) < 2:
            return _unknown
        name, ends = given[0], given[1].split(",")
        if not name.startswith(OWN_SETS):
            for packed, length in self._around.networks_in(name):
                self._ruleset.constants.add_network(packed, length)
        return lambda packet: self._around.in_set(name, ends, packet)


def _is_option(word: str) -> bool:
    return word == "!" or (word.startswith("-") and len(word) > 1 and not word[1].isdigit())


def _runner(tests: list[Test], verdict: str, target: str,
            marking: Callable[[Mark], Mark]) -> Callable[[Packet], Step | None]:
    options = [(verdict, target)]

    def run(packet: Packet) -> Step | None:
        sure = True
        for test in tests:
            match = test(packet)
            if match is False:
                return None
            sure = sure and match is True
        return Step(sure, options, marking(packet.mark))

    return run


def _unknown(_packet: Packet) -> Match:
    return None


def _negated(test: Test) -> Test:
    def negated(packet: Packet) -> Match:
        match = test(packet)
        return None if match is None else not match

    return negated


def _any(matches: object) -> Match:
    """Yes for one that does, no where none does."""
    unknown = False
    for match in matches:  # type: ignore[attr-defined]
        if match:
            return True
        unknown = unknown or match is None
    return None if unknown else False


def within(ports: tuple[int, int], wanted: tuple[int, int]) -> Match:
    """Whether a port, of which a range is known, lies in another range."""
    if ports[1] < wanted[0] or ports[0] > wanted[1]:
        return False
    return True if wanted[0] <= ports[0] and ports[1] <= wanted[1] else None


def _port_range(text: str) -> tuple[int, int]:
    first, colon, last = text.partition(":")
    return int(first or 0), int(last or 65535) if colon else int(first)


def _protocol(value: str) -> Test | None:
    if value in ANY_PROTOCOL:
        return None
    number = PROTOCOLS.get(value, -1)
    return lambda packet: packet.protocol == number


def _state(value: str) -> Test:
    wanted = value.split(",")
    return lambda packet: packet.state in wanted


def _mark(value: str) -> Test:
    number, mask = _number_and_mask(value)

    def test(packet: Packet) -> Match:
        bits, unknown = packet.mark
        if (bits ^ number) & mask & ~unknown:
            return False
        return None if unknown & mask else True

    return test


def _number_and_mask(value: str) -> tuple[int, int]:
    number, slash, mask = value.partition("/")
    return int(number, 0), int(mask, 0) if slash else ALL_BITS


def _marking(name: str, words: list[str]) -> Callable[[Mark], Mark]:
    if name == "MARK" and len(words) > 1 and words[0] in ("--set-xmark", "--set-mark"):
        number, mask = _number_and_mask(words[1])
        mask = mask if words[0] == "--set-xmark" else mask | number
        return lambda mark: ((mark[0] & ~mask) ^ number, mark[1] & ~mask)
    if name == "MARK" or (name == "CONNMARK" and "--restore-mark" in words):
        mask = next((int(words[place + 1], 0) for place, word in enumerate(words[:-1])
                     if word in ("--nfmask", "--mask")), ALL_BITS)
        return lambda mark: (mark[0] & ~mask, mark[1] | mask)
    return _kept


def _kept(mark: Mark) -> Mark:
    return mark


def _flags_syn(packet: Packet) -> Match:
    return packet.state == "NEW"


def _flags(given: list[str]) -> Test:
    """Of the first packet SYN alone is set; of others ACK is, and more may be."""
    mask, wanted = (set(one.split(",")) for one in (*given, "", "")[:2])
    if "ALL" in mask:
        mask = {"FIN", "SYN", "RST", "PSH", "ACK", "URG"}
    if wanted == {"ALL"}:
        wanted = mask
    wanted.discard("NONE")

    def test(packet: Packet) -> Match:
        if packet.state == "NEW":
            return wanted == mask & {"SYN"}
        if "ACK" in mask and "ACK" not in wanted:
            # the handshake's answer has SYN and ACK
            return False
        return wanted == {"ACK"} & mask if wanted <= {"ACK"} else False

    return test
