"""`ipvs-check explain` on a node."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagegen.node import cli
from imagegen.node.pages import OUTSIDE, pages
from imagegen.node.rules import RULES


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = cli.main(["explain", *words])
    return code, *capfd.readouterr()


@pytest.fixture(autouse=True)
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "expectations.json"
    path.write_text(json.dumps({"format": 1, "profile": "p", "digest": "d", "facts": [
        {"id": "module.ip_vs", "rule": "module", "levels": ["table"], "expect": {"name": "ip_vs"},
         "reason": "the kernel balances by it"},
        {"id": "moon.phase", "rule": "moon", "levels": ["table"], "expect": {}}]}))
    monkeypatch.setattr(cli, "EXPECTATIONS", str(path))


def test_all_rules_with_titles_and_severities(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd)
    rows = [line.split(maxsplit=2) for line in out.splitlines()[:len(RULES)]]
    assert code == 0
    assert rows == [[rule, page.severity, page.title] for rule, page in sorted(pages().items())]


@pytest.mark.parametrize("rule", [*RULES, *OUTSIDE])
def test_a_page(rule: str, capfd: pytest.CaptureFixture[str]) -> None:
    page = {**pages(), **OUTSIDE}[rule]
    code, out, err = said(capfd, rule)
    assert (code, err) == (0, "")
    assert out.startswith(f"{rule} ({page.severity})\n\n  {page.title}.\n\nReads\n")
    assert max(len(line) for line in out.splitlines() if "https://" not in line) <= 80
    assert "{" not in out


def test_a_facts_name_shows_its_rule(capfd: pytest.CaptureFixture[str]) -> None:
    code, out, _ = said(capfd, "module.ip_vs")
    assert code == 0
    assert out.startswith("module.ip_vs, a fact of the rule module (error)\n")
    assert "The kernel balances by it." in out
    assert "`modprobe ip_vs`" in out
    assert "does not know" in said(capfd, "moon.phase")[1]


@pytest.mark.parametrize(("name", "guess"), [
    ("api-service", "did you mean api_service?"), ("Modul", "did you mean module?"),
    ("module.ipvs", "did you mean module.ip_vs?"), ("zzz", "`ipvs-check explain` lists the rules"),
])
def test_what_was_meant(name: str, guess: str, capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capfd, name)
    assert (code, out) == (2, "")
    assert err.endswith(f"{name} is neither a rule nor a fact of this node; {guess}\n")


def test_without_expectations_rules_are_known(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cli, "EXPECTATIONS", "/no/such/file")
    assert said(capfd, "module")[0] == 0
    assert said(capfd, "module.ip_vs")[0] == 2
