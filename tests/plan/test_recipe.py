"""docs/recipe.md against the recipe's own lines, and against what is rendered for its profile."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagegen.render.node import EXPECTATIONS
from tests.profiles import rendered
from tests.verbs import ROOT

RECIPE = Path(__file__).with_name("recipe.txt")
DOC = ROOT / "docs" / "recipe.md"


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the document's table."""

    line: str
    baked: str
    proven: tuple[str, ...]


def normal(line: str) -> str:
    """Without what makes no difference to a shell or systemd."""
    return " ".join(line.split()).removesuffix("\\").strip()


def rows() -> list[Row]:
    cells = [line.strip("|").split(" | ") for line in DOC.read_text().splitlines()
             if line.startswith("| `")]
    return [Row(ticked(line)[0], baked, tuple(ticked(proven))) for line, baked, proven in cells]


def ticked(text: str) -> list[str]:
    return re.findall(r"`([^`]+)`", text)


def recipe_lines() -> list[str]:
    return [normal(line) for line in RECIPE.read_text().splitlines() if line.strip()]


def test_every_line_of_the_recipe_has_its_row() -> None:
    assert dict.fromkeys(row.line for row in rows()) == dict.fromkeys(recipe_lines())
    assert len(rows()) == len(set(recipe_lines())) > 35


def test_the_rows_stand_in_the_recipes_order() -> None:
    assert [row.line for row in rows()] == list(dict.fromkeys(recipe_lines()))


_PLACE = re.compile(r"`(/[^`]+)`: `([^`]+)`")
BAKED = [row for row in rows() if _PLACE.match(row.baked)]


def test_so_many_rows_name_a_line_of_a_file() -> None:
    """The others are what is run by hand, in words; none becomes one of them unseen."""
    assert len(rows()) - len(BAKED) == 10


@pytest.mark.parametrize("row", BAKED, ids=lambda row: row.line)
def test_what_the_row_says_is_baked(row: Row) -> None:
    where = _PLACE.match(row.baked)
    assert where is not None
    files = rendered("recipe").tree.files
    lines = [normal(line) for line in files[f"node{where[1]}"].data.decode().splitlines()]
    assert any(where[2] in (line, *line.split()) or line.startswith(where[2]) for line in lines)


@pytest.mark.parametrize("row", rows(), ids=lambda row: row.line)
def test_what_the_row_says_is_proven(row: Row) -> None:
    document = json.loads(rendered("recipe").tree.files[f"node/{EXPECTATIONS}"].data)
    known = {fact["id"] for fact in document["facts"]}
    assert set(row.proven) <= known
    assert row.proven or row.line in ("EOF", "systemctl daemon-reload")


def test_every_reason_is_given() -> None:
    text = DOC.read_text()
    named = {int(n) for n in re.findall(r"\[([0-9]+)\]", text)}
    given = {int(n) for n in re.findall(r"^([0-9]+)\. \*\*", text, re.M)}
    assert named == given == set(range(1, 11))


def test_the_recipe_runs_the_same_kube_proxy() -> None:
    """Flag for flag; the node's own two come from its seed."""
    unit = rendered("recipe").tree.files["node/usr/lib/systemd/system/kube-proxy.service"].data
    ours = {normal(line) for line in unit.decode().splitlines() if line.strip().startswith("--")}
    theirs = {line for line in recipe_lines() if line.startswith("--")}
    assert theirs - ours == {"--bind-address=192.168.1.145", "--hostname-override=192.168.1.145"}
    assert {flag.partition("=")[0] for flag in theirs} <= {f.partition("=")[0] for f in ours}
