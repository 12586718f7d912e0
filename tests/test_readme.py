"""Every command of the README and what it prints."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.report.fleet import verdict, written

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text()


def block(language: str, number: int = 0) -> str:
    return re.findall(rf"```{language}\n(.*?)```", README, re.S)[number]


def consoles() -> list[tuple[str, str]]:
    """Command and output of every console block."""
    found = []
    for text in re.findall(r"```console\n(.*?)```", README, re.S):
        command, _, output = text.partition("\n")
        found.append((command.removeprefix("$ "), output))
    return found


@pytest.fixture
def tour(tmp_path: Path) -> Path:
    profile = block("yaml")
    (tmp_path / "tour.yaml").write_text(profile)
    (tmp_path / "wrong.yaml").write_text(profile.replace("scheduler: wrr", "scheduler: wwr"))
    (tmp_path / "next.yaml").write_text(profile.replace(", \"192.168.1.144:6443\"", ""))
    written(tmp_path / "fleet", [verdict(1), verdict(2, faults=(0,)), verdict(3)])
    return tmp_path


@pytest.mark.parametrize(("command", "output"), consoles(), ids=lambda text: text[:30].strip())
def test_a_command_prints_what_the_readme_says(tour: Path, command: str, output: str) -> None:
    argv = [sys.executable, "-m", *shlex.split(command)]
    done = subprocess.run(argv, cwd=tour, capture_output=True, text=True, check=False)
    shown = re.sub(r"tour-[0-9a-f]{12}", "tour-{digest}", done.stdout + done.stderr)
    assert shown == output


def indented() -> list[str]:
    """The commands that stand alone, indented."""
    prose = re.sub(r"```.*?```", "", README, flags=re.S)
    return [line.strip().split("  #")[0].strip() for line in prose.splitlines()
            if re.match(r" {4}\S", line)]


def test_every_indented_command_is_known() -> None:
    """What takes minutes is run by the guests' tests and by CI; here its words are checked."""
    known = {"./dev quickstart", "./dev test", "python3 -m venv venv && venv/bin/pip install ."}
    verbs = {"build", "verify"}
    for command in indented():
        words = command.split()
        assert command in known or (words[0] == "imagegen" and words[1] in verbs), command
        if words[0] == "imagegen":
            helped = subprocess.run([sys.executable, "-m", "imagegen", words[1], "--help"],
                                    capture_output=True, text=True, check=True).stdout
            assert all(word in helped for word in words[2:] if word.startswith("-"))


def test_the_links_lead_somewhere() -> None:
    links = re.findall(r"\]\(([^)#]+)\)", README)
    assert [link for link in links if not (ROOT / link).exists()] == []


def unlisted(index: str, folder: Path) -> list[str]:
    """The pages and folders of pages that an index has no link to."""
    links = set(re.findall(r"\]\(([^)#]+)\)", index))
    pages = [page.name for page in folder.glob("*.md") if page.name != "README.md"]
    pages += [f"{page.parent.name}/README.md" for page in folder.glob("*/README.md")]
    return sorted(set(pages) - links)


def test_the_index_of_the_documentation_lists_every_page() -> None:
    index = ROOT / "docs/README.md"
    assert unlisted(index.read_text(), index.parent) == []
    assert [link for link in re.findall(r"\]\(([^)#]+)\)", index.read_text())
            if not (index.parent / link).exists()] == []


def test_a_page_that_the_index_lacks_is_found(tmp_path: Path) -> None:
    (tmp_path / "fields").mkdir()
    for name in ("README.md", "gates.md", "fields/README.md"):
        (tmp_path / name).touch()
    assert unlisted("[gates](gates.md)", tmp_path) == ["fields/README.md"]
