"""Chains, rules and sets of nftables, read by netlink.

Messages and attributes: linux/netfilter/nf_tables.h.
"""

from __future__ import annotations

import struct

from ..generic import DUMP, TYPE_MASK, attribute, attributes
from ..model import CannotTell
from ..netfilter import FIRST, dump, request
from .model import (
    ACCEPT,
    DROP,
    EGRESS,
    FORWARD,
    INGRESS,
    INPUT,
    OUTPUT,
    POSTROUTING,
    PREROUTING,
    Chain,
    Rule,
    Ruleset,
)
from .nft_program import VALUE, Program, number, text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import Match
    from .nft_program import Bytes
    from .places import Surroundings

    Table = tuple[str, str]  # family and name
    Element = tuple[bytes, bytes, bytes]  # the first and the last key, and the data

SUBSYSTEM, NEW_CHAIN, GET_CHAIN, NEW_RULE, GET_RULE, NEW_ELEMENT, GET_ELEMENT = (
    10 << 8, 3, 4, 6, 7, 12, 13)
FAMILIES = {1: "inet", 2: "ip", 3: "arp", 5: "netdev", 7: "bridge", 10: "ip6"}
NUMBERS = {name: number for number, name in FAMILIES.items()}
JUDGED = ("inet", "ip", "ip6", "netdev")
HOOKS = (PREROUTING, INPUT, FORWARD, OUTPUT, POSTROUTING, INGRESS)
NETDEV_HOOKS = (INGRESS, EGRESS)
# NFTA_CHAIN_*, NFTA_HOOK_*, NFTA_RULE_*
TABLE, CHAIN_NAME, CHAIN_HOOK, CHAIN_POLICY, CHAIN_TYPE = 1, 3, 4, 5, 7
HOOK_NUMBER, HOOK_PRIORITY, HOOK_DEVICE, HOOK_DEVICES = 1, 2, 3, 4
RULE_CHAIN, RULE_HANDLE, RULE_EXPRESSIONS = 2, 3, 4
# a set's elements: NFTA_SET_ELEM_LIST_*, NFTA_SET_ELEM_*
OF_SET, ELEMENTS, KEY, DATA, FLAGS, KEY_END = 2, 3, 1, 2, 3, 10
INTERVAL_END, CATCH_ALL = 1, 2


def base_chains() -> list[Chain]:
    """Every chain of the families that judge IP packets. Raises CannotTell."""
    asked = request(SUBSYSTEM | GET_CHAIN, DUMP, 0)
    chains = dump(asked, SUBSYSTEM | NEW_CHAIN, parse_chain, "its chains")
    return [one for one in chains if one.family in JUDGED]


def table_rules(family: str, table: str) -> list[bytes]:
    """The rules of a table, one answer each. Raises CannotTell."""
    asked = request(SUBSYSTEM | GET_RULE, DUMP, NUMBERS[family],
                    attribute(TABLE, table.encode() + b"\0"))
    return dump(asked, SUBSYSTEM | NEW_RULE, bytes, f"the rules of table {family} {table}")


def add_rule(ruleset: Ruleset, body: bytes, table: Table, sets: Sets) -> None:
    """Add the rule of one answer, where it is of this table."""
    told = attributes(body[FIRST.size :])
    family = FAMILIES.get(FIRST.unpack_from(body)[0], "")
    if (family, text(told.get(TABLE, b""))) != table:
        return
    chain = ruleset.chains.get(("nftables", *table, text(told.get(RULE_CHAIN, b""))))
    if chain is None:
        return
    program = Program(expressions(told.get(RULE_EXPRESSIONS, b"")), sets)
    handle = int.from_bytes(told.get(RULE_HANDLE, b""), "big")
    chain.rules.append(Rule(f"the rule with handle {handle}", program.run))


def parse_chain(body: bytes) -> Chain:
    """One answer's chain. Raises struct.error."""
    family = FAMILIES.get(FIRST.unpack_from(body)[0], "")
    told = attributes(body[FIRST.size :])
    chain = Chain("nftables", family, text(told.get(TABLE, b"")), text(told.get(CHAIN_NAME, b"")))
    if CHAIN_HOOK in told:
        hook = attributes(told[CHAIN_HOOK])
        number, priority = (struct.unpack("!i", hook[kind])[0]
                            for kind in (HOOK_NUMBER, HOOK_PRIORITY))
        hooks = NETDEV_HOOKS if family == "netdev" else HOOKS
        chain.hook = hooks[number] if number < len(hooks) else ""
        chain.priority = priority
        chain.policy = DROP if told.get(CHAIN_POLICY) == bytes(4) else ACCEPT
        chain.nat = text(told.get(CHAIN_TYPE, b"")) == "nat"
        names = [one for _, one in each(hook.get(HOOK_DEVICES, b""))]
        names += [hook[HOOK_DEVICE]] if HOOK_DEVICE in hook and not names else []
        chain.devices = tuple(text(one) for one in names)
    return chain


