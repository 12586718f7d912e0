"""Session affinity from the kernel's messages, as pyroute2 decodes them.

Their attributes: include/uapi/linux/ip_vs.h, IPVS_SVC_ATTR_*.
"""

from __future__ import annotations

import socket
import struct
from collections.abc import Callable
from contextlib import nullcontext
from types import SimpleNamespace

import pytest
from pyroute2.netlink.generic.ipvs import ipvsmsg

from imagegen.node import ipvs_services


def attribute(kind: int, data: bytes) -> bytes:
    return struct.pack("=HH", 4 + len(data), kind) + data + b"\0" * (-len(data) % 4)


def number(kind: int, value: int, form: str = "=I") -> bytes:
    return attribute(kind, struct.pack(form, value))


def message(who: bytes, flags: int, seconds: int) -> object:
    service = (who + attribute(6, b"rr\0") + attribute(7, struct.pack("=II", flags, 0xFFFFFFFF))
               + number(8, seconds))
    body = struct.pack("=BBH", 4, 1, 0) + attribute(1 | 0x8000, service)
    made = ipvsmsg(struct.pack("=IHHII", 16 + len(body), 0x20, 0, 1, 1) + body)
    made.decode()
    return made


def address(family: int, protocol: int, text: str, port: int) -> bytes:
    packed = socket.inet_pton(family, text)
    return (number(1, family, "=H") + number(2, protocol, "=H")
            + attribute(3, packed + bytes(16 - len(packed))) + number(4, port, ">H"))


def test_those_that_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        message(address(socket.AF_INET, 6, "10.254.0.1", 443), 3, 600),
        message(address(socket.AF_INET, 132, "10.254.0.2", 9), 2, 0),
        message(address(socket.AF_INET6, 17, "fd00::1", 53), 0x13, 10800),
        message(number(1, socket.AF_INET, "=H") + number(5, 7), 3, 60)]
    dump: Callable[[str], list[object]] = lambda _: found  # noqa: E731
    monkeypatch.setattr(ipvs_services, "load", lambda: None)
    monkeypatch.setattr(ipvs_services, "opened",
                        lambda _: nullcontext(SimpleNamespace(service=dump)))
    assert ipvs_services.affinities() == {
        (b"TCP", b"0AFE0001:01BB"): 600,
        (b"UDP", b"[fd00:0000:0000:0000:0000:0000:0000:0001]:0035"): 10800}
