"""The check must live on Python 3.9, with nothing of the rest of the house."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from imagegen.render.archive import NODE

SOURCES = sorted(NODE.rglob("*.py"))
# what a node's Python has; pyroute2 travels with the check
STANDARD = sys.stdlib_module_names | {"pyroute2", "ipvs_check"}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(NODE)))
def test_it_is_python_3_9(path: Path) -> None:
    tree = ast.parse(path.read_text(), feature_version=(3, 9))
    assert not any(isinstance(node, (ast.Match, ast.TryStar)) for node in ast.walk(tree))
    first = next((node for node in tree.body if not isinstance(node, ast.Expr)), None)
    assert first is None or (isinstance(first, ast.ImportFrom) and first.module == "__future__")


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(NODE)))
def test_it_imports_the_standard_library_and_itself(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            assert all(name.name.split(".")[0] in STANDARD for name in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            assert (node.module or "").split(".")[0] in STANDARD


def test_ruff_finds_nothing_newer() -> None:
    done = subprocess.run([sys.executable, "-m", "ruff", "check", "--target-version", "py39",
                           str(NODE)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout


def test_no_habit_of_a_newer_python() -> None:
    """What 3.10 to 3.12 brought to functions that 3.9 has too, which no parser notices."""
    newer = {("zip", "strict"), ("dataclass", "slots"), ("dataclass", "kw_only")}
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                used = {(name, keyword.arg) for keyword in node.keywords}
                assert not used & newer, f"{path}:{node.lineno}"
