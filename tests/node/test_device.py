"""kube-ipvs0 and the table: each has what the other has."""

from __future__ import annotations

import ipaddress

from tests.node import cases
from tests.node.fake import FakeNode

DEVICE = {"name": "kube-ipvs0"}


def address(index: int, text: str) -> tuple[int, int, bytes, int]:
    one = ipaddress.ip_address(text)
    return index, 2 if one.version == 4 else 10, one.packed, one.max_prefixlen


def dressed(fake: FakeNode, *carried: str, local: tuple[str, ...] = ()) -> None:
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    fake.host.local = [address(7, one) for one in carried] + [address(2, one) for one in local]


def test_both_agree(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    dressed(fake, "10.96.0.1", "10.96.44.7", "10.96.90.5", "10.96.61.3", "fe80::1")
    outcome = fake.judge("device", DEVICE)
    assert (outcome.result, outcome.saw) == ("ok", "5 addresses")


def test_no_device(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    outcome = fake.judge("device", DEVICE)
    assert (outcome.result, outcome.saw) == ("red", "there is no device kube-ipvs0")


def test_an_address_is_gone(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    dressed(fake, "10.96.0.1", "10.96.44.7", "10.96.90.5")
    assert "without an address: 10.96.61.3 (1)" in fake.judge("device", DEVICE).saw


def test_a_virtual_server_is_gone(fake: FakeNode) -> None:
    fake.table("")
    dressed(fake, "10.96.0.1")
    assert "without a virtual server: 10.96.0.1 (1)" in fake.judge("device", DEVICE).saw


def test_h02_node_ports_and_loopback_need_no_address_there(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    dressed(fake, "10.96.0.1", "fd00:10:96::44", local=("192.0.2.21", "2001:db8::21"))
    assert fake.judge("device", DEVICE).result == "ok"
    dressed(fake, "10.96.0.1", local=("192.0.2.21", "2001:db8::21"))
    assert "fd00:10:96::44" in fake.judge("device", DEVICE).saw


def test_h03_marks_and_h07_the_probe_have_no_address(fake: FakeNode) -> None:
    fake.table(cases.MARKS)
    dressed(fake, "10.96.76.40")
    assert fake.judge("device", DEVICE).result == "ok"
    fake.table(cases.PROBE_ENTRY)
    dressed(fake, "10.96.0.1")
    assert fake.judge("device", DEVICE).result == "ok"


def test_h04_outside_the_known_ranges_is_somebody_elses(fake: FakeNode) -> None:
    fake.table(cases.KEEPALIVED)
    dressed(fake, "10.96.0.1")
    assert "192.0.2.166, 203.0.113.9 (2)" in fake.judge("device", DEVICE).saw
    assert fake.judge("device", {**DEVICE, "ranges": ["10.96.0.0/12"]}).result == "ok"
