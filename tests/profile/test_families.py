"""Both families, in either order, and one alone: what is taken, what is told, what is refused."""

from __future__ import annotations

from typing import Any

import pytest

from imagegen.profile.check import check_bytes
from tests.profiles import as_yaml, changed, parsed

SERVICES, SERVICES6 = "10.96.0.0/16", "fd00:10:96::/112"
PODS, PODS6 = "10.244.0.0/16", "fd00:10:244::/56"
DUAL = {"cluster.serviceCIDR": f"{SERVICES},{SERVICES6}", "cluster.podCIDR": f"{PODS},{PODS6}"}
SIX_FIRST = {"cluster.serviceCIDR": f"{SERVICES6},{SERVICES}",
             "cluster.podCIDR": f"{PODS6},{PODS}"}
SIX = {"cluster.serviceCIDR": SERVICES6, "cluster.podCIDR": PODS6}
PROXY = "kubeProxy.config"


def found(changes: dict[str, Any]) -> list[tuple[str, str]]:
    """The rules that speak of these changes to the smallest profile, each with its severity."""
    findings = check_bytes("p.yaml", as_yaml(changed(changes))).findings
    return [(one.rule, one.severity.value) for one in findings]


@pytest.mark.parametrize(("ranges", "families", "api"), [
    ({}, ["IPv4"], "10.96.0.1"),
    (DUAL, ["IPv4", "IPv6"], "10.96.0.1"),
    (SIX_FIRST, ["IPv6", "IPv4"], "fd00:10:96::1"),
    (SIX, ["IPv6"], "fd00:10:96::1"),
])
def test_the_primary_family_has_the_api_service(ranges: dict[str, Any], families: list[str],
                                                api: str) -> None:
    cluster = parsed(changed(ranges)).cluster
    assert ([str(one) for one in cluster.families], cluster.api_service) == (families, api)


@pytest.mark.parametrize("more", [
    {}, {"kubeProxy.version": "1.37.2"}, {"kubeProxy.version": "1.23.0"},
    {"kubeProxy.version": "1.20.2", f"{PROXY}.featureGates": {"IPv6DualStack": True}},
    {"cluster.apiServers": ["192.0.2.1:6443"]},
    {f"{PROXY}.nodePortAddresses": ["192.0.2.0/24", "2001:db8::/64"]},
    {f"{PROXY}.nodePortAddresses": ["primary"]}, {f"{PROXY}.bindAddress": "2001:db8::1"},
    {f"{PROXY}.bindAddress": "::"}, {f"{PROXY}.clusterCIDR": f"{PODS6},{PODS}"},
    {f"{PROXY}.healthzBindAddress": "0.0.0.0:10256"}, {"os.kernelArguments": ["ipv6.autoconf=0"]},
    {f"{PROXY}.clusterCIDR": PODS, f"{PROXY}.detectLocalMode": "NodeCIDR"},
    {"os.sysctls": {"net.ipv6.conf.all.forwarding": "1"}},
    {"os.sysctls": {"net.ipv6.conf.default.accept_ra": "2"}},
    {f"{PROXY}.ipvs.excludeCIDRs": ["192.0.2.166/32", "2001:db8::166/128"]},
], ids=str)
def test_a_dual_stack_profile_is_taken(more: dict[str, Any]) -> None:
    severe = [rule for rule, severity in found(DUAL | more) if not rule.startswith("kubernetes-")]
    assert severe == []


@pytest.mark.parametrize("more", [
    {}, {"kubeProxy.version": "1.20.2"}, {"cluster.apiServers": ["[2001:db8::1]:6443"]},
    {f"{PROXY}.bindAddress": "2001:db8::1"}, {f"{PROXY}.healthzBindAddress": "[::]:10256"},
    {f"{PROXY}.healthzBindAddress": "127.0.0.1:10256"},
    {"cluster.podCIDR": f"{PODS},{PODS6}"}, {"cluster.serviceCIDR": "fd00:10:96::/125"},
], ids=str)
def test_an_ipv6_only_profile_is_taken(more: dict[str, Any]) -> None:
    assert found(SIX | more) == []


