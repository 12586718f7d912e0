"""The sunset of IPVS mode, and the node of the mode that follows it."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.common.errors import InputError
from imagegen.knowledge.kubernetes_modes import SUNSET, Life, ipvs_stage
from imagegen.plan.facts import Fact, Level, Rule
from imagegen.plan.kubeproxy import config_document
from imagegen.plan.work_out import work_out
from imagegen.profile.check import check_bytes
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.render.render import render
from tests.profiles import as_yaml, changed, parsed

RULES = {Life.HEALTHY: [], Life.DEPRECATED: ["kubernetes-ipvs-deprecated"],
         Life.GATED: ["kubernetes-ipvs-gated"], Life.GONE: ["kubernetes-ipvs-gone"]}


def data(version: str, mode: str = "ipvs", **more: Any) -> dict[str, Any]:
    return changed({"kubeProxy.version": version, "kubeProxy.config.mode": mode, **more})


@pytest.mark.parametrize(("version", "life", "word"), [
    ("1.20.2", Life.HEALTHY, ""), ("1.34.9", Life.HEALTHY, ""),
    ("1.35.0", Life.DEPRECATED, "1.35"), ("1.37.2", Life.DEPRECATED, "1.40"),
    ("1.39.9", Life.DEPRECATED, "1.40"), ("1.40.0", Life.GATED, "adds"),
    ("1.42.9", Life.GATED, "adds"), ("1.43.0", Life.GONE, "removed"),
])
def test_each_stage_of_the_sunset_is_told(version: str, life: Life, word: str) -> None:
    checked = check_bytes("p.yaml", as_yaml(data(version)))
    assert [found.rule for found in checked.findings] == RULES[life]
    assert (checked.profile is None) == (life is Life.GONE)
    for found in checked.findings:
        assert word in found.what
        assert "mode: nftables" in found.hint


def test_the_successor_is_not_told_of_the_sunset() -> None:
    ports: dict[str, Any] = {"kubeProxy.config.nodePortAddresses": ["primary"]}
    checked = check_bytes("p.yaml", as_yaml(data("1.43.0", "nftables", **ports)))
    assert (checked.findings, checked.profile is None) == ((), False)


@pytest.mark.parametrize(("version", "added"), [("1.39.0", False), ("1.40.0", True),
                                                ("1.42.3", True)])
def test_the_gate_is_added_where_it_is_needed(version: str, added: bool) -> None:
    own: dict[str, Any] = {"kubeProxy.config.featureGates": {"ContextualLogging": True}}
    profile = parsed(data(version, **own))
    gates = yaml.safe_load(config_document(profile))["featureGates"]
    assert gates == ({"KubeProxyIPVS": True} if added else {}) | {"ContextualLogging": True}
    assert (ipvs_stage(version_of(profile)).life is Life.GATED) == added


def test_the_gate_is_not_added_to_another_mode() -> None:
    assert "featureGates" not in yaml.safe_load(config_document(parsed(data("1.41.0", "nftables"))))


def test_the_stages_are_in_order() -> None:
    assert [stage.since for stage in SUNSET] == sorted((s.since for s in SUNSET), reverse=True)


def facts(version: str = "1.34.4", **more: Any) -> dict[str, Fact]:
    profile = parsed(data(version, "nftables", **more))
    return {fact.id: fact for fact in work_out(profile, b"").facts}


def test_a_node_of_nftables_mode_has_nothing_of_ipvs() -> None:
    found = facts()
    told = {*found, *(str(fact.proof.expect.get("name")) for fact in found.values())}
    assert not [word for word in told if "ip_vs" in word or "ipset" in word or "ip_set" in word]
    assert not {"package.ipvsadm", "package.iptables", "unit.ipvsadm.service",
                "file.networkmanager", "file.networkd.network"} & set(found)
    assert not [name for name in found if name.startswith(("ipvs.", "sysctl.net.ipv4.vs."))]
    tree = render(parsed(data("1.34.4", "nftables", **{"os.ipvsModulesFile": "always"}))).tree
    assert not [path for path in tree.files if "ipvs.modules" in path or "kube-ipvs0" in path]


def test_a_node_of_nftables_mode_proves_its_own() -> None:
    found = facts()
    assert found["nftables.mode"].proof.expect == {"mode": "nftables"}
    assert found["nftables.mode"].proof.rule is Rule.PROXY_MODE
    assert found["nftables.sync"].proof.levels == (Level.TABLE,)
    assert found["package.nftables"].proof.expect == {"name": "nftables", "tool": "/usr/sbin/nft",
                                                      "minimum": "1.0.1"}
    assert {"module.nf_tables", "module.nft_chain_nat", "module.nf_conntrack",
            "module.br_netfilter", "sysctl.net.ipv4.ip_forward",
            "unit.kube-proxy.service"} <= set(found)


def test_nothing_of_ipvs_is_told_to_kube_proxy_unless_the_profile_says_it() -> None:
    bare = yaml.safe_load(config_document(parsed(data("1.34.4", "nftables"))))
    assert not {"ipvs", "iptables"} & set(bare)
    kept = data("1.34.4", "nftables", **{"kubeProxy.config.ipvs": {"strictARP": True}})
    assert yaml.safe_load(config_document(parsed(kept)))["ipvs"] == {"strictARP": True}
    checked = check_bytes("p.yaml", as_yaml(kept))
    assert sorted(found.rule for found in checked.warnings) == [
        "kube-proxy-field-no-effect", "kube-proxy-node-ports-primary"]


@pytest.mark.parametrize(("version", "gate", "good"), [
    ("1.28.0", None, False), ("1.29.0", None, False), ("1.29.0", True, True),
    ("1.30.9", False, False), ("1.31.0", None, True), ("1.32.0", False, False),
    ("1.33.0", None, True), ("1.33.0", False, False),
])
def test_nftables_mode_came_in_steps(version: str, gate: bool | None, good: bool) -> None:
    gates = {} if gate is None else {"kubeProxy.config.featureGates": {"NFTablesProxyMode": gate}}
    if good:
        assert parsed(data(version, "nftables", **gates)).kube_proxy.config.mode == "nftables"
    else:
        with pytest.raises(InputError, match=r"nftables|NFTablesProxyMode"):
            parsed(data(version, "nftables", **gates))
