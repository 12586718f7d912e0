"""A dump of nfnetlink: to its end, only what was asked for, and the kernel's own error."""

from __future__ import annotations

import errno
import socket
import struct

import pytest

from imagegen.node import netfilter
from imagegen.node.generic import DONE, DUMP, ERROR
from imagegen.node.model import CannotTell

ASK, ANSWER, OTHER = 0x0A04, 0x0A03, 0x0A05


def message(kind: int, body: bytes) -> bytes:
    size = 16 + len(body)
    return struct.pack("=IHHII", size, kind, 2, 1, 0) + body + bytes(-size % 4)


def dumped(monkeypatch: pytest.MonkeyPatch, *datagrams: bytes) -> list[bytes]:
    """What a dump gives, whose kernel answers so."""
    kernel, node = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    with kernel:
        node.settimeout(0.2)
        monkeypatch.setattr(netfilter, "opened", lambda: node)
        for each in datagrams:
            kernel.send(each)
        asked = netfilter.request(ASK, DUMP, socket.AF_INET, b"more")
        found = netfilter.dump(asked, ANSWER, bytes, "its chains")
        assert kernel.recv(99) == message(ASK, b"\2\0\0\0more")[:6] + struct.pack(
            "=HII", DUMP, 1, 0) + b"\2\0\0\0more"
    return found


def test_it_is_read_to_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    found = dumped(monkeypatch, message(ANSWER, b"one1") + message(OTHER, b"no11"),
                   message(ANSWER, b"two2") + message(DONE, bytes(4)) + message(ANSWER, b"late"))
    assert found == [b"one1", b"two2"]


@pytest.mark.parametrize(("datagram", "said"), [
    (message(ERROR, struct.pack("=i", -errno.EPERM)), "its chains: .*not permitted"),
    (struct.pack("=IHHII", 0, 99, 0, 0, 0), "without a length"),
    (message(ERROR, b"\1"), "its chains"),
    (message(ANSWER, b"one1"), "timed out"),
    (b"\1\2", "timed out")])
def test_one_that_fails_is_told(monkeypatch: pytest.MonkeyPatch, datagram: bytes,
                                said: str) -> None:
    with pytest.raises(CannotTell, match=said):
        dumped(monkeypatch, datagram)


def test_an_answer_that_cannot_be_read_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    kernel, node = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    monkeypatch.setattr(netfilter, "opened", lambda: node)
    with kernel, pytest.raises(CannotTell, match="the ipset X"):
        kernel.send(message(ANSWER, b"x"))
        netfilter.dump(b"asked", ANSWER, struct.Struct("=I").unpack, "the ipset X")
