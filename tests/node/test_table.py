"""The table's rules, on the tables of the field cases H01, H02, H03, H04 and H07."""

from __future__ import annotations

import pytest

from imagegen.node.expectations import NodeSettings
from tests.node import cases
from tests.node.fake import TITLE, FakeNode

API = {"address": "10.96.0.1", "port": 443, "realServers": None}
EXACT = {**API, "realServers": ["192.0.2.11:6443"]}
SEED_API = "TCP  0AFE0001:01BB rr  \n" + "".join(
    f"  -> C0A801{n:02X}:192B      Masq    1      0          0         \n" for n in (142, 143, 144))
SEED = {"address": "10.254.0.1", "port": 443,
        "realServers": ["192.168.1.142:6443", "192.168.1.143:6443", "192.168.1.144:6443"]}


def test_the_api_service(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("api_service", API).result == "ok"
    assert fake.judge("api_service", EXACT).result == "ok"


def test_the_seeds_three_api_servers(fake: FakeNode) -> None:
    fake.table(SEED_API)
    assert fake.judge("api_service", SEED).result == "ok"


def test_one_api_server_is_missing(fake: FakeNode) -> None:
    fake.table("\n".join(line for line in SEED_API.split("\n") if "C0A8018F" not in line))
    outcome = fake.judge("api_service", SEED)
    assert outcome.result == "red"
    assert "192.168.1.143:6443 missing" in outcome.saw


def test_an_api_server_that_nobody_named(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    outcome = fake.judge("api_service", {**API, "realServers": ["192.0.2.12:6443"]})
    assert "192.0.2.12:6443 missing" in outcome.saw
    assert "192.0.2.11:6443 not expected" in outcome.saw


def test_the_node_may_name_its_own_api_servers(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    fake.settings = NodeSettings("table", ["192.0.2.11:6443"])
    assert fake.judge("api_service", SEED | {"address": "10.96.0.1"}).result == "ok"


def test_no_api_service_yet(fake: FakeNode) -> None:
    fake.table(cases.MARKS)
    outcome = fake.judge("api_service", API)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "no virtual server 10.96.0.1:443 yet; 4 virtual servers so far"


def test_the_api_service_over_udp_is_another_service(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO.replace("TCP  0A600001", "UDP  0A600001"))
    assert fake.judge("api_service", API).result == "red"


def test_an_api_service_without_real_servers(fake: FakeNode) -> None:
    fake.table("TCP  0A600001:01BB rr  \nTCP  0A600002:01BB rr  \n"
               "  -> C000020B:192B      Masq    1      3          0         \n")
    assert fake.judge("api_service", API).saw == "10.96.0.1:443 has no real servers"


def test_an_api_service_of_weight_zero_is_another_sentence(fake: FakeNode) -> None:
    fake.table("TCP  0A600001:01BB rr  \n"
               "  -> C000020B:192B      Masq    0      3          0         \n")
    assert "all real servers have weight 0" in fake.judge("api_service", API).saw


def test_an_api_server_that_drains_beside_the_named_ones(fake: FakeNode) -> None:
    fake.table("TCP  0A600001:01BB rr  \n"
               "  -> C000020B:192B      Masq    1      3          0         \n"
               "  -> C000020C:192B      Masq    0      3          0         \n")
    assert fake.judge("api_service", EXACT).result == "ok"


def test_an_ipv6_api_service(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    expect = {"address": "fd00:10:96::44", "port": 80, "realServers": ["[fd00:10:244:1::8]:8080"]}
    assert fake.judge("api_service", expect).result == "ok"


def test_another_spelling_of_an_address_is_the_same_address(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    fake.settings = NodeSettings(None, ["[fd00:10:244:1:0:0:0:8]:8080"])
    assert fake.judge("api_service", {"address": "fd00:10:96::44", "port": 80}).result == "ok"


def test_an_api_server_that_is_no_address_is_unknown(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    fake.settings = NodeSettings(None, ["api.example.org:6443"])
    assert fake.judge("api_service", API).result == "unknown"


def test_affinity_is_told_in_seconds(fake: FakeNode) -> None:
    fake.table(cases.KEEPALIVED)
    outcome = fake.judge("api_service", {"address": "192.0.2.166", "port": 41808})
    assert "session affinity 1800 s" in outcome.saw
    assert "450000" not in outcome.saw


def test_no_ip_vs_at_all_is_unknown(fake: FakeNode) -> None:
    for rule, expect in (("api_service", API), ("scheduler", {"name": "rr"}), ("endpoints", {})):
        outcome = fake.judge(rule, expect)
        assert (outcome.result, outcome.settles) == ("unknown", True)
        assert "ip_vs is not loaded" in outcome.saw


def test_h01_all_weights_zero_is_red_and_names_the_virtual_server(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    outcome = fake.judge("endpoints", {})
    assert outcome.result == "red"
    assert outcome.saw == "all real servers have weight 0: TCP 10.96.44.7:80"


def test_h01_draining_and_empty_are_not_red(fake: FakeNode) -> None:
    kept = [line for line in cases.WEIGHT_ZERO.split("\n") if "1F90" not in line]
    fake.table("\n".join(line for line in kept if "2C07" not in line))
    outcome = fake.judge("endpoints", {})
    assert outcome.result == "warning"
    assert outcome.saw == "no real servers (a Service without endpoints): TCP 10.96.61.3:8443"
    fake.table("\n".join(line for line in kept if "2C07" not in line and "3D03" not in line))
    assert fake.judge("endpoints", {}).saw == "1 draining"


def test_one_port_for_two_protocols_is_two_services(fake: FakeNode) -> None:
    dead = "  -> 0AF40108:1F90      Masq    0      0          12        \n"
    fake.table(f"TCP  0A602C07:0050 rr  \n{dead}UDP  0A602C07:0050 rr  \n{dead}")
    assert "TCP 10.96.44.7:80, UDP 10.96.44.7:80" in fake.judge("endpoints", {}).saw


def test_h02_loopback_is_a_warning_and_never_suggests_route_localnet(fake: FakeNode) -> None:
    fake.table(cases.LOOPBACK)
    outcome = fake.judge("loopback", {"allowed": False})
    assert outcome.result == "warning"
    assert "unusable in IPVS mode: TCP 127.0.0.1:31201, TCP [::1]:31201" in outcome.saw
    assert "route_localnet" not in outcome.remedy
    assert fake.judge("loopback", {"allowed": True}).result == "ok"
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("loopback", {"allowed": False}).result == "ok"


def test_h03_marks_are_not_kube_proxys(fake: FakeNode) -> None:
    fake.table(cases.MARKS)
    assert fake.judge("scheduler", {"name": "rr"}).result == "ok"
    outcome = fake.judge("forwarding", {"method": "Masq"})
    assert outcome.result == "warning"
    assert outcome.saw == "Masq without a port drops every packet: FWM 5 -> 10.244.9.12:0"


def test_a_mark_whose_digits_look_like_loopback(fake: FakeNode) -> None:
    fake.table("FWM  7F000001 rr \n")
    assert fake.judge("loopback", {"allowed": False}).result == "ok"


def test_scheduler(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("scheduler", {"name": "rr"}).result == "ok"
    fake.table(cases.WEIGHT_ZERO.replace("0A603D03:20FB rr", "0A603D03:20FB wrr"))
    outcome = fake.judge("scheduler", {"name": "rr"})
    assert outcome.saw == "1 with another scheduler: TCP 10.96.61.3:8443 wrr"


def test_forwarding(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("forwarding", {"method": "Masq"}).result == "ok"
    fake.table(cases.WEIGHT_ZERO.replace("0AF40209:1F90      Masq ", "0AF40209:0050      Route"))
    outcome = fake.judge("forwarding", {"method": "Masq"})
    assert outcome.result == "red"
    assert outcome.saw == "1 otherwise: TCP 10.96.44.7:80 -> 10.244.2.9:80 Route"


@pytest.mark.parametrize("method", ["Local", "Tunnel", "Route", "Bypass"])
def test_every_other_method_is_red(fake: FakeNode, method: str) -> None:
    fake.table("UDP  0A600001:0035 rr  \n"
               f"  -> C000020B:0035      {method:<7} 1      0          0         \n")
    assert fake.judge("forwarding", {"method": "Masq"}).result == "red"


def test_h07_the_probe_may_be_seen_once(fake: FakeNode) -> None:
    fake.table(cases.PROBE_ENTRY)
    fake.host.on_sleep = lambda: fake.table(cases.PROBE_ENTRY.split("\n", 1)[1])
    assert fake.judge("stray_probe", {}).result == "ok"
    fake.table(cases.PROBE_ENTRY)
    assert fake.judge("endpoints", {}).result == "ok"
    assert fake.judge("scheduler", {"name": "sed"}).result == "ok"


def test_h07_nothing_but_the_probe_is_no_table(fake: FakeNode) -> None:
    fake.table(cases.PROBE_ENTRY.split("\n", 1)[0] + "\n")
    assert fake.judge("api_service", API).saw.startswith("no virtual server 10.96.0.1:443 yet")
    assert fake.judge("stray_probe", {}).result == "red"
    assert fake.judge("endpoints", {}).result == "ok"


def test_a_probe_that_stays_is_red(fake: FakeNode) -> None:
    fake.table(cases.PROBE_ENTRY)
    outcome = fake.judge("stray_probe", {})
    assert outcome.result == "red"
    assert "198.51.100.0:20000 is still there" in outcome.saw


def test_one_look_at_a_dead_root_cannot_tell(fake: FakeNode) -> None:
    fake.table(cases.PROBE_ENTRY)
    fake.host.live = False
    assert fake.judge("stray_probe", {}).result == "warning"


def test_no_probe(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("stray_probe", {}).result == "ok"
    assert fake.host.clock == 0


@pytest.mark.parametrize("text", [
    b"", b"\x00" * 100, TITLE.encode(), b"TCP\n  -> \n", b"TCP  zz:zz rr \n  -> zz:zz Masq 1 0 0\n",
    b"TCP  0A600001 rr \nTCP  [::]:0050 rr \nFWM  xyz rr \n", b"\xff\xfe TCP \xff:\xff \xff\n",
    b"TCP  [12:34]:9 rr \n  -> : Masq 99999999999999999999 0 0\n",
])
def test_no_table_makes_a_rule_crash(fake: FakeNode, text: bytes) -> None:
    fake.write("/proc/net/ip_vs", text)
    fake.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    for rule, expect in (("api_service", API), ("scheduler", {"name": "rr"}), ("endpoints", {}),
                         ("forwarding", {"method": "Masq"}), ("loopback", {"allowed": False}),
                         ("stray_probe", {}), ("device", {"name": "kube-ipvs0"})):
        # judged() turns whatever a rule raises into this sentence
        assert "the check itself failed" not in fake.judge(rule, expect).saw


@pytest.mark.parametrize("scheduler", ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "sed", "nq", "fo",
                                       "ovf", "twos"])
def test_weight_zero_drains(fake: FakeNode, scheduler: str) -> None:
    fake.table(DRAINING.replace("rr", scheduler))
    outcome = fake.judge("endpoints", {})
    assert (outcome.result, outcome.saw) == ("ok", "1 draining")


@pytest.mark.parametrize("scheduler", ["mh", "sh", "dh"])
def test_r25_a_scheduler_that_hashes_refuses_its_clients(fake: FakeNode, scheduler: str) -> None:
    """ip_vs_mh.c, ip_vs_sh.c, ip_vs_dh.c: the place of a client is chosen before the weight is."""
    fake.table(DRAINING.replace("rr", scheduler))
    outcome = fake.judge("endpoints", {})
    assert outcome.result == "warning"
    assert f"TCP 10.254.0.1:443 ({scheduler})" in outcome.saw
    assert fake.judge("endpoints", {"excluded": ["10.254.0.0/16"]}).result == "ok"


DRAINING = ("TCP  0AFE0001:01BB rr  \n"
            "  -> C0A8018E:192B      Masq    1      0          0         \n"
            "  -> C0A8018F:192B      Masq    0      3          0         \n")
