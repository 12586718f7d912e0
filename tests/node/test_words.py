"""Counts as a person says them, wherever the check or a verb counts something."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from imagegen.node.words import counted
from tests.verbs import ROOT

# what a number in an f-string may not stand before: `1 interfaces`; `9 of 64 entries in use` may
_MANY = re.compile(r" (?:virtual servers|real servers|facts|hold|interfaces|entries(?! in use)"
                   r"|addresses|lines|chains|ipsets|rules|services|Services|drop-ins|restarts|times|cores"
                   r"|minutes|packets|verdicts|errors|warnings)\b")
# a tree's files and facts are never one
NEVER_ONE = {"imagegen/cli/render.py"}


@pytest.mark.parametrize(("count", "words", "said"), [
    (0, ("interface",), "0 interfaces"), (1, ("interface",), "1 interface"),
    (2, ("interface",), "2 interfaces"), (1, ("entry", "entries"), "1 entry"),
    (3, ("entry", "entries"), "3 entries"), (1, ("fact holds", "facts hold"), "1 fact holds")])
def test_one_is_one(count: int, words: tuple[str, ...], said: str) -> None:
    assert counted(count, *words) == said


def plurals(source: str) -> Iterator[str]:
    """Every value in an f-string that a plural follows, whatever its number."""
    for node in ast.walk(ast.parse(source)):
        parts = node.values if isinstance(node, ast.JoinedStr) else []
        for value, after in pairwise(parts):
            if isinstance(value, ast.FormattedValue) and isinstance(after, ast.Constant) \
                    and (found := _MANY.match(str(after.value))):
                yield f"{ast.unparse(value.value)}{found[0]}"


def test_a_plural_behind_a_number_is_found() -> None:
    assert list(plurals('f"there are {len(names)} interfaces"')) == ["len(names) interfaces"]
    assert list(plurals('f"{count} interface{many}"')) == []


@pytest.mark.parametrize("folder", ["imagegen/node", "imagegen/cli", "imagegen/report"])
def test_no_number_stands_before_a_plural_alone(folder: str) -> None:
    paths = [path for path in sorted(Path(ROOT, folder).rglob("*.py"))
             if str(path.relative_to(ROOT)) not in NEVER_ONE]
    found = {str(path.relative_to(ROOT)): said for path in paths
             if (said := list(plurals(path.read_text())))}
    assert found == {}
