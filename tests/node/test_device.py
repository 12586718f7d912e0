"""kube-ipvs0 and the table: each has what the other has."""

# ruff: noqa: W291

from __future__ import annotations

import ipaddress

import pytest

from imagegen.node.expectations import NodeSettings
from imagegen.node.judge import judged
from imagegen.node.model import Outcome
from tests.node import cases
from tests.node.fake import FakeNode, fact

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


OWNED = {"name": "kube-ipvs0", "api": "10.254.0.1:443", "ranges": ["10.254.0.0/16"]}
# a Service with an externalIP, beside the API's own
OWNERS_TABLE = """\
TCP  0AFE0001:01BB rr  
  -> C0A8018E:192B      Masq    1      0          0         
TCP  {address}:0050 rr  
  -> AC1E5A04:1F90      Masq    1      0          0         
"""


def owned(fake: FakeNode, text: str, *others: tuple[int, str, int]) -> Outcome:
    """Judge a node whose kube-ipvs0 carries the address; `others`: device, address, prefix."""
    packed = ipaddress.ip_address(text).packed
    fake.table(OWNERS_TABLE.replace("{address}", packed.hex().upper()))
    dressed(fake, "10.254.0.1", text)
    fake.write("/sys/class/net/eth0/ifindex", "2\n")
    fake.write("/sys/class/net/lo/ifindex", "1\n")
    fake.host.local += [(index, 2, ipaddress.ip_address(one).packed, prefix)
                        for index, one, prefix in ((2, "192.168.1.145", 24), *others)]
    return fake.judge("device", OWNED)


def test_an_external_address_of_its_own_is_right(fake: FakeNode) -> None:
    assert owned(fake, "203.0.113.7").result == "ok"


def test_r24_an_api_servers_address(fake: FakeNode) -> None:
    """192.168.1.142 is a real server of the API's service."""
    outcome = owned(fake, "192.168.1.142")
    assert outcome.result == "red"
    assert "192.168.1.142 is an API server's address" in outcome.saw
    assert "externalIPs" in outcome.remedy and not outcome.remedy.startswith("Restart")


@pytest.mark.parametrize("server", ["192.168.1.143:6443", "[2001:db8::5]:6443"])
def test_r24_an_api_server_that_the_profile_or_the_seed_names(fake: FakeNode, server: str) -> None:
    carried = server.rpartition(":")[0].strip("[]")
    dressed(fake, "10.254.0.1", carried)
    fake.table("TCP  0AFE0001:01BB rr  \n")
    asked = fact("device", dict(OWNED))
    named = fact("api_service", {"address": "10.254.0.1", "port": 443, "realServers": [server]})
    assert "is an API server's" in judged(asked, fake.node("table", [asked, named])).saw
    fake.settings = NodeSettings(None, [server])
    assert "is an API server's address" in fake.judge("device", OWNED).saw


def test_r24_the_nodes_own_address(fake: FakeNode) -> None:
    outcome = owned(fake, "192.168.1.145")
    assert (outcome.result, outcome.saw) == (
        "red", "192.168.1.145 is the node's own address, of eth0")
    assert "externalIPs" in outcome.remedy


def test_r24_an_address_that_another_device_has_too(fake: FakeNode) -> None:
    outcome = owned(fake, "203.0.113.7", (2, "203.0.113.7", 32))
    assert (outcome.result, outcome.saw) == ("red", "203.0.113.7 is on eth0 as well")
    # up to 1.26 kube-proxy itself binds it
    fake.kube_proxy = {"version": "1.20.2"}
    assert owned(fake, "203.0.113.7", (2, "203.0.113.7", 32)).result == "warning"
    fake.kube_proxy = {"version": "1.27.0"}
    assert owned(fake, "203.0.113.7", (2, "203.0.113.7", 32)).result == "red"


def test_r24_a_services_address_on_another_device(fake: FakeNode) -> None:
    """A node-local DNS cache that is set up for iptables mode, for one."""
    outcome = owned(fake, "10.254.0.10", (1, "10.254.0.10", 32))
    assert outcome.result == "red"
    assert "`ip address del 10.254.0.10/32 dev lo`" in outcome.remedy


def test_r24_the_router(fake: FakeNode) -> None:
    fake.write("/proc/net/route", "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t"
               "MTU\tWindow\tIRTT\neth0\t00000000\t0101A8C0\t0003\t0\t0\t0\t00000000\t0\t0\t0\n")
    assert owned(fake, "203.0.113.7").result == "ok"
    outcome = owned(fake, "192.168.1.1")
    assert (outcome.result, outcome.saw) == (
        "red", "192.168.1.1 is the address of this node's router")


def test_r24_a_real_server(fake: FakeNode) -> None:
    """172.30.90.4 is a pod, or another node that is named in externalIPs."""
    outcome = owned(fake, "172.30.90.4")
    assert outcome.result == "warning"
    assert "172.30.90.4 is a real server's address" in outcome.saw
