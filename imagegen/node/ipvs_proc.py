"""The IPVS table from /proc/net/ip_vs, where one read holds all of it.

The bulk is done by a few passes in C over the text; what is not an ordinary real server (Masq,
weight 1) is looked at line by line. The form of the lines: net/netfilter/ipvs/ip_vs_ctl.c,
ip_vs_info_seq_show; addresses and ports are hexadecimal, IPv6 stands in brackets in full.
"""

from __future__ import annotations

import re
import socket
import struct
from bisect import bisect_right

from .model import CannotTell
from .words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    Entry = tuple[bytes, bytes, int]  # address, port (both packed), protocol

HEADER = re.compile(rb"\n(TCP|UDP|SCTP|FWM) +(\S+) (\S+)([^\n]*)(\n  -> )?")
COLUMNS = rb"(\S+) +([A-Za-z]+) +(-?\d{1,10}) +(\d{1,10}) +(\d{1,10})"
REAL_ADDRESS = re.compile(rb"\n  -> ([0-9A-F]{8}|\[[0-9a-f:]{39}\]):")
FWM = b"FWM"
NUMBERS = {b"TCP": 6, b"UDP": 17, b"SCTP": 132}
ORDINARY = b" Masq    1 "
TITLE = b"\n  -> RemoteAddress:Port "
REAL, SIX = b"\n  -> ", b"\n  -> ["
# a real server's line with its newline; each number has its fixed place in it
FOUR_LENGTH, SIX_LENGTH = 61, 94
LARGE = FOUR_LENGTH * SIX_LENGTH
OPENING = ord("[")
SHOWN_LINES = 500
LONGEST_KEY = 46  # an IPv6 address in full, in brackets, and a port
SPEAKABLE = 8  # digits of a number in base 16 that may be a mark


class Service:
    """A virtual server: protocol, `ADDRESS:PORT` or mark in hexadecimal, scheduler, flags."""

    __slots__ = ("flags", "key", "place", "protocol", "scheduler")

    def __init__(self, place: int, found: tuple[bytes, ...]) -> None:
        self.place = place  # in the kernel's order
        self.protocol, self.key, self.scheduler = found[:3]
        self.flags = found[3].strip()

    @property
    def name(self) -> str:
        """As ipvsadm names it: `TCP 10.254.0.1:443`, `FWM 1481`."""
        return f"{self.protocol.decode()} {readable(self.key)}"

    @property
    def port(self) -> int:
        """Its port; never asked of a mark's. Raises CannotTell where the text has none."""
        try:
            return int(self.key.rpartition(b":")[2], 16)
        except ValueError:
            raise CannotTell(f"/proc/net/ip_vs has the address {_short(self.key)}, which has no "
                             "port") from None


class RealServer:
    """One line below a virtual server; the key is hexadecimal."""

    __slots__ = ("active", "inactive", "key", "method", "weight")

    def __init__(self, parts: tuple[bytes, ...]) -> None:
        self.key, self.method = parts[0], parts[1].decode("ascii", "replace")
        self.weight, self.active, self.inactive = int(parts[2]), int(parts[3]), int(parts[4])

    @property
    def name(self) -> str:
        """As ipvsadm names it: `192.168.1.142:6443`."""
        return readable(self.key)


