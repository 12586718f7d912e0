"""Virtual servers within excludeCIDRs are somebody else's, and all others are judged as ever."""

from __future__ import annotations

import ipaddress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegen.node.ranges import within
from tests.node.fake import FakeNode
from tests.node.test_device import dressed

# keepalived's in front of the API servers, of both families, beside one of kube-proxy's
TABLE = """\
TCP  0A600001:01BB rr 
  -> C000020B:192B      Masq    1      0          0         
TCP  C00002A6:192B wlc 
  -> C000020B:192B      Route   1      0          0         
TCP  C00002A6:1F90 wlc 
  -> C000020B:1F90      Route   0      0          0         
TCP  C00002A6:1F91 wlc 
TCP  [2001:0db8:0000:0000:0000:0000:0000:0166]:192B wlc 
  -> [2001:0db8:0000:0000:0000:0000:0000:000b]:192B      Tunnel  1      0          0         
"""  # noqa: W291  # as the kernel writes it
ALL = ["192.0.2.166/32", "2001:db8::/64"]
RULES: dict[str, dict[str, Any]] = {
    "scheduler": {"name": "rr"}, "forwarding": {"method": "Masq"}, "endpoints": {},
    "device": {"name": "kube-ipvs0"}}


@pytest.fixture
def node(fake: FakeNode) -> FakeNode:
    fake.table(TABLE)
    dressed(fake, "10.96.0.1")
    return fake


@pytest.mark.parametrize("rule", RULES)
def test_within_the_ranges_it_is_no_fault(node: FakeNode, rule: str) -> None:
    assert node.judge(rule, RULES[rule]).result == "red"
    assert node.judge(rule, {**RULES[rule], "excluded": ALL}).result == "ok"


@pytest.mark.parametrize(("rule", "left", "seen"), [
    ("scheduler", "2001:db8::/64", "192.0.2.166:6443"),
    ("scheduler", "192.0.2.166/32", "[2001:db8::166]:6443"),
    ("forwarding", "192.0.2.166/32", "Tunnel"), ("forwarding", "2001:db8::/64", "Route"),
    ("endpoints", "2001:db8::/64", "192.0.2.166:8080"),
    ("device", "192.0.2.166/32", "2001:db8::166"), ("device", "2001:db8::/64", "192.0.2.166"),
])
def test_outside_of_them_it_is_told_as_ever(node: FakeNode, rule: str, left: str,
                                            seen: str) -> None:
    outcome = node.judge(rule, {**RULES[rule], "excluded": [left]})
    assert outcome.result == "red"
    assert seen in outcome.saw


def test_one_without_real_servers_is_not_even_warned_of(fake: FakeNode) -> None:
    fake.table("TCP  C00002A6:1F91 wlc \n")
    assert fake.judge("endpoints", {}).result == "warning"
    assert fake.judge("endpoints", {"excluded": ALL}).result == "ok"


def test_the_api_service_is_never_excluded(node: FakeNode) -> None:
    api = {"address": "10.96.0.1", "port": 443}
    assert node.judge("api_service", api).result == "ok"


@pytest.mark.parametrize("line", ["", "  -> 0AF4020B:0050      Tunnel  0      0          0\n"])
def test_a_mark_is_never_kube_proxys(fake: FakeNode, line: str) -> None:
    fake.table(f"FWM  000005C9 rr ops \n{line}")
    for rule in ("endpoints", "scheduler", "forwarding"):
        assert fake.judge(rule, {**RULES[rule], "excluded": ["0.0.0.0/0"]}).result == "ok"
    assert fake.judge("flags", {"mhPort": False}).result == "ok"


@given(st.ip_addresses(), st.ip_addresses(), st.integers(0, 128))
def test_ranges_are_those_of_the_standard_library(
    one: ipaddress.IPv4Address, other: ipaddress.IPv4Address, length: int,
) -> None:
    network = ipaddress.ip_network(f"{other}/{min(length, other.max_prefixlen)}", strict=False)
    assert within(one.packed, [str(network)]) == (one.version == network.version
                                                  and one in network)
    assert within(other.packed, [str(network)])