def each(body: bytes) -> Iterator[tuple[int, bytes]]:
    """The attributes of a list, in their order."""
    place = 0
    while place + 4 <= len(body):
        size, kind = struct.unpack_from("=HH", body, place)
        if size < 4:
            return
        yield kind & TYPE_MASK, body[place + 4 : place + size]
        place += (size + 3) & ~3


def expressions(body: bytes) -> list[tuple[str, dict[int, bytes]]]:
    """A rule's expressions: their names and attributes."""
    found = []
    for _, one in each(body):
        told = attributes(one)
        found.append((text(told.get(1, b"")), attributes(told.get(2, b""))))
    return found


class Sets:
    """The sets and maps of a table, each read when a rule first asks it."""

    def __init__(self, table: Table, ruleset: Ruleset, around: Surroundings) -> None:
        self.around, self.constants = around, ruleset.constants
        self._table = table
        self._read: dict[str, list[Element] | None] = {}

    def find(self, name: str, key: Bytes) -> tuple[Match, list[bytes]]:
        """Whether a set holds the key, and the data of what it may be."""
        elements = self.elements(name)
        if elements is None:
            return None, []
        if any(byte is None for byte in key):
            return None, [data for _, _, data in elements]
        return elements_holding(bytes(byte or 0 for byte in key), elements)

    def elements(self, name: str) -> list[Element] | None:
        """First key, last key and data of each element; None where they cannot be read."""
        if name not in self._read:
            try:
                self._read[name] = self.around.elements(*self._table, name)
            except CannotTell:
                self._read[name] = None
        return self._read[name]


def set_elements(family: str, table: str, name: str) -> list[Element]:
    """The elements of a set by netlink. Raises CannotTell."""
    asked = request(SUBSYSTEM | GET_ELEMENT, DUMP, NUMBERS[family],
                    attribute(TABLE, table.encode() + b"\0")
                    + attribute(OF_SET, name.encode() + b"\0"))
    bodies = dump(asked, SUBSYSTEM | NEW_ELEMENT, bytes, f"the set {name}")
    return parse_elements([one for body in bodies for _, one in
                           each(attributes(body[FIRST.size :]).get(ELEMENTS, b""))])


def parse_elements(bodies: list[bytes]) -> list[Element]:
    """Elements as first key, last key, data; a set of intervals gives each end by itself."""
    single, edges = [], []
    for body in bodies:
        told = attributes(body)
        flags = number(told.get(FLAGS))
        key = attributes(told.get(KEY, b"")).get(VALUE, b"")
        end = attributes(told.get(KEY_END, b"")).get(VALUE, b"")
        if flags & CATCH_ALL:
            single.append((b"", b"", told.get(DATA, b"")))
            continue
        single.append((key, end or key, told.get(DATA, b"")))
        edges.append((key, 0 if flags & INTERVAL_END else 1, told.get(DATA, b"")))
    if all(start for _, start, _ in edges):
        return single
    return _intervals(sorted(edges)) + [one for one in single if not one[0]]


def _intervals(edges: list[tuple[bytes, int, bytes]]) -> list[Element]:
    """From each start to what comes next, less one; the last one has no end."""
    found = []
    for place, (key, start, data) in enumerate(edges):
        if start:
            after = edges[place + 1][0] if place + 1 < len(edges) else b"\1" + bytes(len(key))
            last = int.from_bytes(after, "big") - 1
            found.append((key, last.to_bytes(len(key) + 1, "big")[-len(key):], data))
    return found


def elements_holding(key: bytes, elements: list[Element]
                     ) -> tuple[Match, list[bytes]]:
    """Whether a known key is in the set, and the data of its element."""
    for first, last, data in elements:
        if first and len(first) == len(key) and _between(first, key, last):
            return True, [data]
    caught = [data for first, _, data in elements if not first]
    return bool(caught), caught


def _between(first: bytes, key: bytes, last: bytes) -> bool:
    """Of several fields each lies in its own range; each is padded to four bytes."""
    if first == last or len(key) <= 4 or len(key) % 4:
        return first <= key <= last
    if first <= key <= last and len(key) == 16:
        return True
    return all(first[at : at + 4] <= key[at : at + 4] <= last[at : at + 4]
               for at in range(0, len(key), 4))


