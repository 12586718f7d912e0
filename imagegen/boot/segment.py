"""A network segment that several guests share: one switch, one router, one DHCP server.

QEMU's user network gives every guest a network of its own, where two clones with one machine-id
would never meet. Here a QEMU without a machine holds the user network and a hub, and every guest
plugs into the hub by a unix socket. All that passes the router is captured, because its DHCP server
tells clients apart by MAC alone, while real ones go by the client identifier (RFC 2131, 4.2).
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from imagegen.bake.tools import find_tool
from imagegen.boot.machine import SegmentNet, UserNet, controlled, netdev, options
from imagegen.common.run import started
from imagegen.knowledge.tools import Tool

SNAP = 1500
# pcap: a header, then records of (seconds, microseconds, bytes kept, bytes seen), in host order
PCAP_HEADER, PCAP_RECORD = 24, struct.Struct("=IIII")
ETHERNET, UDP_HEADER, IPV4, UDP = 14, 8, b"\x08\x00", 17
# a DHCP message (RFC 2131, section 2) and its options (RFC 2132)
REQUEST, YOUR_ADDRESS, HARDWARE_ADDRESS, OPTIONS = 1, slice(16, 20), slice(28, 34), 240
DHCP_COOKIE = b"\x63\x82\x53\x63"
PAD, MESSAGE_TYPE, CLIENT_ID, END, ACK = 0, 53, 61, 255, b"\x05"


@dataclass(frozen=True, slots=True)
class Lease:
    """A DHCP lease: the address, and what the client named itself by (hex; its MAC by default)."""

    address: str
    client_id: str


@dataclass(frozen=True, slots=True)
class Segment:
    """A running segment: one plug a guest, and the capture of what reached its router."""

    folder: Path
    places: int

    def plug(self, index: int) -> SegmentNet:
        """The network of guest `index`, from 0."""
        return SegmentNet(self.folder / f"plug{index}.sock")

    @property
    def capture(self) -> Path:
        """A pcap file."""
        return self.folder / "segment.pcap"

    def leases(self) -> dict[str, Lease]:
        """The lease of each guest that got one, by MAC (lower case, colons)."""
        return dhcp_leases(self.capture.read_bytes())


@contextmanager
def segment(folder: Path, places: int, network: UserNet | None = None) -> Iterator[Segment]:
    """A segment for so many guests. Raises ToolError."""
    find_tool(Tool.QEMU)
    made = Segment(folder, places)
    control, log = folder / "segment.qmp", folder / "segment.log"
    argv = segment_argv(made, control, network or UserNet())
    with (log.open("ab") as output, started(argv, stdout=output) as child,
          controlled(child, control, log) as qmp):
        for index in range(places):
            # QEMU 7.2 crashes on a frame for a plug whose listener is still being made; a guest
            # that plugs in sets the link up by itself
            qmp.command("set_link", name=f"plug{index}", up=False)
        yield made


def segment_argv(made: Segment, control: Path, network: UserNet) -> list[str]:
    """The command line of the machine-less QEMU; pure."""
    argv = [Tool.QEMU.value, "-machine", "none", "-nodefaults", "-no-user-config",
            "-display", "none",
            "-chardev", options("socket", id="control", path=control, server="on", wait="off"),
            "-mon", "chardev=control,mode=control",
            "-netdev", netdev("router", network), "-netdev", _hubport("router"),
            "-object", options("filter-dump", id="dump", netdev="router", file=made.capture,
                               maxlen=SNAP)]
    for index in range(made.places):
        argv += ["-netdev", _plug(f"plug{index}", made.plug(index).socket),
                 "-netdev", _hubport(f"plug{index}")]
    return argv


def _hubport(name: str) -> str:
    return options("hubport", id=f"hub-{name}", hubid=0, netdev=name)


def _plug(name: str, path: Path) -> str:
    return json.dumps({"type": "stream", "id": name, "server": True,
                       "addr": {"type": "unix", "path": str(path)}})


def dhcp_leases(capture: bytes) -> dict[str, Lease]:
    """The last acknowledged lease of each MAC in a capture."""
    clients: dict[str, str] = {}
    leases: dict[str, Lease] = {}
    for message in filter(None, map(_dhcp, _frames(capture))):
        mac, kind = message[HARDWARE_ADDRESS], _option(message, MESSAGE_TYPE)
        if message[0] == REQUEST:
            clients[mac.hex(":")] = (_option(message, CLIENT_ID) or mac).hex()
        elif kind == ACK:
            address = str(IPv4Address(message[YOUR_ADDRESS]))
            leases[mac.hex(":")] = Lease(address, clients.get(mac.hex(":"), mac.hex()))
    return leases


def _frames(capture: bytes) -> Iterator[bytes]:
    at = PCAP_HEADER
    while at + PCAP_RECORD.size <= len(capture):
        kept = PCAP_RECORD.unpack_from(capture, at)[2]
        at += PCAP_RECORD.size
        yield capture[at : at + kept]
        at += kept


def _dhcp(frame: bytes) -> bytes | None:
    """The DHCP message in a frame; None for every other frame."""
    if len(frame) < ETHERNET + 20 or frame[12:14] != IPV4 or frame[ETHERNET + 9] != UDP:
        return None
    message = frame[ETHERNET + (frame[ETHERNET] & 0x0F) * 4 + UDP_HEADER :]
    return message if message[OPTIONS - 4 : OPTIONS] == DHCP_COOKIE else None


def _option(message: bytes, wanted: int) -> bytes | None:
    at = OPTIONS
    while at + 1 < len(message) and message[at] != END:
        if message[at] == PAD:
            at += 1
            continue
        if message[at] == wanted:
            return message[at + 2 : at + 2 + message[at + 1]]
        at += 2 + message[at + 1]
    return None
