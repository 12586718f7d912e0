"""The linters, as tests: style, types, the direction of imports, and the size of files."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.verbs import ROOT

LIMIT = 400
BIN = Path(sys.executable).parent
CODE = (".py", ".sh", ".json", ".yaml", ".j2", ".hcl", ".md", ".toml", "")
# go.sum and its kind are written by Go, a licence by lawyers, and the schema by `imagegen schema`
NOT_OURS = ("LICENSE", "imagegen-v1alpha1.schema.json", "go.sum", "go.mod", "sha256sums",
            "nodereadinessrules.crd.yaml")
# a row a field, written by `imagegen explain --write docs`
# written by runs, a finding for each fault
EVIDENCE = ROOT / "docs/evidence"
LIST_OF_FIELDS = ROOT / "docs/fields/README.md"


def tool(*argv: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    return subprocess.run([str(BIN / argv[0]), *argv[1:]], cwd=cwd, capture_output=True, text=True,
                          check=False, timeout=600)


def tracked() -> list[Path]:
    """Every file that git knows or would add."""
    listed = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True,
                            capture_output=True, text=True).stdout
    return [ROOT / name for name in listed.splitlines() if (ROOT / name).is_file()]


def test_ruff() -> None:
    done = tool("ruff", "check", "--no-cache", ".")
    assert done.returncode == 0, done.stdout


def test_mypy() -> None:
    done = tool("mypy", "--strict", "imagegen")
    assert done.returncode == 0, done.stdout


def test_imports_go_one_way() -> None:
    done = tool("lint-imports", "--no-cache")
    assert done.returncode == 0, done.stdout


def test_no_file_is_longer_than_it_should_be() -> None:
    long = {str(path.relative_to(ROOT)): lines for path in tracked()
            if path.suffix in CODE and path.name not in NOT_OURS and path != LIST_OF_FIELDS
            and EVIDENCE not in path.parents
            and (lines := len(path.read_bytes().splitlines())) > LIMIT}
    assert long == {}


@pytest.mark.parametrize(("name", "text", "argv"), [
    ("style.py", "import os\n", ("ruff", "check", "--isolated", "--no-cache", "style.py")),
    ("kinds.py", "x: int = 'a'\n", ("mypy", "--strict", "--no-incremental", "kinds.py")),
])
def test_the_linters_can_fail(name: str, text: str, argv: tuple[str, ...], tmp_path: Path) -> None:
    (tmp_path / name).write_text(text)
    assert tool(*argv, cwd=tmp_path).returncode == 1


def test_an_import_the_wrong_way_is_seen(tmp_path: Path) -> None:
    """The contracts of pyproject.toml, on a house with one wrong door."""
    for part in ("cli", "pages", "adopt", "diff", "report", "boot", "bake", "render", "plan",
                 "profile", "knowledge", "common", "node"):
        (tmp_path / "imagegen" / part).mkdir(parents=True)
        (tmp_path / "imagegen" / part / "__init__.py").touch()
    (tmp_path / "imagegen/__init__.py").touch()
    (tmp_path / "pyproject.toml").write_text((ROOT / "pyproject.toml").read_text())
    assert tool("lint-imports", "--no-cache", cwd=tmp_path).returncode == 0
    for part, wrong in (("plan", "render"), ("node", "common")):
        door = tmp_path / "imagegen" / part / "__init__.py"
        door.write_text(f"import imagegen.{wrong}\n")
        done = tool("lint-imports", "--no-cache", cwd=tmp_path)
        assert (done.returncode, f"imagegen.{part}" in done.stdout) == (1, True)
        door.write_text("")
