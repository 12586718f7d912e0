"""Several guests on one segment get leases of one DHCP server, and we see what they asked by."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.boot.machine import UserNet
from imagegen.boot.qmp import connect_unix
from imagegen.boot.segment import Lease, Segment, dhcp_leases, segment
from imagegen.common.files import private_dir

DISCOVER, REQUEST = 1, 3
BROADCAST = b"\xff" * 6


class Client:
    """A guest's network card, as far as DHCP goes."""

    def __init__(self, wire: socket.socket, mac: bytes, client_id: bytes | None) -> None:
        self.wire, self.mac, self.client_id = wire, mac, client_id
        wire.settimeout(20)

    def lease(self) -> str:
        """Ask for an address and take it."""
        offer = self._ask(DISCOVER)
        return self._ask(REQUEST, bytes([50, 4]) + socket.inet_aton(offer))

    def _ask(self, kind: int, options: bytes = b"") -> str:
        if self.client_id is not None:
            options += bytes([61, len(self.client_id)]) + self.client_id
        message = struct.pack("!BBBBIHH16x6s10x192x", 1, 1, 6, 0, 7, 0, 0x8000, self.mac)
        self._send(message + b"\x63\x82\x53\x63" + bytes([53, 1, kind]) + options + b"\xff")
        return socket.inet_ntoa(self._answer()[16:20])

    def _send(self, message: bytes) -> None:
        udp = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
        head = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0,
                           bytes(4), b"\xff" * 4)
        total = sum(struct.unpack("!10H", head))
        checksum = 0xFFFF & ~((total & 0xFFFF) + (total >> 16))
        head = head[:10] + struct.pack("!H", checksum) + head[12:]
        frame = BROADCAST + self.mac + b"\x08\x00" + head + udp
        self.wire.sendall(struct.pack("!I", len(frame)) + frame)

    def _answer(self) -> bytes:
        while True:
            frame = self._exactly(struct.unpack("!I", self._exactly(4))[0])
            message = frame[14 + 20 + 8:]
            if frame[23] == 17 and message[0] == 2 and message[28:34] == self.mac:
                return message

    def _exactly(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            more = self.wire.recv(count - len(data))
            assert more, "the switch hung up"
            data += more
        return data


@pytest.fixture
def shared() -> Iterator[Segment]:
    net = UserNet("192.168.7.0/24", "192.168.7.2", "192.168.7.50")
    with private_dir() as folder, segment(folder, 3, net) as made:
        yield made


def client(shared: Segment, index: int, client_id: bytes | None) -> Client:
    wire = connect_unix(shared.plug(index).socket, 20)
    return Client(wire, bytes([0x52, 0x54, 0, 0, 0, index]), client_id)


def test_leases_of_one_segment(shared: Segment) -> None:
    first, twin, plain = (client(shared, 0, b"\xffsame"), client(shared, 1, b"\xffsame"),
                          client(shared, 2, None))
    assert [each.lease() for each in (first, twin, plain)] == [
        "192.168.7.50", "192.168.7.51", "192.168.7.52"]
    assert shared.leases() == {
        "52:54:00:00:00:00": Lease("192.168.7.50", b"\xffsame".hex()),
        "52:54:00:00:00:01": Lease("192.168.7.51", b"\xffsame".hex()),
        "52:54:00:00:00:02": Lease("192.168.7.52", "525400000002")}


def test_guests_of_one_segment_hear_each_other(shared: Segment) -> None:
    here, there = client(shared, 0, None), client(shared, 1, None)
    there.lease()
    here.lease()
    frame = BROADCAST + here.mac + b"\x88\xb5" + b"hello".ljust(46, b"\0")
    here.wire.sendall(struct.pack("!I", len(frame)) + frame)
    while True:
        heard = there._exactly(struct.unpack("!I", there._exactly(4))[0])
        if heard[12:14] == b"\x88\xb5":
            break
    assert heard == frame


def test_an_offer_that_nobody_took_is_no_lease(shared: Segment) -> None:
    asker = client(shared, 0, None)
    asker._ask(DISCOVER)
    assert shared.leases() == {}


@pytest.mark.parametrize("capture", [b"", b"\0" * 24, b"\0" * 40, b"\0" * 24 + b"\x01" * 60])
def test_a_capture_cut_short_is_no_error(capture: bytes) -> None:
    assert dhcp_leases(capture) == {}


def test_the_capture_lies_in_the_private_folder(shared: Segment) -> None:
    assert shared.capture.parent == shared.folder and Path(shared.capture).exists()