class Table:
    """All virtual servers, and the real servers that somebody asks for.

    Raises CannotTell, here or where a line is first needed, for text that no kernel writes: what
    is cut off or has other lines must not pass for a table that has less in it.
    """

    def __init__(self, text: bytes) -> None:
        self.text = text if text.startswith(b"IP ") else b"\n" + text
        self._found = HEADER.findall(self.text)
        self._starts: list[int] = []
        self._asked = False
        self._unusual: dict[str, list[tuple[Service, RealServer]]] = {}
        self._schedulers: set[str] = set()
        self._addresses: set[bytes] | None = None
        self.count = len(self._found)
        self.real_count = self._count_real()

    def _count_real(self) -> int:
        """Usually every line that is no virtual server's is an ordinary real server's."""
        if not self.text.endswith(b"\n"):
            raise CannotTell("/proc/net/ip_vs ends within a line")
        title = 3 if self.text.startswith(b"IP ") else 1
        others = self.text.count(b"\n") - self.count - title
        if others == self.text.count(ORDINARY):
            self._unusual["Masq"] = []
            return others
        real = self.text.count(b"\n  -> ") - self.text.count(TITLE)
        if others != real:
            raise CannotTell(f"/proc/net/ip_vs has {counted(others + self.count, 'line')}, "
                             f"of which {real} are real servers and {self.count} virtual ones")
        return real

    def services(self) -> list[Service]:
        """Every virtual server, in the kernel's order."""
        return [Service(place, found) for place, found in enumerate(self._found)]

    def by_mark(self) -> list[Service]:
        """The virtual servers of a firewall mark: never kube-proxy's."""
        return [Service(place, found) for place, found in enumerate(self._found)
                if found[0] == FWM]

    def starting_with(self, starts: tuple[bytes, ...]) -> list[Service]:
        """The virtual servers whose address starts so, in hexadecimal."""
        return [Service(place, found) for place, found in enumerate(self._found)
                if found[1].startswith(starts) and found[0] != FWM]

    def flagged(self) -> list[Service]:
        """The virtual servers with a flag that /proc shows: persistent, one packet."""
        return [Service(place, found) for place, found in enumerate(self._found)
                if found[3] and not found[3].isspace()]

    def mixed(self) -> list[Service]:
        """The virtual servers with a real server of the other family; a mark has no family."""
        if b"[" not in self.text or self._pure():
            return []
        starts, count = [*self._all_starts(), len(self.text)], self.text.count
        mixed = []
        for place, found in enumerate(self._found):
            start, end = starts[place], starts[place + 1]
            six = count(SIX, start, end)
            wanted = count(REAL, start, end) if found[1].startswith(b"[") else 0
            if six != wanted and found[0] != FWM:
                mixed.append(Service(place, found))
        return mixed

    def _pure(self) -> bool:
        """Whether lengths alone say that nothing is mixed, for lines of one family are all equal.

        94 lines of IPv4 are as long as 61 of IPv6: a block so large is counted.
        """
        ends = [*self._all_starts()[1:], len(self.text) - self.text.endswith(b"\n")]
        for start, end, (protocol, key, scheduler, flags, _) in zip(
                self._starts, ends, self._found):
            head = len(protocol) + len(key) + len(scheduler) + len(flags) + 4
            length = SIX_LENGTH if key[0] == OPENING else FOUR_LENGTH
            if protocol != FWM and ((end - start - head) % length or end - start > LARGE):
                six = self.text.count(SIX, start, end)
                if six != (self.text.count(REAL, start, end) if key[0] == OPENING else 0):
                    return False
        return True

    def at(self, packed: set[bytes]) -> list[Service]:
        """The virtual servers of these addresses."""
        return self.starting_with(tuple(map(address_key, packed))) if packed else []

    def within(self, ranges: list[str], length: int) -> list[Service]:
        """The virtual servers in the ranges of one family, by its addresses' length."""
        starts = _starts_of(ranges, length)
        return self.starting_with(starts) if starts else []

    def entries_within(self, ranges: list[str], length: int) -> set[Entry]:
        """The virtual servers in the ranges, packed as an ipset holds them."""
        starts = _starts_of(ranges, length)
        # a mark can look like the start of an address
        return self._packed([one for one in self._found
                             if one[1].startswith(starts) and one[0] != FWM], length)

    def entries(self, length: int) -> set[Entry]:
        """All virtual servers of a family but those by mark, packed as an ipset holds them."""
        six = length == 16
        return self._packed([one for one in self._found
                             if one[1].startswith(b"[") == six and one[0] != FWM], length)

    @staticmethod
    def _packed(found: list[tuple[bytes, ...]], length: int) -> set[Entry]:
        """One conversion for all of them. Raises CannotTell."""
        if {len(one[1]) for one in found} - {13 if length == 4 else LONGEST_KEY}:
            raise CannotTell("/proc/net/ip_vs has an address and port of another length")
        packed = _bytes_of(b"".join([one[1] for one in found]).translate(None, b"[]:"))
        if len(packed) != len(found) * (length + 2):
            raise CannotTell("/proc/net/ip_vs has an address or port of other digits")
        places = struct.iter_unpack(f"={length}s2s", packed)
        return {(address, port, NUMBERS[one[0]]) for (address, port), one in zip(places, found)}

    def schedulers(self) -> set[str]:
        """The schedulers that some virtual server uses."""
        if not self._schedulers:
            self._schedulers = {one.decode("ascii", "replace")
                                for one in {found[2] for found in self._found}}
        return self._schedulers

    def addresses(self) -> set[bytes]:
        """The packed addresses of all virtual servers but those by mark.

        IPv4 keys, and no others, are 13 long; one conversion for all of them, because 10,000 small
        ones would be felt.
        """
        if self._addresses is not None:
            return self._addresses
        short = {found[1][:8] for found in self._found if len(found[1]) == 13}
        packed = _bytes_of(b"".join(short))
        long = {found[1] for found in self._found if len(found[1]) != 13 and found[0] != FWM}
        self._addresses = {packed[place : place + 4] for place in range(0, len(packed), 4)} | {
            packed_address(key) for key in long
        }
        return self._addresses

    def real_addresses(self) -> set[bytes]:
        """The packed addresses of all real servers."""
        return {packed_address(key + b":0") for key in set(REAL_ADDRESS.findall(self.text))}

    def with_scheduler_other_than(self, name: str) -> list[Service]:
        """The virtual servers that use another one, those by mark aside."""
        if self.schedulers() == {name}:
            return []
        wanted = name.encode()
        return [Service(place, found) for place, found in enumerate(self._found)
                if found[2] != wanted and found[0] != FWM]

    def without_real_servers(self) -> list[Service]:
        """The virtual servers that have none."""
        return [Service(place, found) for place, found in enumerate(self._found) if not found[4]]

    def leading_to(self, starts: tuple[bytes, ...]) -> Service | None:
        """A virtual server with a real server whose address starts so, in hexadecimal."""
        for start in starts:
            position = self.text.find(REAL + start)
            place = self._place(position) if position >= 0 else -1
            if place >= 0:
                return Service(place, self._found[place])
        return None

    def get(self, protocol: str, key: bytes) -> Service | None:
        """One virtual server by its hexadecimal key."""
        wanted = protocol.encode()
        for place, found in enumerate(self._found):
            if found[1] == key and found[0] == wanted:
                return Service(place, found)
        return None

    def real_servers(self, service: Service) -> list[RealServer]:
        """The real servers of one virtual server."""
        start = self._start(service)
        after = HEADER.search(self.text, start + 1)
        block = self.text[start : after.start() if after else len(self.text)]
        found = re.findall(rb"\n  -> " + COLUMNS, block)
        if len(found) != block.count(b"\n  -> "):
            raise CannotTell(f"a real server of {service.name} cannot be read in /proc/net/ip_vs")
        return [RealServer(parts) for parts in found]

    def unusual(self, method: str = "Masq") -> list[tuple[Service, RealServer]]:
        """The real servers that are not of this method with weight 1, with their virtual server."""
        if method not in self._unusual:
            ordinary = b" %-7s 1 " % method.encode()
            none = self.text.count(ordinary) == self.real_count
            self._unusual[method] = [] if none else self._find_unusual(method.encode())
        return self._unusual[method]

    def _place(self, position: int) -> int:
        """Of the virtual server whose lines are there; -1 before the first."""
        return bisect_right(self._all_starts(), position) - 1

    def _all_starts(self) -> list[int]:
        """Where each virtual server's line starts: their keys come in the order of the text."""
        start, starts = 0, self._starts
        if not starts:
            for protocol, key, *_ in self._found:
                start = self.text.find(b"\n%s  %s " % (protocol, key), start)
                starts.append(start)
        if start < 0:  # not the kernel's blanks
            starts[:] = [found.start() for found in HEADER.finditer(self.text)]
        return starts

    def _find_unusual(self, method: bytes) -> list[tuple[Service, RealServer]]:
        pattern = re.compile(rb"\n  -> (?!\S+ +%s +1 )%s" % (re.escape(method), COLUMNS))
        pairs = []
        for match in pattern.finditer(self.text):
            place = self._place(match.start())
            if place >= 0:
                pairs.append((Service(place, self._found[place]), RealServer(match.groups())))
        if len(pairs) + self.text.count(b" %-7s 1 " % method) != self.real_count:
            raise CannotTell("/proc/net/ip_vs has real servers that cannot be read")
        return pairs

    def _start(self, service: Service) -> int:
        # one is found by itself, but who asks again may ask for all; of a mark there may be two
        if not self._starts and (self._asked or service.protocol == FWM):
            self._starts = [found.start() for found in HEADER.finditer(self.text)]
        self._asked = True
        if self._starts:
            return self._starts[service.place]
        head = b"\n" + service.protocol + b"  " + service.key + b" "
        return max(0, self.text.find(head))

    def shown(self, limit: int = SHOWN_LINES) -> list[str]:
        """The first lines as `ipvsadm -Ln` would show them, one blank between the words."""
        lines: list[str] = []
        for line in self.text.split(b"\n", limit + 3)[: limit + 3]:
            words = line.decode("ascii", "replace").split()
            if len(words) >= 3 and words[0] in ("TCP", "UDP", "SCTP", "FWM"):
                lines.append(" ".join([words[0], readable(words[1].encode()),
                                       *_flags(words[2:])]))
            elif len(words) == 6 and words[0] == "->" and words[3].lstrip("-").isdigit():
                lines.append(" ".join(["  ->", readable(words[1].encode()), *words[2:]]))
        return lines[:limit]


