"""A rule's digest changes with its code and the code that serves it alone."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.node.rules import RULES
from tests.evidence import rule_sources
from tests.evidence.rule_sources import compute_rule_digest


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A copy of imagegen/node whose sources can be changed."""
    copy = tmp_path / "node"
    shutil.copytree(rule_sources.NODE, copy, ignore=shutil.ignore_patterns("__pycache__"))
    monkeypatch.setattr(rule_sources, "NODE", copy)
    rule_sources._users.cache_clear()
    yield copy
    rule_sources._users.cache_clear()


def changed_rules(node: Path, path: str, old: str, new: str) -> set[str]:
    """The rules whose digest differs after a change of one file."""
    before = {name: compute_rule_digest(name) for name in RULES}
    text = (node / path).read_text()
    assert old in text
    (node / path).write_text(text.replace(old, new))
    return {name for name in RULES if compute_rule_digest(name) != before[name]}


def test_every_rule_has_a_digest_of_its_own() -> None:
    digests = {name: compute_rule_digest(name) for name in RULES}
    assert all(len(digest) == 16 for digest in digests.values())
    assert len(set(digests.values())) == len(RULES)


def test_a_change_of_a_judge_changes_its_rule_alone(node: Path) -> None:
    assert changed_rules(node, "rules/table.py", "def loopback(", "def loopback(\n") == {"loopback"}


def test_a_comment_and_a_docstring_change_nothing(node: Path) -> None:
    text = (node / "rules/machine.py").read_text()
    docstring = text.split('"""')[1]
    assert changed_rules(node, "rules/machine.py", docstring, "Other words.") == set()
    assert changed_rules(node, "rules/machine.py", "\n\n\ndef", "\n\n\n# words\ndef") == set()


def test_a_module_that_serves_one_module_of_rules_belongs_to_it(node: Path) -> None:
    (node / "deeper.py").write_text("DEEP = 1\n")
    (node / "helper.py").write_text("from .deeper import DEEP\n")
    text = (node / "rules/trust.py").read_text()
    (node / "rules/trust.py").write_text(text + "\nfrom ..helper import DEEP\n")
    rule_sources._users.cache_clear()
    assert changed_rules(node, "deeper.py", "DEEP = 1", "DEEP = 2") == {"trust"}
    (node / "other.py").write_text("from .helper import DEEP\n")
    rule_sources._users.cache_clear()
    assert changed_rules(node, "deeper.py", "DEEP = 2", "DEEP = 3") == set()


def test_a_module_that_serves_many_belongs_to_none(node: Path) -> None:
    assert changed_rules(node, "words.py", "\n\n\ndef", "\n\n\nX = 1\n\n\ndef") == set()
