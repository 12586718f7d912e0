"""`pip install` of the wheel, away from the checkout: all that it needs travels inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def run(*argv: str | Path, cwd: Path) -> str:
    """As a user would, with nothing of this checkout in the environment."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    done = subprocess.run([str(word) for word in argv], cwd=cwd, env=env, text=True, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    assert done.returncode == 0, done.stdout
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a virtual environment that holds the wheel and what it depends on."""
    folder = tmp_path_factory.mktemp("wheel")
    pip = ("-m", "pip", "--disable-pip-version-check", "-q")
    run(sys.executable, *pip, "wheel", "--no-deps", "-w", folder, ROOT, cwd=folder)
    run(sys.executable, "-m", "venv", folder / "venv", cwd=folder)
    wheel = next(folder.glob("imagegen-*.whl"))
    run(folder / "venv/bin/python", *pip, "install", wheel, cwd=folder)
    return folder


def files(tree: Path) -> dict[str, bytes]:
    return {str(p.relative_to(tree)): p.read_bytes() for p in tree.rglob("*")
            if p.is_file() and not p.is_symlink()}


@pytest.mark.parametrize("profile", ["quickstart", "recipe"])
def test_it_renders_the_same_bytes(installed: Path, profile: str) -> None:
    site = next((installed / "venv").glob("lib/*/site-packages"))
    own = site / "imagegen/_assets/profiles" / f"{profile}.yaml"
    run(installed / "venv/bin/imagegen", "render", own, "-o", f"out-{profile}", cwd=installed)
    run(sys.executable, "-m", "imagegen", "render", ROOT / f"profiles/{profile}.yaml",
        "-o", installed / f"checkout-{profile}", cwd=ROOT)
    assert files(installed / f"out-{profile}") == files(installed / f"checkout-{profile}")


def test_nothing_but_the_package_is_inside(installed: Path) -> None:
    site = next((installed / "venv").glob("lib/*/site-packages"))
    assert not (site / "tests").exists()
    assert (site / "imagegen/_assets/packer/qemu/seal.sh").is_file()
    assert (site / "imagegen/_assets/templates/cloud-init/first-boot.sh").is_file()
