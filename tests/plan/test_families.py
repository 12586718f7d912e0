"""What a second family adds to the plan, and that an IPv4 plan has nothing of it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.plan.facts import Fact, Line
from imagegen.plan.kernel import MODULES_LOAD, SYSCTLS
from imagegen.plan.kubeproxy import config_document
from imagegen.plan.work_out import work_out
from tests.profile.test_families import DUAL, SIX, SIX_FIRST
from tests.profiles import changed, parsed

OF_IPV6 = ["module.ipv6", "package.ip6tables", "sysctl.net.ipv6.conf.all.disable_ipv6",
           "sysctl.net.ipv6.conf.all.forwarding", "sysctl.net.ipv6.conf.default.disable_ipv6"]


def facts(changes: dict[str, Any]) -> dict[str, Fact]:
    return {fact.id: fact for fact in work_out(parsed(changed(changes)), b"").facts}


@pytest.mark.parametrize("ranges", [DUAL, SIX, SIX_FIRST])
def test_ipv6_services_need_more_of_the_node(ranges: dict[str, Any]) -> None:
    plain, more = facts({}), facts(ranges)
    assert set(OF_IPV6) == {name for name in set(more) - set(plain) if name.split(".")[0] != "ipvs"}
    assert {name for name in plain if not name.endswith(".IPv4")} <= set(more)
    assert more["sysctl.net.ipv6.conf.all.forwarding"].baked == Line(
        SYSCTLS, "net.ipv6.conf.all.forwarding = 1")
    assert more["module.ipv6"].baked == Line(MODULES_LOAD, "ipv6")
    assert more["package.ip6tables"].proof.expect == {
        "name": "iptables", "tool": "/usr/sbin/ip6tables", "minimum": None}


def test_an_ipv4_plan_has_nothing_of_ipv6() -> None:
    """But the recipe's own bridge-nf-call-ip6tables."""
    plan = facts({"cluster.podCIDR": "10.244.0.0/16,fd00:10:244::/56"})
    assert [name for name in plan if "6" in name and "ip6tables" not in name] == []


def test_nftables_mode_needs_no_ip6tables() -> None:
    nft = facts(DUAL | {"kubeProxy.config.mode": "nftables", "os.release": "13"})
    assert "package.ip6tables" not in nft
    assert {name for name in OF_IPV6 if not name.startswith("package.")} <= set(nft)


@pytest.mark.parametrize(("ranges", "api"), [
    ({}, "10.96.0.1"), (DUAL, "10.96.0.1"), (SIX, "fd00:10:96::1"), (SIX_FIRST, "fd00:10:96::1")])
def test_the_api_service_is_looked_for_in_the_primary_family(ranges: dict[str, Any],
                                                             api: str) -> None:
    assert facts(ranges)["ipvs.api-service"].proof.expect["address"] == api


@pytest.mark.parametrize(("changes", "health"), [
    ({}, "0.0.0.0:10256"), (DUAL, "[::]:10256"), (SIX, "[::]:10256"),
    (DUAL | {"kubeProxy.config.healthzBindAddress": "0.0.0.0:10256"}, "0.0.0.0:10256"),
    (SIX | {"kubeProxy.config.healthzBindAddress": "[::1]:10256"}, "[::1]:10256")])
def test_health_is_told_to_every_family(changes: dict[str, Any], health: str) -> None:
    told = yaml.safe_load(config_document(parsed(changed(changes))))
    assert told["healthzBindAddress"] == health


@pytest.mark.parametrize("ranges", [DUAL, SIX, SIX_FIRST])
def test_the_pods_ranges_are_clustercidr_in_their_order(ranges: dict[str, Any]) -> None:
    told = yaml.safe_load(config_document(parsed(changed(ranges))))
    assert told["clusterCIDR"] == ranges["cluster.podCIDR"]


def test_the_table_is_asked_for_each_family() -> None:
    dual, six = facts(DUAL), facts(SIX)
    for kind in ("sets", "set-entries", "chains"):
        asked = {family: f"ipvs.{kind}.{family}" for family in ("IPv4", "IPv6")}
        assert {dual[name].proof.expect["family"] for name in asked.values()} == set(asked)
        assert asked["IPv6"] in six and asked["IPv4"] not in six
    for name in ("ipvs.probe", "ipvs.sync"):
        assert dual[name].proof.expect["families"] == ["IPv4", "IPv6"]
        assert six[name].proof.expect["families"] == ["IPv6"]
        assert "families" not in facts({})[name].proof.expect


@pytest.mark.parametrize(("version", "told"), [("1.32.9", {}), ("1.33.0", {"families": ["IPv6"]})])
def test_metrics_are_told_apart_from_1_33_on(version: str, told: dict[str, Any]) -> None:
    assert facts(SIX | {"kubeProxy.version": version})["ipvs.sync"].proof.expect == told


def test_excluded_ranges_reach_the_rules_of_the_whole_table() -> None:
    kept = ["192.0.2.166/32", "2001:db8::166/128"]
    plan = facts({"kubeProxy.config.ipvs.excludeCIDRs": kept})
    told = {name for name, fact in plan.items() if "excluded" in fact.proof.expect}
    assert told == {"ipvs.device", "ipvs.scheduler", "ipvs.forwarding", "ipvs.endpoints",
                    "ipvs.flags", "ipvs.foreign", "ipvs.node-ports", "ipvs.set-entries.IPv4",
                    "ipvs.firewall"}
    assert all(plan[name].proof.expect["excluded"] == kept for name in told)
