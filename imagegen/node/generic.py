"""The generic netlink family `IPVS`, by struct: what /proc/net/ip_vs cannot tell, in milliseconds.

pyroute2's import alone takes seconds on an emulated node. Commands and attributes: linux/ip_vs.h,
IPVS_CMD_* and IPVS_*_ATTR_*; linux/genetlink.h.
"""

from __future__ import annotations

import errno
import os
import socket
import struct

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

NETLINK_GENERIC = 16
HEADER = struct.Struct("=IHHII")
GENERIC = struct.Struct("=BBH")
ATTRIBUTE = struct.Struct("=HH")
NUMBER = struct.Struct("=I")
REQUEST, DUMP = 1, 0x301
ERROR, DONE = 2, 3
CONTROL, GET_FAMILY, FAMILY_ID, FAMILY_NAME = 0x10, 3, 1, 2
GET_SERVICE, GET_CONFIG, GET_INFO = 4, 13, 15
SERVICE, TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP = 1, 4, 5, 6
INFO_VERSION, INFO_SIZE = 1, 2
SERVICE_FLAGS = 7
TYPE_MASK = 0x3FFF
CHUNK = 1 << 18


def timeouts() -> tuple[int, int, int]:
    """The seconds of an idle TCP connection, of one that closes, of UDP. Raises CannotTell."""
    found = _one(GET_CONFIG)
    tcp, fin, udp = (_number(found, kind) for kind in (TIMEOUT_TCP, TIMEOUT_TCP_FIN, TIMEOUT_UDP))
    return tcp, fin, udp


def info() -> tuple[str, int]:
    """The version of IPVS, and how many buckets its connection table has. Raises CannotTell."""
    found = _one(GET_INFO)
    version = _number(found, INFO_VERSION)
    return (f"{version >> 16 & 255}.{version >> 8 & 255}.{version & 255}",
            _number(found, INFO_SIZE))


def service_flags() -> set[int]:
    """Every value that the flags of some virtual server have. Raises CannotTell."""
    found: set[int] = set()
    for body in _asked(GET_SERVICE, DUMP):
        service = attributes(attributes(body).get(SERVICE, b""))
        if SERVICE_FLAGS in service:
            found.add(_number(service, SERVICE_FLAGS))
    return found


def _number(found: dict[int, bytes], kind: int) -> int:
    if len(found.get(kind, b"")) < NUMBER.size:
        raise CannotTell(f"the kernel's answer about IPVS lacks attribute {kind}")
    number: int = NUMBER.unpack_from(found[kind])[0]
    return number


def _one(command: int) -> dict[int, bytes]:
    return attributes(next(_asked(command, REQUEST), b""))


def _asked(command: int, flags: int) -> Iterator[bytes]:
    """The bodies of the answers, behind their generic headers. Raises CannotTell."""
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_GENERIC) as link:
            link.settimeout(20)
            link.bind((0, 0))
            name = attribute(FAMILY_NAME, b"IPVS\0")
            link.send(message(CONTROL, REQUEST, GET_FAMILY, name))
            family = attributes(next(bodies(link.recv(CHUNK)))).get(FAMILY_ID, b"")
            link.send(message(struct.unpack("=H", family)[0], flags, command))
            yield from _answers(link, flags)
    except (OSError, struct.error, StopIteration) as error:
        raise CannotTell(f"the kernel does not tell of IPVS by netlink: {_why(error)}") from None


def _answers(link: socket.socket, flags: int) -> Iterator[bytes]:
    while True:
        chunk = link.recv(CHUNK)
        yield from bodies(chunk)
        if flags == REQUEST or ended(chunk):
            return


def _why(error: Exception) -> str:
    if isinstance(error, OSError) and error.errno == errno.ENOENT:
        return "there is no such family, the module ip_vs is not loaded"
    return str(error) or "an answer without a body"


def message(kind: int, flags: int, command: int, body: bytes = b"") -> bytes:
    """A request of the generic family with number `kind`."""
    size = HEADER.size + GENERIC.size + len(body)
    return HEADER.pack(size, kind, flags, 1, 0) + GENERIC.pack(command, 1, 0) + body


def attribute(kind: int, data: bytes) -> bytes:
    """One attribute, padded."""
    size = ATTRIBUTE.size + len(data)
    return ATTRIBUTE.pack(size, kind) + data + bytes(-size % 4)


def attributes(body: bytes) -> dict[int, bytes]:
    """A message's or an attribute's attributes by their kind; what is cut off is left out."""
    found: dict[int, bytes] = {}
    place = 0
    while place + ATTRIBUTE.size <= len(body):
        size, kind = ATTRIBUTE.unpack_from(body, place)
        if size < ATTRIBUTE.size:
            break
        found[kind & TYPE_MASK] = body[place + ATTRIBUTE.size : place + size]
        place += (size + 3) & ~3
    return found


def messages(chunk: bytes) -> Iterator[tuple[int, bytes]]:
    """Kind and payload of each message of a datagram. Raises OSError where one is an error."""
    place = 0
    while place + HEADER.size <= len(chunk):
        size, kind, *_ = HEADER.unpack_from(chunk, place)
        if size < HEADER.size:
            raise OSError(errno.EBADMSG, "a netlink message without a length")
        body = chunk[place + HEADER.size : place + size]
        if kind == ERROR:
            _raise(-struct.unpack_from("=i", body)[0])
        yield kind, body
        place += (size + 3) & ~3


def bodies(chunk: bytes) -> Iterator[bytes]:
    """What stands behind the generic header of each answer. Raises OSError."""
    return (body[GENERIC.size :] for kind, body in messages(chunk) if kind not in (ERROR, DONE))


def ended(chunk: bytes) -> bool:
    """Whether a dump ends with this datagram, or there is nothing more to hear. Raises OSError."""
    return not chunk or any(kind == DONE for kind, _ in messages(chunk))


def _raise(code: int) -> None:
    if code:
        raise OSError(code, os.strerror(code))