def _flags(words: list[str]) -> list[str]:
    """The persistence is in kernel ticks here, not in seconds as ipvsadm has it: say so."""
    if "persistent" not in words[:-1]:
        return words
    after = words.index("persistent") + 2
    return [*words[:after], "ticks", *words[after:]]


def hexadecimal(address: str, port: int) -> bytes:
    """An address and port as the table writes them. Raises OSError where it is no address."""
    if ":" in address:
        packed = socket.inet_pton(socket.AF_INET6, address).hex()
        return b"[%s]:%04X" % (_groups(packed), port)
    return b"%s:%04X" % (socket.inet_pton(socket.AF_INET, address).hex().upper().encode(), port)


def address_key(packed: bytes) -> bytes:
    """How the key of every virtual server of an address starts."""
    if len(packed) == 4:
        return b"%s:" % packed.hex().upper().encode()
    return b"[%s]:" % _groups(packed.hex())


def range_keys(text: str) -> list[bytes]:
    """How the keys of a range's virtual servers start: four bits are a digit, so up to eight.

    Raises OSError, ValueError where it is no range.
    """
    base, _, bits = text.partition("/")
    six = ":" in base
    digits = socket.inet_pton(socket.AF_INET6 if six else socket.AF_INET, base).hex()
    whole, rest = divmod(int(bits), 4)
    starts = [digits[:whole]]
    if rest:
        first, count = int(digits[whole], 16), 1 << 4 - rest
        starts = [f"{digits[:whole]}{first + more:x}" for more in range(count)]
    return [b"[" + _groups(one) if six else one.upper().encode() for one in starts]


