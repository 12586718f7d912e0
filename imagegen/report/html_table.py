"""IPVS tables of many nodes, packed: lines kept once, tables that differ only in counts shared."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass, field
from typing import Any

from imagegen.report.html_words import Words

MOST_LINES = 5_000
PROTOCOLS = ("TCP", "UDP", "SCTP", "FWM")
ARROW = "->"
Key = tuple[int, int, int, int, str, str]


@dataclass(slots=True)
class _Server:
    """A virtual server's line, and below it its real servers: key, line, active, inactive."""

    key: Key
    line: int
    below: list[tuple[Key, int, int, int]] = field(default_factory=list)


class Tables:
    """What the page's second block holds.

    `words`: lines without their counts, the cells parted by newlines; `s` begins a virtual server,
    `d` a real server, `x` what is neither. `shapes`: the numbers of a table's lines. `counts`: what
    stands in the last two columns of the real servers, 0 for all zero.
    """

    def __init__(self) -> None:
        self._words = Words()
        self._shapes: dict[tuple[int, ...], int] = {}
        self._keys: dict[str, tuple[Key, int]] = {}
        self._counts: list[list[int] | int] = []

    def add(self, lines: list[str]) -> tuple[int, int]:
        """The numbers of a table's shape and of its counts."""
        servers, others = self._servers(lines[:MOST_LINES])
        numbers, counts = [], []
        for server in sorted(servers, key=lambda one: one.key):
            numbers.append(server.line)
            for _, line, *amounts in sorted(server.below):
                numbers.append(line)
                counts += amounts
        shape = (*numbers, *others)
        self._counts.append(counts if any(counts) else 0)
        return self._shapes.setdefault(shape, len(self._shapes)), len(self._counts) - 1

    def packed(self) -> dict[str, Any]:
        """As the page takes it."""
        return {"words": self._words.all, "shapes": list(self._shapes), "counts": self._counts}

    def _servers(self, lines: list[str]) -> tuple[list[_Server], list[int]]:
        servers: list[_Server] = []
        others: list[int] = []
        for line in lines:
            parts = line.split()
            if len(parts) >= 3 and parts[0] in PROTOCOLS:
                servers.append(_Server(*self._service(line, parts)))
            elif servers and _real(parts):
                servers[-1].below.append(self._destination(parts))
            else:
                others.append(self._words.number(f"x\n{_cell(line)}"))
        return servers, others

    def _service(self, line: str, parts: list[str]) -> tuple[Key, int]:
        if line not in self._keys:
            cells = ["s", *parts[:3], " ".join(parts[3:])]
            self._keys[line] = (_key(parts[0], parts[1]), self._words.number("\n".join(cells)))
        return self._keys[line]

    def _destination(self, parts: list[str]) -> tuple[Key, int, int, int]:
        line = "\n".join(["d", *parts[1:4]])
        if line not in self._keys:
            self._keys[line] = (_key("", parts[1]), self._words.number(line))
        return (*self._keys[line], int(parts[4]), int(parts[5]))


def _real(parts: list[str]) -> bool:
    return len(parts) == 6 and parts[0] == ARROW and _number(parts[4]) and _number(parts[5])


def _number(text: str) -> bool:
    return len(text) < 16 and text.isascii() and text.isdigit()


def _cell(text: str) -> str:
    return text.replace("\t", " ").replace("\n", " ")


def _key(protocol: str, name: str) -> Key:
    """By family, address and port as numbers, then protocol; what is no address comes last."""
    order = PROTOCOLS.index(protocol) if protocol else 0
    address, _, port = name.rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else 0
    try:
        packed = ipaddress.ip_address(address.strip("[]"))
    except ValueError:
        return (9, 0, number, order, protocol, name)
    return (packed.version, int(packed), number, order, protocol, name)
