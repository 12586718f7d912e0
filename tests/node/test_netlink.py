"""The netlink reader on bytes that lie as ip_vs_genl_fill_service and _fill_dest lay them."""

from __future__ import annotations

import socket
import struct
from collections.abc import Iterator
from typing import Any

import pyroute2.ipvs
import pytest
from pyroute2.netlink.generic.ipvs import ipvsmsg

from imagegen.node import netlink
from imagegen.node.netlink import listed

SERVICE, DEST = 1, 2
EVERY_BIT = 0xFFFFFFFF
SIX = socket.inet_pton(socket.AF_INET6, "fd00::2")
FOUR = socket.inet_aton("10.254.0.1") + bytes(12)


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + bytes(-len(data) % 4)


def message(kind: int, body: bytes) -> Any:
    nested = attribute(kind | 0x8000, body)
    told = ipvsmsg(struct.pack("=IHHIIBBH", 20 + len(nested), 30, 2, 1, 0, 1, 1, 0) + nested)
    told.decode()
    return told


def service(family: int, key: bytes, scheduler: bytes, flags: int, timeout: int,
            mask: bytes, engine: bytes = b"") -> Any:
    named = attribute(11, engine + b"\0") if engine else b""
    return message(SERVICE, attribute(1, struct.pack("=H", family)) + key + attribute(
        6, scheduler + b"\0") + named + attribute(7, struct.pack("=II", flags, EVERY_BIT))
        + attribute(8, struct.pack("=I", timeout)) + attribute(9, mask))


def place(protocol: int, address: bytes, port: int) -> bytes:
    return (attribute(2, struct.pack("=H", protocol)) + attribute(3, address)
            + attribute(4, struct.pack("!H", port)))


def dest(family: int, address: bytes, port: int, forwarding: int, weight: int) -> Any:
    """The family comes after the address that it is of."""
    return message(DEST, attribute(1, address) + attribute(2, struct.pack("!H", port)) + attribute(
        3, struct.pack("=I", forwarding)) + attribute(4, struct.pack("=I", weight)) + attribute(
        11, struct.pack("=H", family)))


class Kernel:
    """Answers a dump; for a key that it has not, it has no real servers, and no error."""

    def __init__(self, table: dict[tuple[Any, ...], tuple[Any, list[Any]]]) -> None:
        self.table = table

    def service(self, command: str) -> Iterator[Any]:
        assert command == "dump"
        return iter([told for told, _ in self.table.values()])

    def dest(self, command: str, service: Any) -> Iterator[Any]:
        assert command == "dump"
        key = dict(service.dump_key()["attrs"])
        asked = tuple(key.get(f"IPVS_SVC_ATTR_{name}")
                      for name in ("AF", "PROTOCOL", "ADDR", "PORT", "FWMARK"))
        return iter(self.table[asked][1] if asked in self.table else [])


KERNEL = Kernel({
    (2, 6, "10.254.0.1", 443, None): (
        service(2, place(6, FOUR, 443), b"rr", 0x2, 0, b"\xff" * 4),
        # the kernel's other bits of the method: no output, inactive
        [dest(2, socket.inet_aton("192.168.1.142") + bytes(12), 6443, 0x100, 1),
         dest(10, SIX, 443, 2, 0)]),
    (10, 17, "fd00::2", 53, None): (
        service(10, place(17, SIX, 53), b"sh", 0x17, 300, struct.pack("=I", 64), b"sip"),
        [dest(10, SIX, 5353, 3, 65535)]),
    (10, None, None, None, 7): (
        service(10, attribute(5, struct.pack("=I", 7)), b"mh", 0, 0, struct.pack("=I", 128)),
        [dest(10, SIX, 0, 1, 9)]),
    (2, None, None, None, 7): (
        service(2, attribute(5, struct.pack("=I", 7)), b"wlc", 0, 0, b"\xff" * 4), []),
    (2, 132, "10.254.0.1", 0, None): (
        service(2, place(132, FOUR, 0), b"wrr", 1, 10800, b"\xff\xff\xff\0"),
        [dest(2, FOUR, 1, 4, 2)]),
})


def test_the_whole_table() -> None:
    assert [(one.name, one.family, one.scheduler, one.flags, one.timeout, one.mask, one.engine,
             one.servers) for one in listed(pyroute2.ipvs, KERNEL)] == [
        ("TCP 10.254.0.1:443", "IPv4", "rr", 2, 0, b"\xff" * 4, "",
         [("192.168.1.142:6443", "Masq", 1), ("[fd00::2]:443", "Tunnel", 0)]),
        ("UDP [fd00::2]:53", "IPv6", "sh", 0x17, 300, struct.pack("=I", 64), "sip",
         [("[fd00::2]:5353", "Route", 65535)]),
        ("FWM 7", "IPv6", "mh", 0, 0, struct.pack("=I", 128), "", [("[fd00::2]:0", "Local", 9)]),
        ("FWM 7", "IPv4", "wlc", 0, 0, b"\xff" * 4, "", []),
        ("SCTP 10.254.0.1:0", "IPv4", "wrr", 1, 10800, b"\xff\xff\xff\0", "",
         [("10.254.0.1:1", "Bypass", 2)]),
    ]


class Trial:
    """pyroute2's module and its socket in one, whose kernel answers with these two."""

    def __init__(self, told: list[Any], servers: list[Any]) -> None:
        self.told, self.servers = told, servers
        self.done: list[str] = []

    def IPVS(self) -> Trial:
        return self

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_error: object) -> None:
        pass

    def IPVSService(self, **given: Any) -> dict[str, Any]:
        return given

    def IPVSDest(self, **given: Any) -> dict[str, Any]:
        return given

    def service(self, command: str, **_given: Any) -> Iterator[Any]:
        self.done.append(command)
        return iter(self.told if command == "dump" else ())

    def dest(self, command: str, **_given: Any) -> Iterator[Any]:
        return iter(self.servers if command == "dump" else ())


MADE = service(2, place(6, socket.inet_aton("198.51.100.0") + bytes(12), 20000), b"rr", 0, 0,
               b"\xff" * 4)
REAL = dest(2, socket.inet_aton("192.0.2.1") + bytes(12), 6443, 0, 1)
ROUTED = dest(2, socket.inet_aton("192.0.2.1") + bytes(12), 6443, 3, 1)


@pytest.mark.parametrize(("told", "servers", "said"), [
    ([MADE], [REAL], ""), ([], [], "other virtual servers than were made: none"),
    ([MADE, MADE], [REAL], "other virtual servers than were made: rr, rr"),
    ([MADE], [], "other real servers than were made: none"),
    ([MADE], [ROUTED], "other real servers than were made: Route")])
def test_the_trial_is_read_back(told: list[Any], servers: list[Any], said: str,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    """A kernel that takes the commands and does something else does not balance."""
    kernel = Trial(told, servers)
    monkeypatch.setattr(netlink, "load", lambda: kernel)
    assert netlink.trial("rr", ("IPv4",)).endswith(said)
    assert bool(netlink.trial("rr", ("IPv4",))) is bool(said)
    assert kernel.done[:3] == ["add", "dump", "del"]


def test_a_trial_of_another_scheduler_is_read_back(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(netlink, "load", lambda: Trial([MADE], [REAL]))
    assert netlink.trial("wlc", ("IPv4",)) == ("read back other virtual servers than were made: rr")
