"""docs/fields and docs/rules: as `imagegen explain --write docs` makes them, no page too many."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from imagegen.knowledge.pages import field_pages, rule_pages
from imagegen.node.rules import RULES
from imagegen.pages.examples import example
from imagegen.pages.markdown import check_files, field_files, file_of, rule_files
from imagegen.pages.prerequisites import prerequisites_page
from imagegen.pages.walk import fields
from imagegen.profile.source import read_source
from tests.verbs import ROOT, called

DOCS = ROOT / "docs"
FIELDS = [field.path for field in fields() if not field.section]


def on_disk(folder: Path) -> dict[str, str]:
    return {path.name: path.read_text() for path in folder.iterdir()}


def test_the_documentation_is_the_one_made() -> None:
    """`imagegen explain --write docs` makes it so."""
    assert on_disk(DOCS / "fields") == field_files()
    assert on_disk(DOCS / "rules") == rule_files()
    assert on_disk(DOCS / "check") == check_files()
    assert (DOCS / "prerequisites.md").read_text() == prerequisites_page()


def test_one_page_a_field_and_a_rule() -> None:
    assert field_files().keys() == {"README.md", *map(file_of, FIELDS)}
    assert len(field_files()) == len(FIELDS) + 1
    assert rule_files().keys() == {"README.md", *(f"{rule}.md" for rule in rule_pages())}
    assert check_files().keys() == {"README.md", *(f"{rule}.md" for rule in RULES)}


def test_writing_replaces_what_was_there(tmp_path: Path) -> None:
    (tmp_path / "docs/fields").mkdir(parents=True)
    (tmp_path / "docs/fields/gone.md").write_text("old")
    (tmp_path / "docs/own.md").write_text("mine")
    said = called("explain", "--write", str(tmp_path / "docs"))
    assert (said.code, said.err) == (0, "")
    assert on_disk(tmp_path / "docs/fields") == field_files()
    assert (tmp_path / "docs/prerequisites.md").read_text() == prerequisites_page()
    assert (tmp_path / "docs/own.md").read_text() == "mine"


@pytest.mark.parametrize("path", FIELDS)
def test_a_page_shows_the_example_that_is_rendered(path: str) -> None:
    text = field_files()[file_of(path)]
    shown = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert [yaml.safe_load(block) for block in shown] == [example(path, field_pages()[path])]
    assert read_source("p.yaml", shown[0].encode()).errors == []


def test_the_lists_lead_to_every_page() -> None:
    for files in (field_files(), rule_files(), check_files()):
        linked = re.findall(r"^\| \[.*?\]\((.*?)\) \|", files["README.md"], re.M)
        assert sorted(linked) == sorted(files.keys() - {"README.md"})
        for text in files.values():
            assert set(re.findall(r"\]\(([^)]+)\)", text)) <= files.keys()