@pytest.mark.parametrize(("ranges", "version", "severities"), [
    ("10.0.0.0/8", "1.30.4", ["error"]), ("10.0.0.0/8", "1.31.0", ["warning"]),
    ("10.0.0.0/8", "1.33.9", ["warning"]), ("10.0.0.0/8", "1.34.0", []),
    ("10.96.0.0/12", "1.20.2", []), ("fd00:10:96::/108", "1.20.2", []),
    ("fd00:10:96::/107", "1.30.4", ["error"]), ("fd00:10:96::/64", "1.33.0", ["warning"]),
    ("fd00:10:96::/64", "1.34.0", []), ("fd00:10:96::/63", "1.34.0", ["error"]),
    ("fd00:10:96::/63", "1.31.0", ["error"]),
])
def test_a_range_that_an_api_server_takes(ranges: str, version: str,
                                          severities: list[str]) -> None:
    pods = PODS6 if ":" in ranges else "172.30.0.0/16"
    told = found({"cluster.serviceCIDR": ranges, "cluster.podCIDR": pods,
                  "kubeProxy.version": version})
    assert [severity for rule, severity in told if rule == "cluster-service-range-large"] \
        == severities


@pytest.mark.parametrize(("changes", "told"), [
    (DUAL | {f"{PROXY}.nodePortAddresses": ["192.0.2.0/24"]}, ["kube-proxy-node-ports-family"]),
    (SIX | {f"{PROXY}.nodePortAddresses": ["192.0.2.0/24", "2001:db8::/64"]},
     ["kube-proxy-node-ports-family"]),
    ({f"{PROXY}.nodePortAddresses": ["2001:db8::/64"]}, ["kube-proxy-node-ports-family"] * 2),
    (SIX | {f"{PROXY}.healthzBindAddress": "0.0.0.0:10256"}, ["kube-proxy-healthz-family"]),
    (DUAL | {f"{PROXY}.clusterCIDR": PODS}, ["kube-proxy-cluster-cidr-family"]),
    (SIX | {f"{PROXY}.clusterCIDR": PODS}, ["kube-proxy-cluster-cidr-family"]),
    (DUAL | {f"{PROXY}.ipvs.excludeCIDRs": ["fd00:10::/32", "10.0.0.0/8"]},
     ["ipvs-exclude-services"] * 2),
])
def test_what_works_otherwise_than_it_looks_is_told(changes: dict[str, Any],
                                                    told: list[str]) -> None:
    assert found(changes) == [(rule, "warning") for rule in told]


@pytest.mark.parametrize("argument", ["ipv6.disable=1", "ipv6.disable_ipv6=1"])
@pytest.mark.parametrize(("ranges", "told"), [
    ({}, []), (DUAL, [("cluster-ipv6-off", "error")]), (SIX, [("cluster-ipv6-off", "error")])])
def test_ipv6_may_be_off_where_no_service_has_it(argument: str, ranges: dict[str, Any],
                                                 told: list[tuple[str, str]]) -> None:
    assert found(ranges | {"os.kernelArguments": [argument]}) == told


@pytest.mark.parametrize(("key", "value"), [
    ("net.ipv6.conf.all.forwarding", "0"), ("net.ipv6.conf.all.disable_ipv6", "1"),
    ("net/ipv6/conf/default/disable_ipv6", "1")])
def test_a_sysctl_against_ipv6_stands_only_where_no_service_has_it(key: str, value: str) -> None:
    assert found({"os.sysctls": {key: value}}) == []
    assert found(SIX | {"os.sysctls": {key: value}}) == [("sysctl-needed", "error")]


def test_a_wrong_range_hides_nothing_else() -> None:
    told = found({"cluster.serviceCIDR": "10.96.0.1/16,fd00:10:96::/112",
                  "os.sysctls": {"net.ipv4.ip_forward": "0"}})
    assert told == [("cidr-host-bits", "error"), ("sysctl-needed", "error")]
