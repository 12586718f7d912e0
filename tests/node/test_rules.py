"""All rules at once: each is there, has a shape, never crashes, and is green and red in a test."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

from imagegen.node.expectations import expectations
from imagegen.node.judge import judged
from imagegen.node.model import RESULTS, UNKNOWN, Outcome, finding, red
from imagegen.node.rules import NONE, RULES
from tests.node.fake import FakeNode, fact

SAMPLES: dict[type, Any] = {str: "kube-ipvs0", int: 443, list: [], bool: False, NONE: None}


def sample(rule: str) -> dict[str, Any]:
    """An `expect` of a rule's shape; each key has the first of its kinds."""
    expect = {key: SAMPLES[kinds[0]] for key, kinds in RULES[rule].shape.items()}
    usual = {"address": "10.254.0.1", "family": "IPv4", "nodePorts": "30000-32767",
             "from": "4.1", "before": "5.9"}
    expect.update({key: value for key, value in usual.items() if key in expect})
    if rule == "unit":
        expect = {"name": "kube-proxy.service", "state": "active"}
    return expect


@pytest.mark.parametrize("rule", RULES)
@pytest.mark.parametrize("level", ["bake", "kernel", "table"])
def test_every_rule_answers_on_an_empty_node(fake: FakeNode, rule: str, level: str) -> None:
    outcome = fake.judge(rule, sample(rule), level)
    assert outcome.result in RESULTS
    assert "the check itself failed" not in outcome.saw
    assert outcome.expected


@pytest.mark.parametrize("rule", RULES)
def test_every_shape_is_kept_by_the_loader(rule: str) -> None:
    import json

    top = {"format": 1, "profile": "p", "digest": "d", "facts": [
        {"id": "a", "rule": rule, "levels": ["table"], "expect": sample(rule)}]}
    assert expectations(json.dumps(top).encode(), "f").facts[0].expect == sample(rule)


@pytest.mark.parametrize("rule", RULES)
def test_every_rule_has_a_test_that_is_green_and_one_that_is_not(rule: str) -> None:
    """The tests beside this one and below name the rule often enough to see it in two states."""
    calls = sum(
        isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
        and node.func.attr == "judge" and bool(node.args)
        and isinstance(node.args[0], ast.Constant) and node.args[0].value == rule
        for path in Path(__file__).parent.rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
    )
    assert calls >= 2


def test_a_rule_that_is_not_known_is_unknown(fake: FakeNode) -> None:
    outcome = fake.judge("moon", {"phase": "full"})
    assert outcome.result == "unknown"
    assert "the rule moon is not known" in outcome.saw


def test_a_rule_that_breaks_is_unknown(fake: FakeNode, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(self: object) -> None:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr("imagegen.node.state.Node.table", broken)
    outcome = fake.judge("scheduler", {"name": "rr"})
    assert outcome.result == "unknown"
    assert "ZeroDivisionError: by zero" in outcome.saw


def test_what_cannot_be_read_is_unknown(fake: FakeNode) -> None:
    (fake.root / "proc/net/ip_vs").mkdir(parents=True)
    assert fake.judge("scheduler", {"name": "rr"}).result == "unknown"


def test_of_two_remedies_the_rules_is_the_one(fake: FakeNode) -> None:
    """R29: the rule has seen what is wrong, and the two together contradicted each other."""
    one = fact("swap", {})
    assert finding(one, red("a", "b", "Restore it."))["remedy"] == "Restore it."
    assert finding(one, red("a", "b"))["remedy"] == "A remedy."
    assert finding(one, Outcome(UNKNOWN, "a", "b"))["remedy"] == "A remedy."


def test_a_finding_has_the_facts_words_and_the_rules_remedy(fake: FakeNode) -> None:
    one = fact("sysctl", {"key": "net.ipv4.ip_forward", "value": "1"})
    fake.write("/proc/sys/net/ipv4/ip_forward", "0")
    fake.write("/etc/sysctl.d/zz.conf", "net.ipv4.ip_forward=0\n")
    told = finding(one, judged(one, fake.node("table", [one])))
    assert told == {
        "id": "sysctl.x", "rule": "sysctl", "result": "red", "expected": "1",
        "title": "A sysctl has its value, and no file says otherwise", "severity": "error",
        "read": "/proc/sys for net.ipv4.ip_forward, and sysctl.d in /etc, /run, /usr/local/lib and "
        "/usr/lib for who set it",
        "saw": "0, set by /etc/sysctl.d/zz.conf:1", "why": "a reason", "source": "a source",
        "remedy": "Remove line 1 of /etc/sysctl.d/zz.conf."}
    fake.write("/proc/sys/net/ipv4/ip_forward", "1")
    fake.write("/etc/sysctl.d/zz.conf", "")
    assert finding(one, judged(one, fake.node("table", [one])))["remedy"] == ""
