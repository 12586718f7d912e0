"""The netlink reader, against generated datagrams and against this machine's own addresses."""

from __future__ import annotations

import ipaddress
import socket
import struct

import pytest

from imagegen.node.addresses import Address, all_addresses, parse, shown


def attribute(kind: int, data: bytes) -> bytes:
    padded = data + bytes(-len(data) % 4)
    return struct.pack("=HH", len(data) + 4, kind) + padded


def message(index: int, address: str, prefix: int, *more: bytes, kind: int = 20) -> bytes:
    one = ipaddress.ip_address(address)
    family = socket.AF_INET if one.version == 4 else socket.AF_INET6
    body = struct.pack("=BBBBI", family, prefix, 0, 0, index) + attribute(1, one.packed)
    body += b"".join(more)
    return struct.pack("=IHHII", len(body) + 16, kind, 2, 1, 0) + body


DONE = struct.pack("=IHHIIi", 20, 3, 2, 1, 0, 0)


def test_addresses_of_both_families() -> None:
    found: list[Address] = []
    label = attribute(3, b"kube-ipvs0\x00")
    assert parse(message(7, "10.254.0.1", 32, label) + message(2, "fd00::1", 64), found)
    assert not parse(DONE, found)
    assert [(one[0], shown(one)) for one in found] == [(7, "10.254.0.1/32"), (2, "fd00::1/64")]


def test_the_nodes_own_end_of_a_point_to_point_address() -> None:
    found: list[Address] = []
    parse(message(3, "10.0.0.2", 32, attribute(2, socket.inet_aton("10.0.0.1"))), found)
    assert shown(found[0]) == "10.0.0.1/32"


def test_other_messages_are_passed_over() -> None:
    found: list[Address] = []
    assert parse(message(3, "10.0.0.2", 32, kind=16), found)
    assert found == []


def test_an_error_is_an_error() -> None:
    with pytest.raises(OSError, match="netlink"):
        parse(struct.pack("=IHHIIi", 20, 2, 0, 1, 0, -1), [])


@pytest.mark.parametrize("data", [struct.pack("=IH50x", 0, 20), bytes(16), bytes(40),
                                  message(1, "10.0.0.1", 8)[:20]])
def test_half_a_message_is_an_error(data: bytes) -> None:
    with pytest.raises((OSError, struct.error)):
        parse(data, [])


def test_this_machine() -> None:
    found = [shown(one) for one in all_addresses()]
    assert "127.0.0.1/8" in found
