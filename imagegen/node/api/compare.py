"""The table that is against the table that should be; pure."""

from __future__ import annotations

import re

from ..ipvs_proc import FWM, HEADER, hexadecimal, packed_address, readable
from ..ranges import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from ..ipvs_proc import Table
    from .wanted import Key, Keys, Wanted

MISSING, STALE, ENDPOINTS, AFFINITY = "missing", "stale", "endpoints", "affinity"
REAL = re.compile(rb"\n  -> (\S+) +\S+ +(\d{1,10}) ")
PROBE = (b"TCP", hexadecimal("198.51.100.0", 20000))
SHOWN = 5


class Whose:
    """Which virtual servers are kube-proxy's: by range, by node port, by kube-ipvs0."""

    __slots__ = ("carried", "excluded", "first", "last", "local", "ranges")

    def __init__(self, ranges: list[str], excluded: list[str], node_ports: str,
                 carried: set[bytes], local: set[bytes]) -> None:
        self.ranges, self.excluded = ranges, excluded
        first, _, last = node_ports.partition("-")
        self.first, self.last = int(first), int(last)
        self.carried, self.local = carried, local

    def holds(self, protocol: bytes, key: bytes) -> bool:
        """Whether kube-proxy made it."""
        if protocol == FWM or (protocol, key) == PROBE:
            return False
        packed, port = packed_address(key), int(key.rpartition(b":")[2], 16)
        if within(packed, self.excluded):
            return False
        if packed in self.local:
            return self.first <= port <= self.last
        return packed in self.carried or within(packed, self.ranges)


class Difference:
    """One thing that is wrong; `version` changes with the objects that say so."""

    __slots__ = ("kind", "name", "said", "version")

    def __init__(self, kind: str, name: str, said: str, version: int) -> None:
        self.kind, self.name, self.said, self.version = kind, name, said, version

    @property
    def same(self) -> tuple[str, str, int]:
        """Equal at a second look where the same is still wrong, and nobody has changed it."""
        return self.kind, self.name, self.version


def differences(
    table: Table, wanted: dict[Key, Wanted], whose: Whose,
    seconds: Callable[[], dict[Key, int]],
) -> list[Difference]:
    """`seconds` gives each virtual server's affinity; it is asked only where one has any."""
    found: list[Difference] = []
    seen: set[Key] = set()
    for key, flags, real in _blocks(table.text):
        one = wanted.get(key)
        if one is None:
            if whose.holds(*key):
                found.append(Difference(STALE, _name(key), f"{_name(key)} is no Service's", 0))
            continue
        seen.add(key)
        found += _endpoints(key, one, real)
        found += _affinity(key, one, flags, seconds)
    found += [Difference(MISSING, _name(key), f"{_name(key)} ({one.owner})", one.version)
              for key, one in wanted.items() if one.needed and key not in seen]
    return found


def _blocks(text: bytes) -> Iterator[tuple[Key, bytes, list[tuple[bytes, bytes]]]]:
    """Each virtual server's key, flags, and its real servers' keys and weights."""
    last = None
    for match in HEADER.finditer(text):
        if last is not None:
            yield _block(text, last, match.start())
        last = match
    if last is not None:
        yield _block(text, last, len(text))


def _block(text: bytes, head: re.Match[bytes],
           end: int) -> tuple[Key, bytes, list[tuple[bytes, bytes]]]:
    return (head[1], head[2]), head[4], REAL.findall(text, head.end(4), end)


def _endpoints(key: Key, wanted: Wanted,
               real: list[tuple[bytes, bytes]]) -> Iterator[Difference]:
    usable = frozenset(server for server, weight in real if weight != b"0")
    heavy = [server for server, weight in real if weight not in (b"0", b"1")]
    parts = []
    if wanted.legal and usable not in wanted.legal:
        parts = _apart(usable, min(wanted.legal, key=lambda keys: len(keys ^ usable)))
    if heavy:
        parts.append(f"{_names(heavy)} with another weight than 1")
    if parts:
        yield Difference(ENDPOINTS, _name(key), f"{_name(key)} ({wanted.owner}): "
                         f"{'; '.join(parts)}", wanted.version)


def _apart(usable: Keys, legal: Keys) -> list[str]:
    missing, extra = sorted(legal - usable), sorted(usable - legal)
    parts = [f"{_names(missing)} missing"] if missing else []
    return parts + ([f"{_names(extra)} not an endpoint"] if extra else [])


def _affinity(key: Key, wanted: Wanted, flags: bytes,
              seconds: Callable[[], dict[Key, int]]) -> Iterator[Difference]:
    has = 0
    if b"persistent" in flags:
        has = seconds().get(key, 0)
    if wanted.affinity >= 0 and has != wanted.affinity:
        yield Difference(AFFINITY, _name(key), f"{_name(key)} ({wanted.owner}) has "
                         f"{_time(has)}, the Service {_time(wanted.affinity)}", wanted.version)


def _time(seconds: int) -> str:
    return f"{seconds} s" if seconds else "none"


def _name(key: Key) -> str:
    return f"{key[0].decode()} {readable(key[1])}"


def _names(keys: list[bytes]) -> str:
    more = f" and {len(keys) - SHOWN} more" if len(keys) > SHOWN else ""
    return ", ".join(map(readable, keys[:SHOWN])) + more
