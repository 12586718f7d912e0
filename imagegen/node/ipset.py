"""What the kernel says of one ipset, by one netlink request.

Messages and attributes: linux/netfilter/ipset/ip_set.h, IPSET_CMD_HEADER.
"""

from __future__ import annotations

import errno
import os
import socket
import struct

from .model import CannotTell

HEADER = struct.Struct("=IHHII")
NETLINK_NETFILTER = 12  # linux/netlink.h; Python 3.9 has no name for it
SUBSYSTEM, COMMAND_HEADER = 6, 12
NLM_F_REQUEST, NLMSG_ERROR = 1, 2
FIRST = struct.Struct("=BBH")  # struct nfgenmsg
ATTRIBUTE = struct.Struct("=HH")
PROTOCOL, SET_NAME, FAMILY = 1, 2, 5
VERSION = 6
TYPE_MASK = 0x3FFF
FAMILIES = {2: "IPv4", 10: "IPv6"}  # NFPROTO_*


def family(name: str) -> str | None:
    """A set's family (`IPv4`, `IPv6`, else `none`), or None where there is no such set.

    Raises CannotTell.
    """
    try:
        with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER) as link:
            link.settimeout(20)
            link.bind((0, 0))
            link.send(request(name))
            return answer(link.recv(65536))
    except (OSError, struct.error) as error:
        raise CannotTell(f"the kernel does not tell of the ipset {name}: {error}") from None


def request(name: str) -> bytes:
    """The message that asks for a set's head."""
    body = FIRST.pack(socket.AF_INET, 0, 0) + _attribute(PROTOCOL, bytes([VERSION]))
    body += _attribute(SET_NAME, name.encode() + b"\0")
    size = HEADER.size + len(body)
    return HEADER.pack(size, SUBSYSTEM << 8 | COMMAND_HEADER, NLM_F_REQUEST, 1, 0) + body


def _attribute(kind: int, data: bytes) -> bytes:
    size = ATTRIBUTE.size + len(data)
    return ATTRIBUTE.pack(size, kind) + data + bytes(-size % 4)


def answer(message: bytes) -> str | None:
    """The family in an answer; None where the set is not there. Raises OSError, struct.error."""
    size, kind, *_ = HEADER.unpack_from(message)
    if kind == NLMSG_ERROR:
        code = -struct.unpack_from("=i", message, HEADER.size)[0]
        if code == errno.ENOENT:
            return None
        raise OSError(code, os.strerror(code))
    place = HEADER.size + FIRST.size
    while place + ATTRIBUTE.size <= size:
        length, found = ATTRIBUTE.unpack_from(message, place)
        if found & TYPE_MASK == FAMILY:
            return FAMILIES.get(message[place + ATTRIBUTE.size], "none")
        place += max(ATTRIBUTE.size, (length + 3) & ~3)
    return "none"
