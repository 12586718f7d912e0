"""What the kernel says of the ipsets, by netlink: all heads, all of one set, or one entry of it.

Messages and attributes: linux/netfilter/ipset/ip_set.h; kernel net/netfilter/ipset/ip_set_core.c.
"""

from __future__ import annotations

import errno
import os
import socket
import struct

from .generic import ATTRIBUTE, CHUNK, DUMP, HEADER, TYPE_MASK, attribute, attributes
from .model import CannotTell
from .netfilter import FIRST, dump, opened, request

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable

    from .ipvs_proc import Entry

SUBSYSTEM, LIST, TEST = 6 << 8, 7, 11
REQUEST_ACK = 5
PROTOCOL, NAME, TYPE, FAMILY, FLAGS, DATA, ELEMENT_LIST = 1, 2, 3, 5, 6, 7, 8
FOUR_SIZE, SIX_SIZE = 32, 44  # bytes of an entry `address,port` with all its headers
ADDRESS, PORT, TRANSPORT, SECOND_ADDRESS = 1, 4, 7, 20  # in DATA of an entry
LENGTH, SECOND_LENGTH = 3, 21  # of the network that an address stands for
NESTED, NET_ORDER = 0x8000, 0x4000
HEADS_ONLY = 1 << 2
VERSION = 6
FAMILIES = {b"\2": "IPv4", b"\n": "IPv6"}  # NFPROTO_*
NOT_IN_SET = 4103  # IPSET_ERR_EXIST
PROTOCOLS = {"TCP": 6, "UDP": 17, "SCTP": 132}


class Set:
    """A set's head: its type `hash:ip,port` and family (`IPv4`, `IPv6`, `none`)."""

    __slots__ = ("family", "type")

    def __init__(self, type: str, family: str) -> None:
        self.type, self.family = type, family


def heads() -> dict[str, Set]:
    """Every set by its name. Raises CannotTell."""
    flags = attribute(FLAGS | NET_ORDER, struct.pack("!I", HEADS_ONLY))
    return dict(dump(_message(LIST, DUMP, flags), SUBSYSTEM | LIST, head, "its ipsets"))


def head(body: bytes) -> tuple[str, Set]:
    """A set's name and head."""
    told = attributes(body[FIRST.size :])
    return _text(told.get(NAME, b"")), Set(
        _text(told.get(TYPE, b"")), FAMILIES.get(told.get(FAMILY, b"")[:1], "none"))


def members(name: str) -> set[Entry]:
    """All that a set of addresses and ports holds. Raises CannotTell."""
    asked = _message(LIST, DUMP, attribute(NAME, name.encode() + b"\0"))
    return set().union(*dump(asked, SUBSYSTEM | LIST, entries, f"the ipset {name}"))


def entries(body: bytes) -> set[Entry]:
    """What one answer holds of a set. Raises OSError, struct.error."""
    return set(elements(attributes(body[FIRST.size :]).get(ELEMENT_LIST, b"")))


def networks(name: str) -> list[tuple[bytes, int]]:
    """The addresses and networks of a set of any type, with their lengths. Raises CannotTell."""
    asked = _message(LIST, DUMP, attribute(NAME, name.encode() + b"\0"))
    answers = dump(asked, SUBSYSTEM | LIST, of_networks, f"the ipset {name}")
    return [one for answered in answers for one in answered]


def of_networks(body: bytes) -> list[tuple[bytes, int]]:
    """What one answer holds of them. Raises OSError."""
    found = []
    for one in _each(attributes(body[FIRST.size :]).get(ELEMENT_LIST, b"")):
        told = attributes(one)
        for kind, length_kind in ((ADDRESS, LENGTH), (SECOND_ADDRESS, SECOND_LENGTH)):
            address = attributes(told.get(kind, b""))
            packed = address.get(1) or address.get(2, b"")
            if packed:
                found.append((packed, (told.get(length_kind) or bytes([8 * len(packed)]))[0]))
    return found


