"""What a verdict says of every fact of every profile can be acted on, whatever the rule sees."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import pytest

from imagegen.node.brief import BRIEF
from imagegen.node.judge import judged
from imagegen.node.model import UNKNOWN, Fact, finding
from imagegen.node.pages import OUTSIDE, pages
from imagegen.plan.facts import Fact as Planned
from imagegen.plan.work_out import work_out
from imagegen.profile.model import Profile
from tests.distributions import ALL, NAMES, changes, of_dnf
from tests.node.fake import FakeNode
from tests.profiles import GOOD, changed, parsed, rendered
from tests.sentences import faults_of_sentences, literals_of_python

PROFILES = (*GOOD, "nftables", "rivals-node")
RUNNERS = ("systemd", "kubeadm", "none")


@cache
def planned(name: str) -> tuple[Planned, ...]:
    """The facts of a profile that stands in a file, of a distribution's, or of who runs it."""
    if name in NAMES:
        profile: Profile = parsed(changed(changes(ALL[NAMES.index(name)])))
    elif name in RUNNERS:
        profile = parsed(changed({"kubeProxy.runBy": name}))
    elif name == "dnf":
        profile = parsed(changed(of_dnf("rocky 9")))
    else:
        return rendered(name).plan.facts
    return work_out(profile, b"").facts


@pytest.mark.parametrize("name", [*PROFILES, *NAMES, *RUNNERS, "dnf"])
def test_every_remedy_is_whole_sentences(name: str) -> None:
    bad = {fact.id: (fact.remedy, faults_of_sentences(fact.remedy)) for fact in planned(name)
           if faults_of_sentences(fact.remedy) or literals_of_python(fact.remedy)}
    assert bad == {}


@pytest.mark.parametrize("name", [*PROFILES, *NAMES, *RUNNERS, "dnf"])
def test_no_finding_speaks_python(name: str, tmp_path: Path) -> None:
    """On a node that has nothing at all, at each level of the fact, and where the rule breaks."""
    fake = FakeNode(tmp_path)
    for one in planned(name):
        expect = {"sha256": "ab" * 32, **one.proof.expect}
        fact = Fact(one.id, one.proof.rule.value, tuple(one.proof.levels), expect, one.reason,
                    one.source, one.remedy)
        for level in one.proof.levels:
            told = finding(fact, judged(fact, fake.node(level.value, [fact])))
            for key in ("expected", "read", "remedy"):
                assert literals_of_python(told[key]) == [], (one.id, key, told[key])
            assert not told["remedy"] or faults_of_sentences(told["remedy"]) == [], told["remedy"]


@pytest.mark.parametrize("name", PROFILES)
def test_what_a_broken_rule_says(name: str, monkeypatch: pytest.MonkeyPatch,
                                 tmp_path: Path) -> None:
    """B8: `expected: mhPort False, ranges ['10.254.0.0/16']`, and `expected: iptables_kind`."""
    from imagegen.node.rules import RULES, Rule

    def broken(self: Rule) -> object:
        raise ZeroDivisionError("by zero")

    monkeypatch.setattr(Rule, "judge", broken)
    fake = FakeNode(tmp_path)
    for one in planned(name):
        fact = Fact(one.id, one.proof.rule.value, ("table",), dict(one.proof.expect), "", "", "")
        outcome = judged(fact, fake.node("table", [fact]))
        assert outcome.result == UNKNOWN
        assert outcome.expected not in RULES
        assert literals_of_python(outcome.expected) == []
        assert faults_of_sentences(outcome.remedy) == []


def test_every_rule_has_a_fact_here() -> None:
    used = {fact.proof.rule.value for name in (*PROFILES, "dnf") for fact in planned(name)}
    assert used == set(pages())


@pytest.mark.parametrize("rule", [*pages(), *OUTSIDE])
def test_every_page_ends_its_sentences(rule: str) -> None:
    page = {**pages(), **OUTSIDE}[rule]
    assert [text for text in (page.mend, page.why) if not text.endswith(".")] == []


def test_a_title_is_no_value() -> None:
    assert not [title for title, _, _ in BRIEF.values() if literals_of_python(title)]