def _starts_of(ranges: list[str], length: int) -> tuple[bytes, ...]:
    return tuple(start for text in ranges for start in range_keys(text)
                 if start.startswith(b"[") == (length == 16))


def _groups(digits: str) -> bytes:
    """Hexadecimal digits as IPv6 stands in the table, in groups of four."""
    return ":".join(digits[place : place + 4] for place in range(0, len(digits), 4)).encode()


def packed_address(key: bytes) -> bytes:
    """The packed address of `ADDRESS:PORT`, 4 or 16 bytes. Raises CannotTell where it is none."""
    address = key.rpartition(b":")[0]
    six = address.startswith(b"[")
    packed = _bytes_of(address.strip(b"[]").replace(b":", b"") if six else address)
    if len(packed) != (16 if six else 4):
        raise CannotTell(f"/proc/net/ip_vs has the address {_short(key)}, which is none")
    return packed


def _bytes_of(digits: bytes) -> bytes:
    try:
        return bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise CannotTell("/proc/net/ip_vs has an address that is no number in base 16") from None


def readable(key: bytes) -> str:
    """`10.254.0.1:443`, `[fd00::1]:443`, or a mark as a decimal; else the text as it is."""
    try:
        if len(key) <= SPEAKABLE and b":" not in key:
            return str(int(key, 16))
        if len(key) > LONGEST_KEY:
            return _short(key)
        packed, port = packed_address(key), int(key.rpartition(b":")[2], 16)
        if len(packed) == 16:
            return f"[{socket.inet_ntop(socket.AF_INET6, packed)}]:{port}"
        return f"{socket.inet_ntop(socket.AF_INET, packed)}:{port}"
    except (ValueError, CannotTell):
        return _short(key)


def _short(key: bytes) -> str:
    """As it is, but never megabytes."""
    return key[: LONGEST_KEY].decode("ascii", "replace")
