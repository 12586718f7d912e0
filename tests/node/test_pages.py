"""A page for each rule, and what a page says of a finding."""

from __future__ import annotations

import ast
import io
import zipfile

import pytest

from imagegen.node import brief, model
from imagegen.node.model import SEVERITIES, Outcome, finding, not_yet, ok, red
from imagegen.node.pages import AREAS, OUTSIDE, TITLE_LIMIT, Page, general, pages
from imagegen.node.rules import RULES
from imagegen.plan.facts import Rule
from imagegen.render.archive import NODE, check_archive
from tests.node.fake import fact

PAGES = pages()
WORDS = ("title", "reads", "why", "mend", "source")


def test_every_rule_has_a_page_and_every_page_a_rule() -> None:
    assert PAGES.keys() == RULES.keys() == {rule.value for rule in Rule}
    assert not OUTSIDE.keys() & RULES.keys()


def test_every_area_is_asked_and_no_page_stands_twice() -> None:
    assert {path.stem for path in (NODE / "pages").glob("*.py")} == {*AREAS, "__init__"}
    modules = [__import__(f"imagegen.node.pages.{area}", fromlist=["PAGES"]) for area in AREAS]
    assert sum(len(module.PAGES) for module in modules) == len(PAGES)


@pytest.mark.parametrize("rule", [*PAGES, *OUTSIDE])
def test_a_page_is_whole(rule: str) -> None:
    page = {**PAGES, **OUTSIDE}[rule]
    assert all(getattr(page, name).strip() == getattr(page, name) != "" for name in WORDS)
    assert page.severity in SEVERITIES
    assert len(page.title) <= TITLE_LIMIT
    assert not page.title.endswith(".")
    assert page.why.endswith(".")
    assert page.mend.endswith((".", "`"))
    assert "  " not in "".join(getattr(page, name) for name in WORDS)


def test_a_title_is_one_rules_own() -> None:
    titles = [page.title.lower() for page in (*PAGES.values(), *OUTSIDE.values())]
    assert len(set(titles)) == len(titles)


@pytest.mark.parametrize("rule", RULES)
def test_a_place_in_a_page_is_a_key_of_the_rule(rule: str) -> None:
    page = PAGES[rule]
    for text in (page.reads, page.why, page.mend):
        for key in RULES[rule].shape:
            text = text.replace(f"{{{key}}}", "")
        assert "{" not in text
        assert "}" not in text


def test_a_place_is_filled_in_a_finding_and_named_elsewhere() -> None:
    one = fact("ipset", {"sets": [], "family": "IPv4"})
    assert finding(one, ok("a", "b"))["read"].startswith("every set of IPv4 by netlink")
    assert general(PAGES["ipset"].reads).startswith("every set of FAMILY by netlink")


@pytest.mark.parametrize("severity", SEVERITIES)
@pytest.mark.parametrize("outcome", [red("a", "b", "c"), not_yet("a", "b", "c")])
def test_only_an_error_is_ever_red(
    severity: str, outcome: Outcome, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(brief.BRIEF, "swap", ("A title", severity, "a file"))
    told = finding(fact("swap", {}), outcome)
    assert told["result"] == ("red" if severity == "error" else "warning")
    assert (told["severity"], told["saw"], told["remedy"]) == (severity, "b", "c")


def test_an_unknown_stays_unknown_whatever_its_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(brief.BRIEF, "swap", ("A title", "info", "a file"))
    assert finding(fact("swap", {}), Outcome("unknown", "a", "b"))["result"] == "unknown"


def test_findings_are_made_in_one_place() -> None:
    """So that the severity holds for every result that leaves the check."""
    whole = {"id", "rule", "severity", "result", "remedy"}
    makers = {path.name for path in NODE.rglob("*.py") for node in ast.walk(
        ast.parse(path.read_text())) if isinstance(node, ast.Dict) and whole <= {
            key.value for key in node.keys if isinstance(key, ast.Constant)}}
    assert makers == {"model.py"}


def test_a_rule_that_is_not_known_has_a_title_too() -> None:
    told = finding(fact("moon", {"phase": "full"}), Outcome("unknown", "a", "b"))
    assert (told["title"], told["severity"]) == ("A rule that this check does not know", "error")


def test_the_packed_brief_is_the_pages() -> None:
    packed = zipfile.ZipFile(io.BytesIO(check_archive())).read("ipvs_check/brief.py").decode()
    found: dict[str, object] = {}
    exec(packed, found)
    assert found["BRIEF"] == brief.BRIEF
    assert "import" not in packed


def test_a_page_without_a_severity_is_an_error() -> None:
    assert Page("t", "r", "w", "m", "s").severity == model.ERROR
