"""Each rule that the code can give has a page, and each page's example gives exactly that rule."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from imagegen.knowledge.pages import rule_pages
from imagegen.profile import source, tell
from imagegen.profile.check import Checked, check_bytes, check_file
from imagegen.profile.compose import MAX_DEPTH
from imagegen.profile.file import MAX_BYTES
from tests.verbs import MINIMAL, ROOT

PAGES = rule_pages()
PROFILE = ROOT / "imagegen/profile"
CODE = sorted(PROFILE.rglob("*.py"))
# rules about the file, not about what stands in it: their examples are no text
OF_FILES = ("file-unreadable", "file-too-large")
# what a section of an example needs beside what it shows
NEEDED = {"kubeProxy": '  version: "1.34.4"', "metadata": "  name: node"}


def calls(path: Path) -> Iterator[ast.Call]:
    """Every call in a module."""
    tree = ast.parse(path.read_text())
    return (node for node in ast.walk(tree) if isinstance(node, ast.Call))


def named(call: ast.Call) -> str:
    return call.func.id if isinstance(call.func, ast.Name) else ""


def constants(path: Path) -> dict[str, ast.expr]:
    """The module's own names of one value."""
    return {target.id: node.value for node in ast.parse(path.read_text()).body
            if isinstance(node, ast.Assign) for target in node.targets
            if isinstance(target, ast.Name)}


def given() -> set[str]:
    """The rules that stand in the code: `rule="..."`, `Refused("...")`, and three tables."""
    found = {rule for _, rule, _ in source._SURPRISES} | set(source._HINTS)
    found |= set(tell.RULE_OF.values())
    for path in CODE:
        for call in calls(path):
            words = [key.value for key in call.keywords if key.arg == "rule"]
            words += call.args[:1] if named(call) == "Refused" else []
            words = [constants(path).get(word.id, word) if isinstance(word, ast.Name) else word
                     for word in words]
            found |= {str(word.value) for word in words if isinstance(word, ast.Constant)}
    return found


def test_each_rule_has_a_page_and_each_page_a_rule() -> None:
    assert given() == set(PAGES)


def test_a_rule_s_name_is_short_and_plain() -> None:
    assert [rule for rule in PAGES if not re.fullmatch("[a-z0-9]+(-[a-z0-9]+){1,5}", rule)] == []


def test_no_problem_is_without_a_rule() -> None:
    """And no value is refused without one: `raise Refused(rule, what)`, not ValueError."""
    bare = [f"{path.relative_to(ROOT)}:{call.lineno}" for path in CODE for call in calls(path)
            if named(call) == "Problem" and "rule" not in [key.arg for key in call.keywords]]
    assert bare == []
    refused = [f"{path.relative_to(ROOT)}:{number}" for path in CODE
               for number, line in enumerate(path.read_text().splitlines(), 1)
               if "raise ValueError(" in line and "zone" not in line]
    assert refused == []


def whole(example: str) -> bytes:
    """A profile with the example in it: its sections stand for those of the smallest one."""
    sections = re.findall(r"^([A-Za-z]+):", example, re.M)
    if not sections:
        return example.encode()
    for section in sections:
        block = re.search(rf"^{section}:.*\n((?: .*\n|\n)*)", f"{example}\n", re.M)
        needed = NEEDED.get(section, "")
        key = needed.split(":")[0]
        if block and block[1] and needed and not re.search(rf"^{key}:", block[1], re.M):
            example = re.sub(rf"^{section}:.*\n", lambda m, n=needed: f"{m[0]}{n}\n", example,
                             count=1, flags=re.M)
    rest = [line for line in MINIMAL.decode().splitlines()
            if line.split(":")[0] not in sections]
    return ("\n".join(rest) + "\n" + example).encode()


def example(rule: str) -> str:
    """A page's example as it is shown: text, or data where its spelling does not matter."""
    shown = PAGES[rule].example
    return shown if isinstance(shown, str) else yaml.safe_dump(shown, sort_keys=False)


def checked(rule: str, folder: Path) -> Checked:
    """What the example of a rule's page gives."""
    if rule == "file-unreadable":
        return check_file(folder / "none.yaml")
    if rule == "file-too-large":
        (folder / "large.yaml").write_bytes(b"#" * (MAX_BYTES + 1))
        return check_file(folder / "large.yaml")
    if rule == "extends-too-much":
        for i in range(MAX_DEPTH + 1):
            (folder / f"{i}.yaml").write_text(f"extends: {i + 1}.yaml\n")
        return check_file(folder / "0.yaml")
    if files := re.findall(r"^# (\S+\.yaml)\n((?:[^#].*\n)+)", example(rule), re.M):
        for name, text in files:
            fill = MINIMAL.decode() if name == files[0][0] else ""
            (folder / name).write_text(fill + text)
        return check_file(folder / files[0][0])
    data = whole(example(rule))
    # a page is text, and shows a byte of another encoding as its escape
    return check_bytes("p.yaml", data.replace(rb"\xfc", b"\xfc"))


@pytest.mark.parametrize("rule", sorted(PAGES))
def test_the_example_gives_exactly_its_rule(rule: str, tmp_path: Path) -> None:
    if rule == "missing-key":
        found = check_bytes("p.yaml", PAGES[rule].example.encode()).findings
        assert {each.rule for each in found} == {rule}
        return
    assert {found.rule for found in checked(rule, tmp_path).findings} == {rule}


def test_an_example_without_a_fault_gives_nothing() -> None:
    assert check_bytes("p.yaml", whole("kubeProxy:\n  config:\n    ipvs: {}\n")).findings == ()


@pytest.mark.parametrize("rule", sorted(PAGES))
def test_a_page_is_in_sentences(rule: str) -> None:
    page = PAGES[rule]
    assert page.title[0].isupper() and not page.title.endswith(".") and len(page.title) < 80
    for text in (page.why, page.do):
        assert text.endswith(".") and len(text) > 10, text
    assert page.source
