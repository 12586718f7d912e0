"""A dump of the kernel's packet filter or ipsets by nfnetlink, each answer read as it comes.

linux/netfilter/nfnetlink.h, linux/netlink.h.
"""

from __future__ import annotations

import socket
import struct

from .generic import CHUNK, DONE, HEADER, messages
from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import TypeVar

    Read = TypeVar("Read")

NETLINK_NETFILTER = 12  # Python 3.9 has no name for it
FIRST = struct.Struct("=BBH")  # struct nfgenmsg: family, version, resource
SECONDS = 20


def opened() -> socket.socket:
    """A socket of the packet filter's netlink. Raises OSError."""
    link = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    link.settimeout(SECONDS)
    link.bind((0, 0))
    return link


def request(kind: int, flags: int, family: int, body: bytes = b"") -> bytes:
    """A message of the subsystem and command in `kind`, with its attributes in `body`."""
    body = FIRST.pack(family, 0, 0) + body
    return HEADER.pack(HEADER.size + len(body), kind, flags, 1, 0) + body


def dump(asked: bytes, answer: int, read: Callable[[bytes], Read], what: str) -> list[Read]:
    """What `read` makes of each answer of kind `answer`, its nfgenmsg included.

    Raises CannotTell, which names `what`.
    """
    try:
        with opened() as link:
            link.send(asked)
            chunks = iter(lambda: link.recv(CHUNK), b"")
            return [read(body) for kind, body in until_done(chunks) if kind == answer]
    except (OSError, struct.error) as error:
        raise CannotTell(f"the kernel does not list {what}: {error}") from None


def until_done(chunks: Iterator[bytes]) -> Iterator[tuple[int, bytes]]:
    """The messages of all datagrams up to the dump's end. Raises OSError, struct.error."""
    for chunk in chunks:
        for kind, body in messages(chunk):
            if kind == DONE:
                return
            yield kind, body
