"""The check's own input: right, or refused with a sentence that names the place."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.node.expectations import expectations, node_settings
from imagegen.node.model import InputProblem

GOOD: dict[str, Any] = {
    "format": 1, "profile": "quickstart", "digest": "abc", "timeoutSeconds": 300,
    "kubeProxy": {"version": "1.34.4", "unit": "kube-proxy.service", "metrics": "127.0.0.1:10249",
                  "kubeconfig": "/etc/kubernetes/kube-proxy.kubeconfig", "config": None},
    "facts": [{"id": "sysctl.net.ipv4.ip_forward", "rule": "sysctl", "levels": ["kernel", "table"],
               "expect": {"key": "net.ipv4.ip_forward", "value": "1"},
               "reason": "r", "source": "s", "remedy": "m"}],
}


def changed(**top: object) -> bytes:
    return json.dumps({**GOOD, **top}).encode()


def fact(**part: object) -> bytes:
    return changed(facts=[{**GOOD["facts"][0], **part}])


def test_good() -> None:
    told = expectations(json.dumps(GOOD).encode(), "file")
    assert (told.profile, told.timeout, told.kube_proxy.version) == ("quickstart", 300.0, "1.34.4")
    assert told.facts[0].expect == {"key": "net.ipv4.ip_forward", "value": "1"}
    assert told.kube_proxy.config == ""


@pytest.mark.parametrize(("given", "unit", "run_by"), [
    ({}, "kube-proxy.service", "systemd"), ({"unit": None, "runBy": "kubeadm"}, "", "kubeadm")])
def test_a_unit_of_null_is_none_at_all(given: dict[str, Any], unit: str, run_by: str) -> None:
    told = expectations(changed(kubeProxy=given), "file").kube_proxy
    assert (told.unit, told.run_by) == (unit, run_by)


@pytest.mark.parametrize(("data", "sentence"), [
    (b"", "is not JSON"), (b"[]", "must hold an object"), (b"\xff", "is not JSON"),
    (changed(format=2), "format is 2"), (changed(facts=None), "facts must be a list"),
    (changed(timeoutSeconds="5"), "timeoutSeconds"),
    (changed(timeoutSeconds=True), "timeoutSeconds"),
    (changed(timeoutSeconds=-1), "timeoutSeconds"), (changed(profile=5), "profile must be a text"),
    (changed(kubeProxy=[1]), "kubeProxy"), (changed(facts=[5]), r"facts\[0\] must be an object"),
    (fact(levels=["moon"]), "must be one of bake, kernel, table"),
    (fact(expect={"key": "a"}), "expect.value must be a text"),
    (fact(expect={"key": "a", "value": 1}), "expect.value must be a text, not 1"),
    (fact(expect={"key": "a", "value": "1", "vaule": "1"}), "expect.vaule is not known"),
    (fact(id=None), "id must be a text"), (fact(reason=5), "must be an object of texts"),
    (changed(facts=GOOD["facts"] * 2), "is there twice"),
    (fact(rule="api_service", expect={"address": "a", "port": True}), "expect.port"),
    (fact(rule="absent", expect={"paths": [1]}), "expect.paths must be a list of texts"),
])
def test_wrong(data: bytes, sentence: str) -> None:
    with pytest.raises(InputProblem, match=sentence):
        expectations(data, "file")


def test_a_rule_of_the_future_is_read_and_judged_unknown_later() -> None:
    assert expectations(fact(rule="moon", expect={"any": 1}), "file").facts[0].rule == "moon"


def test_node_settings() -> None:
    told = node_settings(b'{"level": "kernel", "apiServers": ["10.0.2.2:6443"]}', "node.json")
    assert (told.level, told.api_servers) == ("kernel", ["10.0.2.2:6443"])
    assert node_settings(b"{}", "node.json").level is None


@pytest.mark.parametrize(("data", "sentence"), [
    (b"{", "is not JSON"), (b'{"level": "moon"}', "must be one of"),
    (b'{"levle": "kernel"}', "levle"), (b'{"apiServers": "10.0.2.2:6443"}', "must be a list"),
    (b'{"apiServers": [1]}', "must be a list"),
])
def test_wrong_node_settings(data: bytes, sentence: str) -> None:
    with pytest.raises(InputProblem, match=sentence):
        node_settings(data, "node.json")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["format", "facts", "id", "rule", "expect", "levels", "profile", "digest",
                         "timeoutSeconds", "kubeProxy", "key"]), inner, max_size=6),
    max_leaves=12)


@settings(deadline=None)
@given(json_values)
def test_any_json_is_read_or_refused(value: object) -> None:
    for read in (expectations, node_settings):
        try:
            read(json.dumps(value).encode(), "file")
        except InputProblem as problem:
            assert str(problem).startswith("file")
