"""What kube-proxy makes beside its table, by its version and family."""

from __future__ import annotations

from typing import Any

import pytest

from imagegen.knowledge.families import Family
from imagegen.knowledge.kube_ipvs import kube_rules, kube_sets
from imagegen.knowledge.kubernetes import Version
from imagegen.plan.work_out import work_out
from tests.profiles import changed, parsed

# what changed, as the sources of these versions have it
NEWER = {
    "1.21.0": ({"KUBE-HEALTH-CHECK-NODE-PORT"}, {"filter INPUT KUBE-NODE-PORT"}),
    "1.25.0": (set(), {"filter INPUT KUBE-PROXY-FIREWALL", "filter FORWARD KUBE-PROXY-FIREWALL",
                       "filter KUBE-SOURCE-RANGES-FIREWALL DROP"}),
    "1.26.0": ({"KUBE-IPVS-IPS"}, {"filter INPUT KUBE-IPVS-FILTER"}),
    "1.29.0": (set(), {"filter OUTPUT KUBE-IPVS-OUT-FILTER"}),
}


def expected(changes: dict[str, Any], fact: str) -> dict[str, Any]:
    plan = work_out(parsed(changed(changes)), b"")
    return dict(next(one for one in plan.facts if one.id == fact).proof.expect)


@pytest.mark.parametrize("version", NEWER)
def test_each_version_adds_its_own(version: str) -> None:
    now = Version.parse(version)
    before = Version(now.major, now.minor - 1, 99)
    sets, rules = NEWER[version]
    assert {one.name for one in kube_sets(now)} - {one.name for one in kube_sets(before)} == sets
    added = {one.text for one in kube_rules(now, True)} - {
        one.text for one in kube_rules(before, True)}
    assert rules <= added


def test_the_first_and_the_last() -> None:
    assert len(kube_sets(Version(1, 20, 2))) == 15
    assert len(kube_sets(Version(1, 37, 2))) == 17
    old = {one.text for one in kube_rules(Version(1, 24, 9), True)}
    assert "nat KUBE-FIREWALL KUBE-MARK-DROP" in old
    assert "nat KUBE-FIREWALL KUBE-MARK-DROP" not in {
        one.text for one in kube_rules(Version(1, 25), True)}


def test_names_of_ipv6_are_cut_at_31_characters() -> None:
    names = {one.of(Family.IPV6) for one in kube_sets(Version(1, 34, 4))}
    assert {"KUBE-6-LOAD-BALANCER-SOURCE-CID", "KUBE-6-NODE-PORT-LOCAL-SCTP-HAS"} <= names
    assert max(map(len, names)) == 31


def test_only_the_primary_family_surely_has_a_service() -> None:
    marked = "nat KUBE-SERVICES KUBE-MARK-MASQ"
    dual = {"cluster.serviceCIDR": "10.96.0.0/16,fd00:10:96::/112",
            "cluster.podCIDR": "10.244.0.0/16,fd00:10:244::/56"}
    assert marked in expected(dual, "ipvs.chains.IPv4")["rules"]
    assert marked not in expected(dual, "ipvs.chains.IPv6")["rules"]


@pytest.mark.parametrize(("changes", "told"), [
    ({}, {"tcp": 900, "tcpfin": 120, "udp": 300}),
    ({"kubeProxy.config.ipvs.tcpTimeout": "2h"}, {"tcp": 7200, "tcpfin": 120, "udp": 300}),
    ({"kubeProxy.config.ipvs.udpTimeout": "0s", "kubeProxy.config.ipvs.tcpFinTimeout": "90s"},
     {"tcp": 900, "tcpfin": 90, "udp": 300}),
])
def test_timeouts_are_the_profiles_or_the_kernels(changes: dict[str, Any],
                                                  told: dict[str, int]) -> None:
    assert expected(changes, "ipvs.timeouts") == told


@pytest.mark.parametrize(("version", "scheduler", "told"), [
    ("1.34.4", "mh", True), ("1.34.4", "rr", False), ("1.34.4", "sh", False)])
def test_mh_has_its_flag(version: str, scheduler: str, told: bool) -> None:
    changes = {"os.release": "13", "kubeProxy.version": version,
               "kubeProxy.config.ipvs.scheduler": scheduler}
    assert expected(changes, "ipvs.flags")["mhPort"] is told


def test_node_ports_know_their_range_and_addresses() -> None:
    told = expected({"cluster.nodePortRange": "20000-40000",
                     "kubeProxy.config.nodePortAddresses": ["192.0.2.0/24"]}, "ipvs.node-ports")
    assert (told["nodePorts"], told["addresses"]) == ("20000-40000", ["192.0.2.0/24"])


def test_nftables_mode_asks_for_nothing_of_it() -> None:
    plan = work_out(parsed(changed({"kubeProxy.version": "1.34.4",
                                    "kubeProxy.config.mode": "nftables"})), b"")
    assert not [fact.id for fact in plan.facts if fact.id.startswith("ipvs.")]
