"""nftables mode's own rules: the API service in kube-proxy's table, and nothing of IPVS mode."""

from __future__ import annotations

from typing import Any

import pytest

from imagegen.node.expectations import NodeSettings
from imagegen.node.model import Outcome
from tests.node import cases
from tests.node.fake import FakeNode

API: dict[str, Any] = {"address": "10.254.0.1", "port": 443, "realServers": None}
SIX: dict[str, Any] = {"address": "fd00:10:96::1", "port": 443, "realServers": None}
SERVERS = ("192.168.1.142:6443", "192.168.1.143:6443")
# nft 1.0.6 on a booted node: numbers for protocols where /etc/protocols is missing
MAP = """\
table ip kube-proxy {
\tmap service-ips {
\t\ttype ipv4_addr . inet_proto . inet_service : verdict
\t\telements = { 10.254.0.1 . 6 . 443 : goto service-2QRHZV4L-default/kubernetes/tcp/https }
\t}
}
"""
CHAIN = """\
table ip kube-proxy {
\tchain service-2QRHZV4L-default/kubernetes/tcp/https {
\t\tip daddr 10.254.0.1 ip saddr != 172.30.0.0/16 jump mark-for-masquerade
\t\tnumgen random mod 2 vmap { 0 : goto endpoint-MEVLOURE-default/kubernetes/tcp/https__\
192.168.1.142/6443, 1 : goto endpoint-7KO5RP5J-default/kubernetes/tcp/https__192.168.1.143/6443 }
\t}
}
"""
GONE = (1, "Error: No such file or directory\nget element ip kube-proxy service-ips {…}\n")
ELEMENT = "nft get element {} kube-proxy service-ips {{ {} . tcp . 443 }}"
SERVICE = "service-2QRHZV4L-default/kubernetes/tcp/https"


def answers(fake: FakeNode, table: str = MAP, chain: str = CHAIN, family: str = "ip",
            address: str = "10.254.0.1") -> None:
    fake.host.programs |= {
        "nft list tables": (0, f"table {family} kube-proxy\ntable inet filter\n"),
        ELEMENT.format(family, address): (0, table),
        f"nft list chain {family} kube-proxy {SERVICE}": (0, chain),
    }


def api(fake: FakeNode, **expect: Any) -> Outcome:
    return fake.judge("nft_service", API | expect)


def test_the_api_service_is_there(fake: FakeNode) -> None:
    answers(fake)
    assert (api(fake).result, api(fake).saw) == ("ok", ", ".join(SERVERS))
    assert api(fake, realServers=list(reversed(SERVERS))).result == "ok"


@pytest.mark.parametrize(("named", "saw"), [
    ((*SERVERS, "192.168.1.144:6443"), "192.168.1.144:6443 missing"),
    (SERVERS[:1], "192.168.1.143:6443 not expected"),
])
def test_the_named_servers_and_no_others(fake: FakeNode, named: tuple[str, ...], saw: str) -> None:
    answers(fake)
    outcome = api(fake, realServers=list(named))
    assert (outcome.result, outcome.saw, outcome.settles) == ("red", saw, True)
    fake.settings = NodeSettings(None, list(SERVERS))
    assert api(fake, realServers=list(named)).result == "ok"


def test_session_affinity_makes_other_rules(fake: FakeNode) -> None:
    rule = ("ip saddr @affinity-MEVLOURE-default/kubernetes/tcp/https__192.168.1.142/6443 goto "
            "endpoint-MEVLOURE-default/kubernetes/tcp/https__192.168.1.142/6443\n")
    answers(fake, chain=CHAIN.replace("\t\tnumgen", f"\t\t{rule}\t\tnumgen"))
    assert api(fake).saw == ", ".join(SERVERS)


def test_ipv6_names_have_dots_for_colons(fake: FakeNode) -> None:
    chain = CHAIN.replace("192.168.1.", "2001.db8..")
    answers(fake, MAP.replace("10.254.0.1", "fd00:10:96::1"), chain, "ip6", "fd00:10:96::1")
    named = {"realServers": ["[2001:db8::142]:6443", "[2001:0db8::143]:6443"]}
    found = fake.judge("nft_service", SIX | named)
    assert (found.result, found.saw) == ("ok", "[2001:db8::142]:6443, [2001:db8::143]:6443")
    # the other family's table is not this one's
    assert "there is no table ip kube-proxy" in api(fake).saw


def test_no_table(fake: FakeNode) -> None:
    fake.host.programs["nft"] = (0, "table inet filter\n")
    outcome = api(fake)
    assert (outcome.result, outcome.saw) == ("red", "there is no table ip kube-proxy")


def test_no_service(fake: FakeNode) -> None:
    answers(fake)
    fake.host.programs[ELEMENT.format("ip", "10.254.0.1")] = GONE
    assert api(fake).saw == "the map service-ips does not hold 10.254.0.1 . tcp . 443"
    answers(fake, chain="table ip kube-proxy {\n\tchain x {\n\t}\n}\n")
    assert api(fake).saw == "the API service has no endpoints"


def test_nft_cannot_be_asked(fake: FakeNode) -> None:
    assert (api(fake).result, api(fake).saw) == ("unknown", "nft cannot be run")
    fake.host.programs["nft"] = (1, "Operation not permitted (you must be root)\n")
    assert api(fake).result == "unknown"
    assert "Operation not permitted" in api(fake).saw


RANGES = {"ranges": ["10.96.0.0/12", "fd00:10:96::/108"]}


def test_nothing_of_ipvs(fake: FakeNode) -> None:
    assert fake.judge("ipvs_absent", RANGES).saw == "the kernel has no IPVS loaded"
    fake.table("")
    assert (outcome := fake.judge("ipvs_absent", RANGES)).result == "ok", outcome.saw
    assert outcome.saw == "no virtual servers"


def test_the_device_was_left(fake: FakeNode) -> None:
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    outcome = fake.judge("ipvs_absent", RANGES)
    assert (outcome.result, "kube-ipvs0" in outcome.saw) == ("red", True)


def test_virtual_servers_were_left(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    outcome = fake.judge("ipvs_absent", RANGES)
    assert outcome.result == "red"
    assert outcome.saw.startswith("virtual servers of service addresses: TCP 10.96.0.1:443, ")


def test_somebody_elses_virtual_servers_may_be_there(fake: FakeNode) -> None:
    fake.table(cases.MARKS)
    outcome = fake.judge("ipvs_absent", {"ranges": ["10.254.0.0/16"]})
    assert (outcome.result, "of somebody else: " in outcome.saw) == ("warning", True)
