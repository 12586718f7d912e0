"""All addresses of the node by one netlink dump a family, read by struct.

pyroute2 decodes 10,000 addresses in seconds; this takes hundredths of one. RTM_GETADDR and its
attributes: rtnetlink(7), linux/if_addr.h.
"""

from __future__ import annotations

import socket
import struct

from .model import CannotTell

NLMSG_ERROR, NLMSG_DONE = 2, 3
RTM_NEWADDR, RTM_GETADDR = 20, 22
NLM_F_REQUEST_DUMP = 0x301
IFA_ADDRESS, IFA_LOCAL = 1, 2
KIND = struct.Struct("=IH")  # a message's length and type
HEADER = struct.Struct("=IHHII")
MESSAGE = struct.Struct("=IHHIIBBBBI")  # the header and struct ifaddrmsg
# header, family, prefix, index, two attributes of eight bytes: length and kind are one number
USUAL = struct.Struct("=16xBB2xII4xI4s")
USUAL_KINDS = (IFA_ADDRESS << 16 | 8, IFA_LOCAL << 16 | 8)
ATTRIBUTE = struct.Struct("=HH")
CHUNK = 1 << 18

# interface index, address family, the packed address, prefix length; bare tuples, for a node may
# have 10,000 of them
Address = tuple[int, int, bytes, int]


def shown(address: Address) -> str:
    """`10.0.2.15/24`."""
    _, family, packed, prefix = address
    return f"{socket.inet_ntop(family, packed)}/{prefix}"


def all_addresses() -> list[Address]:
    """Every address of this network namespace. Raises CannotTell."""
    try:
        return [address for family in (socket.AF_INET, socket.AF_INET6) for address in dump(family)]
    except (OSError, struct.error) as error:
        raise CannotTell(f"the kernel does not list its addresses: {error}") from None


def dump(family: int) -> list[Address]:
    """The addresses of one family. Raises OSError."""
    addresses: list[Address] = []
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE) as link:
        link.settimeout(20)
        link.bind((0, 0))
        link.send(HEADER.pack(24, RTM_GETADDR, NLM_F_REQUEST_DUMP, 1, 0)
                  + struct.pack("=BBBBI", family, 0, 0, 0, 0))
        while parse(link.recv(CHUNK), addresses):
            pass
    return addresses


def parse(chunk: bytes, addresses: list[Address]) -> bool:
    """Add a datagram's addresses; False at the dump's end. Raises OSError, struct.error."""
    position, end = 0, len(chunk)
    usual = USUAL.unpack_from
    while position + HEADER.size <= end:
        size, kind = KIND.unpack_from(chunk, position)
        if kind == RTM_NEWADDR and size >= USUAL.size:
            # one call reads what nearly all messages have: IFA_ADDRESS, then IFA_LOCAL, both IPv4
            family, prefix, index, first, second, packed = usual(chunk, position)
            if family == socket.AF_INET and (first, second) == USUAL_KINDS:
                addresses.append((index, family, packed, prefix))
            else:
                addresses.append(_address(chunk, position, position + size))
        elif _over(chunk, position, size, kind):
            return False
        elif kind == RTM_NEWADDR:
            addresses.append(_address(chunk, position, position + size))
        position += (size + 3) & ~3
    return end > 0


def _over(chunk: bytes, position: int, size: int, kind: int) -> bool:
    """Whether a message that holds no address ends the dump. Raises OSError for an error."""
    if kind == NLMSG_ERROR:
        raise OSError(-struct.unpack_from("=i", chunk, position + HEADER.size)[0], "netlink")
    if size < HEADER.size:
        raise OSError("a netlink message without a length")
    return kind == NLMSG_DONE


def _address(chunk: bytes, start: int, end: int) -> Address:
    _, _, _, _, _, family, prefix, _, _, index = MESSAGE.unpack_from(chunk, start)
    packed = b""
    position = start + MESSAGE.size
    while position + 4 <= end:
        size, kind = ATTRIBUTE.unpack_from(chunk, position)
        # IFA_LOCAL is the node's own end of a point-to-point address; it comes second
        if kind == IFA_LOCAL or (kind == IFA_ADDRESS and not packed):
            packed = chunk[position + 4 : position + size]
        if kind >= IFA_LOCAL or size < 4:
            break
        position += (size + 3) & ~3
    return index, family, packed, prefix
