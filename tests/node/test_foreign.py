"""Whose a virtual server is: cases H02, H03 and H04, external addresses, and node ports."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest

from imagegen.node.model import CannotTell
from tests.node import cases
from tests.node.fake import FakeNode
from tests.node.test_device import dressed

WHOSE: dict[str, Any] = {"ranges": ["10.96.0.0/12"], "nodePorts": "30000-32767"}
BOTH = {**WHOSE, "ranges": ["10.96.0.0/12", "fd00:10:96::/112"]}
KEEPALIVED = {**WHOSE, "excluded": ["192.0.2.166/32"]}
RULES: dict[str, dict[str, Any]] = {
    "scheduler": {"name": "rr"}, "forwarding": {"method": "Masq"}, "endpoints": {},
    "device": {"name": "kube-ipvs0"}, "flags": {"mhPort": False}}
# keepalived's, by its own scheduler, with direct routing, one packet and weight 0
ODD = """\
TCP  0A600001:01BB rr  
  -> C000020B:192B      Masq    1      0          0         
UDP  C00002A6:A350 wlc ops persistent 450000 FFFFFF00
  -> 0AF423C1:0050      Route   0      0          0         
"""  # noqa: W291  # as the kernel writes it


def packed(text: str) -> bytes:
    return ipaddress.ip_address(text).packed


def test_h04_it_is_foreign_and_told_how_to_keep_it(fake: FakeNode) -> None:
    fake.table(cases.KEEPALIVED)
    dressed(fake, "10.96.0.1", local=("192.0.2.21",))
    outcome = fake.judge("foreign", WHOSE)
    assert outcome.result == "warning"
    assert outcome.saw == ("not kube-proxy's: TCP 192.0.2.166:41808 (1); "
                           "stale or foreign: TCP 203.0.113.9:80 (1)")
    assert 'excludeCIDRs: ["192.0.2.166/32", "203.0.113.9/32"]' in outcome.remedy
    assert fake.judge("device", {"name": "kube-ipvs0", **WHOSE}).result == "ok"
    assert "450000" not in outcome.saw + outcome.remedy


def test_h04_excluded_it_is_no_warning(fake: FakeNode) -> None:
    fake.table(cases.KEEPALIVED.replace("TCP  CB007109:0050 rr  \n", ""))
    dressed(fake, "10.96.0.1")
    outcome = fake.judge("foreign", KEEPALIVED)
    assert (outcome.result, outcome.saw) == ("ok", "none")


@pytest.mark.parametrize("rule", RULES)
def test_no_other_rule_fails_the_node_for_it(fake: FakeNode, rule: str) -> None:
    fake.table(ODD)
    dressed(fake, "10.96.0.1")
    assert fake.judge(rule, RULES[rule]).result == "red"
    assert fake.judge(rule, {**RULES[rule], **WHOSE}).result == "ok"
    # the same lines on an address of the services' range are kube-proxy's to answer for
    fake.table(ODD.replace("C00002A6", "0A6002A6"))
    assert fake.judge(rule, {**RULES[rule], **WHOSE}).result == "red"


def test_h03_marks_are_a_note(fake: FakeNode) -> None:
    fake.table(cases.MARKS)
    dressed(fake, "10.96.76.40")
    outcome = fake.judge("foreign", WHOSE)
    assert (outcome.result, outcome.saw) == (
        "ok", "by mark, and so not kube-proxy's: FWM 1481, FWM 3, FWM 5 (3)")


def test_h02_node_ports_loopback_and_h07_the_probe_are_not_foreign(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK + "TCP  C6336400:4E20 rr  \n")
    dressed(fake, "10.96.0.1", "fd00:10:96::44", local=("192.0.2.21", "2001:db8::21"))
    assert fake.judge("foreign", BOTH).saw == "none"
    assert fake.judge("node_port", BOTH).saw == "2 on the node's addresses"


@pytest.mark.parametrize("name", ["KUBE-EXTERNAL-IP", "KUBE-EXTERNAL-IP-LOCAL",
                                  "KUBE-LOAD-BALANCER"])
def test_an_external_address_is_kube_proxys(fake: FakeNode, name: str) -> None:
    """On kube-ipvs0, or on another device of the node, which needs none there."""
    fake.table(cases.KEEPALIVED.replace("TCP  CB007109:0050 rr  \n", ""))
    fake.host.entries = {(name, "TCP", packed("192.0.2.166"), 41808)}
    dressed(fake, "10.96.0.1", local=("192.0.2.166",))
    for rule in ("foreign", "node_port"):
        assert fake.judge(rule, WHOSE).result == "ok"
    dressed(fake, "10.96.0.1", "192.0.2.166")
    assert fake.judge("foreign", WHOSE).result == "ok"
    dressed(fake, "10.96.0.1")
    assert fake.judge("foreign", WHOSE).result == "ok"
    device = fake.judge("device", {"name": "kube-ipvs0", **WHOSE})
    assert "without an address: 192.0.2.166" in device.saw


def test_an_external_address_of_ipv6(fake: FakeNode) -> None:
    fake.table("UDP  [2001:0db8:0000:0000:0000:0000:0000:0166]:0035 rr \n")
    dressed(fake, "10.96.0.1")
    assert '"2001:db8::166/128"' in fake.judge("foreign", BOTH).remedy
    fake.host.entries = {("KUBE-6-LOAD-BALANCER", "UDP", packed("2001:db8::166"), 53)}
    assert fake.judge("foreign", BOTH).result == "ok"


def test_a_node_port_outside_its_range(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    dressed(fake, "10.96.0.1", "fd00:10:96::44", local=("192.0.2.21", "2001:db8::21"))
    narrow = {**BOTH, "nodePorts": "30000-30100"}
    assert fake.judge("node_port", narrow).result == "ok"
    assert "192.0.2.21:31201" in fake.judge("foreign", narrow).saw
    fake.host.entries = {("KUBE-NODE-PORT-TCP", "TCP", b"", 31201)}
    outcome = fake.judge("node_port", narrow)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "node ports outside of it: TCP 192.0.2.21:31201 (1)"
    assert "192.0.2.21" not in fake.judge("foreign", narrow).saw


def test_a_node_port_of_sctp_stands_in_its_set_with_its_address(fake: FakeNode) -> None:
    fake.table("SCTP  C0000215:79E1 rr  \n")
    dressed(fake, "10.96.0.1", local=("192.0.2.21",))
    narrow = {**WHOSE, "nodePorts": "30000-30100"}
    assert fake.judge("node_port", narrow).result == "ok"
    fake.host.entries = {("KUBE-NODE-PORT-SCTP-HASH", "SCTP", packed("192.0.2.21"), 31201)}
    assert "SCTP 192.0.2.21:31201" in fake.judge("node_port", narrow).saw


def test_a_node_port_on_an_address_that_is_not_allowed(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    dressed(fake, "10.96.0.1", "fd00:10:96::44", local=("192.0.2.21", "2001:db8::21"))
    allowed = {**BOTH, "addresses": ["192.0.2.0/24"]}
    assert fake.judge("node_port", allowed).result == "ok"
    assert fake.judge("node_port", {**BOTH, "addresses": ["primary"]}).result == "ok"
    outcome = fake.judge("node_port", {**BOTH, "addresses": ["10.0.0.0/8"]})
    assert outcome.saw == "on other addresses: TCP 192.0.2.21:31201 (1)"
    six = fake.judge("node_port", {**BOTH, "addresses": ["2001:db8:1::/64"]})
    assert six.saw == "on other addresses: TCP [2001:db8::21]:31201 (1)"


def test_sets_that_cannot_be_read_are_unknown(fake: FakeNode,
                                              monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(*_: object) -> bool:
        raise CannotTell("the kernel does not tell of the ipset")

    monkeypatch.setattr(fake.host, "in_set", silent)
    fake.table(cases.KEEPALIVED)
    dressed(fake, "10.96.0.1")
    assert fake.judge("foreign", WHOSE).result == "unknown"
    fake.table(cases.WEIGHT_ZERO)
    dressed(fake, "10.96.0.1", "10.96.44.7", "10.96.90.5", "10.96.61.3")
    assert fake.judge("foreign", WHOSE).result == "ok"


def test_h01_rolling_changes_are_quiet(fake: FakeNode) -> None:
    """One real server of weight 0 among live ones, one with connections left, none at all."""
    rolling = cases.WEIGHT_ZERO.split("TCP  0A602C07")[0] + "TCP  0A605A05" + \
        cases.WEIGHT_ZERO.split("TCP  0A605A05")[1]
    fake.table(rolling)
    dressed(fake, "10.96.0.1", "10.96.90.5", "10.96.61.3")
    for rule, expect in {**RULES, "foreign": {}, "node_port": {}}.items():
        outcome = fake.judge(rule, {**expect, **WHOSE})
        assert outcome.result in ("ok", "warning"), rule
        assert outcome.result == "ok" or rule == "endpoints"


@pytest.mark.parametrize(("port", "foreign"), [(29999, True), (30000, False), (32767, False),
                                               (32768, True)])
def test_the_edges_of_the_node_ports(fake: FakeNode, port: int, foreign: bool) -> None:
    """Both ends belong to the range (kubernetes apimachinery pkg/util/net, PortRange)."""
    fake.table(f"TCP  C0000215:{port:04X} rr  \n")
    dressed(fake, "10.96.0.1", local=("192.0.2.21",))
    assert (fake.judge("foreign", WHOSE).result == "warning") is foreign
