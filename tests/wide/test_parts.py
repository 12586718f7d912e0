"""Every wide test is run by exactly one part, and the list says so."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.wide.parts import LIMIT_MINUTES, PARTS, find_part, list_parts

ROOT = Path(__file__).resolve().parents[2]


def collected(*arguments: str) -> list[str]:
    argv = [sys.executable, "-m", "pytest", "-q", "--collect-only", *arguments]
    done = subprocess.run(argv, cwd=ROOT, capture_output=True, text=True, check=False)
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.fixture(scope="module")
def every() -> list[str]:
    return collected("-m", "wide")


def test_every_wide_test_is_in_exactly_one_part(every: list[str]) -> None:
    """One that is in none belongs into tests/wide/parts.py."""
    found = {test: [part.name for part in PARTS if part.has(test)] for test in every}
    assert {test: names for test, names in found.items() if len(names) != 1} == {}
    assert found


def test_no_part_is_empty_or_takes_too_long(every: list[str]) -> None:
    assert [part.name for part in PARTS if part.minutes > LIMIT_MINUTES] == []
    assert len({part.name for part in PARTS}) == len(PARTS)
    of_wide = [part for part in PARTS if part.mark == "wide"]
    assert [part.name for part in of_wide if not any(map(part.has, every))] == []
    for part in PARTS:
        if part not in of_wide:
            assert collected(*part.arguments)


@pytest.mark.parametrize("name", ["matrix-11", "examples-13", "kubernetes"])
def test_pytest_runs_what_a_part_says(name: str, every: list[str]) -> None:
    part = find_part(name)
    assert part is not None
    assert sorted(collected(*part.arguments)) == sorted(filter(part.has, every))


def wide(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([sys.executable, "-m", "tests.wide", *arguments], cwd=ROOT,
                          capture_output=True, text=True, check=False)


def test_without_a_part_they_are_listed() -> None:
    done = wide()
    assert (done.returncode, done.stdout) == (0, f"{list_parts()}\n")
    assert "matrix-11" in done.stdout
    assert "25 min (estimated)  Debian 11 by every kube-proxy; writes its rows of docs/matrix.md" \
        in done.stdout


def test_an_unknown_part_is_refused() -> None:
    done = wide("matrix")
    assert done.returncode == 2
    assert done.stderr.startswith("there is no part matrix; the parts are:\nbases")


def test_a_part_hands_on_what_pytest_says() -> None:
    assert wide("matrix-11", "--collect-only", "-q").returncode == 0
    assert wide("matrix-11", "--collect-only", "-q", "--deselect", "tests/guests").returncode == 5
