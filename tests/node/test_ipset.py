"""kube-proxy's ipsets: their types, how many entries, and what the kernel's answers mean."""

from __future__ import annotations

import errno
import ipaddress
import struct

import pytest

from imagegen.node import ipset
from imagegen.node.generic import HEADER, attribute, attributes
from imagegen.node.ipset import Set
from tests.node import cases
from tests.node.fake import FakeNode

SIX = {"family": "IPv6", "sets": ["KUBE-6-CLUSTER-IP hash:ip,port",
                                  "KUBE-6-NODE-PORT-TCP bitmap:port"]}
PORTS = Set("bitmap:port", "none", 0)
ENTRIES = {"name": "KUBE-CLUSTER-IP", "family": "IPv4", "ranges": ["10.96.0.0/12"]}


def test_they_are_there(fake: FakeNode) -> None:
    fake.host.heads = {"KUBE-6-CLUSTER-IP": Set("hash:ip,port", "IPv6", 1),
                       "KUBE-6-NODE-PORT-TCP": PORTS, "other": PORTS}
    assert fake.judge("ipset", SIX).result == "ok"


def test_one_is_not_there_yet(fake: FakeNode) -> None:
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4", 1),
                       "KUBE-6-NODE-PORT-TCP": PORTS}
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "there is no ipset KUBE-6-CLUSTER-IP"


@pytest.mark.parametrize(("wrong", "said"), [
    (Set("hash:ip,port", "IPv4", 1), "KUBE-6-CLUSTER-IP is hash:ip,port of IPv4"),
    (Set("hash:ip", "IPv6", 1), "KUBE-6-CLUSTER-IP is hash:ip of IPv6"),
])
def test_one_is_another(fake: FakeNode, wrong: Set, said: str) -> None:
    fake.host.heads = {"KUBE-6-CLUSTER-IP": wrong, "KUBE-6-NODE-PORT-TCP": PORTS}
    outcome = fake.judge("ipset", SIX)
    assert (outcome.result, outcome.saw) == ("red", said)


def test_as_many_entries_as_services(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO + cases.LOOPBACK.split("\n", 2)[2])
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4", 4)}
    assert fake.judge("ipset_entries", ENTRIES).saw == "4 entries"
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4", 0)}
    outcome = fake.judge("ipset_entries", ENTRIES)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert "0 entries in KUBE-CLUSTER-IP, 4 virtual servers" in outcome.saw


def test_entries_of_ipv6_and_of_an_old_kernel(fake: FakeNode) -> None:
    six = {"name": "KUBE-6-CLUSTER-IP", "family": "IPv6", "ranges": ["fd00:10:96::/112"]}
    fake.table(cases.LOOPBACK)
    assert fake.judge("ipset_entries", six).saw == "there is no ipset KUBE-6-CLUSTER-IP"
    for count in (1, None):
        fake.host.heads = {"KUBE-6-CLUSTER-IP": Set("hash:ip,port", "IPv6", count)}
        assert fake.judge("ipset_entries", six).result == "ok"


def test_what_is_excluded_is_not_in_the_set(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4", 3)}
    assert fake.judge("ipset_entries", ENTRIES).result == "red"
    assert fake.judge("ipset_entries", {**ENTRIES, "excluded": ["10.96.44.7/32"]}).result == "ok"


def message(kind: int, body: bytes) -> bytes:
    size = HEADER.size + len(body)
    return HEADER.pack(size, kind, 0, 1, 0) + body + bytes(-size % 4)


@pytest.mark.parametrize(("number", "family"), [(2, "IPv4"), (10, "IPv6"), (0, "none")])
def test_a_head_is_read(number: int, family: str) -> None:
    data = attribute(18, bytes(4)) + attribute(24 | 0x4000, struct.pack("!I", 7))
    head = ipset.FIRST.pack(2, 0, 0) + attribute(1, b"\x06") + attribute(2, b"KUBE-6-CLUSTER-IP\0")
    head += attribute(3, b"hash:ip,port\0") + attribute(5, bytes([number]))
    found: dict[str, Set] = {}
    assert ipset.collected(message(0x607, head + attribute(7 | 0x8000, data)) * 2, found)
    one = found["KUBE-6-CLUSTER-IP"]
    assert (one.type, one.family, one.entries) == ("hash:ip,port", family, 7)
    assert not ipset.collected(message(3, bytes(4)), found)
    assert len(found) == 1


@pytest.mark.parametrize("body", [b"", bytes(4), attribute(5, b""), attribute(7, b"\x01")])
def test_a_head_without_its_parts_is_no_crash(body: bytes) -> None:
    found: dict[str, Set] = {}
    ipset.collected(message(0x607, ipset.FIRST.pack(2, 0, 0) + body), found)
    assert found[""].entries is None


@pytest.mark.parametrize(("code", "said"), [(0, True), (-4103, False), (-errno.ENOENT, False)])
def test_a_test_of_an_entry(code: int, said: bool) -> None:
    assert ipset.answer(message(2, struct.pack("=i", code))) is said


def test_no_leave_is_no_answer() -> None:
    with pytest.raises(OSError, match="not permitted"):
        ipset.answer(message(2, struct.pack("=i", -errno.EPERM)))


@pytest.mark.parametrize("address", ["192.0.2.166", "2001:db8::166"])
def test_a_request_holds_the_entry_in_the_networks_order(address: str) -> None:
    packed = ipaddress.ip_address(address).packed
    asked = ipset.request("KUBE-EXTERNAL-IP", "UDP", packed, 0x1F90)
    assert b"KUBE-EXTERNAL-IP\0" in asked and packed in asked
    assert b"\x1f\x90" in asked and b"\x11" in asked
    assert len(asked) % 4 == 0


def test_a_set_of_ports_is_asked_for_a_port_and_no_more() -> None:
    """Its type has no other attribute, and the kernel takes none (IPSET_ERR_PROTOCOL)."""
    asked = ipset.request("KUBE-NODE-PORT-TCP", "TCP", b"", 0x1F90)
    assert attributes(attributes(asked)[7]) == {4: b"\x1f\x90"}