def elements(packed: bytes) -> Iterable[Entry]:
    """The entries, which usually are all laid out alike: then no attribute is looked at twice."""
    size = (ATTRIBUTE.unpack_from(packed)[0] + 3) & ~3 if packed else 0
    if size in (FOUR_SIZE, SIX_SIZE) and len(packed) % size == 0:
        length = size - FOUR_SIZE + 4
        heads = (*range(12), *range(12 + length, 16 + length), *range(20 + length, 24 + length))
        if _kinds(packed, length) == [DATA, ADDRESS, 1 if length == 4 else 2, PORT, TRANSPORT]:
            count = len(packed) // size
            if all(packed[at::size] == packed[at : at + 1] * count for at in heads):
                return struct.iter_unpack(f"=12x{length}s4x2s6xB3x", packed)
    return map(_entry, _each(packed))


def _kinds(packed: bytes, length: int) -> list[int]:
    """What the headers of the first entry say that they are."""
    return [ATTRIBUTE.unpack_from(packed, at)[1] & TYPE_MASK
            for at in (0, 4, 8, 12 + length, 20 + length)]


def _each(packed: bytes) -> Iterable[bytes]:
    place = 0
    while place + ATTRIBUTE.size <= len(packed):
        size, _kind = ATTRIBUTE.unpack_from(packed, place)
        if size < ATTRIBUTE.size:
            raise OSError(errno.EBADMSG, "an entry without a length")
        yield packed[place + ATTRIBUTE.size : place + size]
        place += (size + 3) & ~3


def _entry(body: bytes) -> Entry:
    told = attributes(body)
    address = attributes(told.get(ADDRESS, b""))
    return (address.get(1) or address.get(2, b""), told.get(PORT, b""),
            int.from_bytes(told.get(TRANSPORT, b"\0"), "little"))


def holds(name: str, protocol: str, address: bytes, port: int) -> bool:
    """Whether a set holds an address and port, or without an address a port. Raises CannotTell.

    A set that is not there holds nothing.
    """
    try:
        with opened() as link:
            link.send(_message(TEST, REQUEST_ACK, sought(name, protocol, address, port)))
            return answer(link.recv(CHUNK))
    except (OSError, struct.error) as error:
        raise CannotTell(f"the kernel does not tell of the ipset {name}: {error}") from None


def holds_any(name: str, protocol: int, address: bytes, port: int | None, second: bytes) -> bool:
    """The same for a set of any type: only what is given is asked for. Raises CannotTell."""
    entry = b""
    if port is not None:
        entry += attribute(PORT | NET_ORDER, struct.pack("!H", port))
    for kind, packed in ((ADDRESS, address), (SECOND_ADDRESS, second)):
        if packed:
            of_family = 1 if len(packed) == 4 else 2
            entry += attribute(kind | NESTED, attribute(of_family | NET_ORDER, packed))
    if port is not None and address:
        entry += attribute(TRANSPORT, bytes([protocol]))
    body = attribute(NAME, name.encode() + b"\0") + attribute(DATA | NESTED, entry)
    try:
        with opened() as link:
            link.send(_message(TEST, REQUEST_ACK, body))
            return answer(link.recv(CHUNK))
    except (OSError, struct.error) as error:
        raise CannotTell(f"the kernel does not tell of the ipset {name}: {error}") from None


def sought(name: str, protocol: str, address: bytes, port: int) -> bytes:
    """The set's name and the entry that is asked for; of a set of ports, the port and no more.

    The kernel refuses an attribute that the set's type does not have (nla_parse_nested).
    """
    entry = attribute(PORT | NET_ORDER, struct.pack("!H", port))
    if address:
        kind = 1 if len(address) == 4 else 2
        entry += attribute(ADDRESS | NESTED, attribute(kind | NET_ORDER, address))
        entry += attribute(TRANSPORT, bytes([PROTOCOLS[protocol]]))
    return attribute(NAME, name.encode() + b"\0") + attribute(DATA | NESTED, entry)


def answer(chunk: bytes) -> bool:
    """What a test says. Raises OSError, struct.error."""
    _, _, _, _, _, code = struct.unpack_from(HEADER.format + "i", chunk)
    if -code in (NOT_IN_SET, errno.ENOENT):
        return False
    if code:
        raise OSError(-code, os.strerror(-code))
    return True


def _message(command: int, flags: int, body: bytes) -> bytes:
    versioned = attribute(PROTOCOL, bytes([VERSION])) + body
    return request(SUBSYSTEM | command, flags, socket.AF_INET, versioned)


def _text(data: bytes) -> str:
    return data.split(b"\0", 1)[0].decode("ascii", "replace")


