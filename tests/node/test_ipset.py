"""A set of one family, and what the kernel's answers mean."""

from __future__ import annotations

import errno
import struct

import pytest

from imagegen.node import ipset
from tests.node.fake import FakeNode

SIX = {"name": "KUBE-6-CLUSTER-IP", "family": "IPv6"}


def test_it_is_there(fake: FakeNode) -> None:
    fake.host.sets["KUBE-6-CLUSTER-IP"] = "IPv6"
    assert fake.judge("ipset", SIX).result == "ok"


def test_it_is_not_there_yet(fake: FakeNode) -> None:
    fake.host.sets["KUBE-CLUSTER-IP"] = "IPv4"
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "there is no ipset KUBE-6-CLUSTER-IP"


def test_it_is_of_another_family(fake: FakeNode) -> None:
    fake.host.sets["KUBE-6-CLUSTER-IP"] = "IPv4"
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.saw) == ("red", "KUBE-6-CLUSTER-IP is of IPv4")


def message(kind: int, body: bytes) -> bytes:
    size = ipset.HEADER.size + len(body)
    return ipset.HEADER.pack(size, kind, 0, 1, 0) + body


def attribute(kind: int, data: bytes) -> bytes:
    size = 4 + len(data)
    return struct.pack("=HH", size, kind) + data + bytes(-size % 4)


@pytest.mark.parametrize(("number", "family"), [(2, "IPv4"), (10, "IPv6"), (0, "none")])
def test_the_family_is_read_from_the_sets_head(number: int, family: str) -> None:
    head = ipset.FIRST.pack(2, 0, 0) + attribute(1, b"\x06") + attribute(2, b"KUBE-6-CLUSTER-IP\0")
    data = head + attribute(3, b"hash:ip,port\0") + attribute(5, bytes([number]))
    assert ipset.answer(message(0x60C, data)) == family


def test_no_set_and_no_leave() -> None:
    assert ipset.answer(message(2, struct.pack("=i", -errno.ENOENT))) is None
    with pytest.raises(OSError, match="not permitted"):
        ipset.answer(message(2, struct.pack("=i", -errno.EPERM)))


def test_a_request_holds_the_name_whole() -> None:
    asked = ipset.request("KUBE-6-CLUSTER-IP")
    assert struct.unpack_from("=I", asked)[0] == len(asked)
    assert b"KUBE-6-CLUSTER-IP\0" in asked
    assert len(asked) % 4 == 0
