"""The same profile gives the same bytes under every Python that this machine has."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.profiles import GOOD, place
from tests.render.test_determinism import tree
from tests.verbs import ROOT

pytestmark = pytest.mark.wide
MINORS = ("3.11", "3.12", "3.13", "3.14")
LEAST = 2


def interpreters() -> dict[str, str]:
    """Minor version -> a program: on the PATH, or of pyenv's versions."""
    folders = [*os.environ["PATH"].split(os.pathsep),
               *map(str, Path.home().glob(".pyenv/versions/*/bin"))]
    found = {minor: shutil.which(f"python{minor}", path=os.pathsep.join(folders))
             for minor in MINORS}
    return {minor: program for minor, program in found.items() if program}


def ready(program: str, folder: Path) -> Path:
    """That Python with imagegen's dependencies, in an environment of its own."""
    subprocess.run([program, "-m", "venv", str(folder)], check=True)
    python = folder / "bin/python"
    subprocess.run([str(python), "-m", "pip", "install", "-q", str(ROOT)], check=True)
    subprocess.run([str(python), "-m", "pip", "uninstall", "-q", "-y", "imagegen"], check=True)
    return python


def test_every_python_renders_the_same(tmp_path: Path) -> None:
    found = interpreters()
    assert len(found) >= LEAST, f"install one more Python of {', '.join(MINORS)}"
    pythons = {"this one": Path(sys.executable),
               **{minor: ready(program, tmp_path / minor) for minor, program in found.items()}}
    for name in GOOD:
        trees = {}
        for minor, python in pythons.items():
            out = tmp_path / "out" / minor / name
            subprocess.run([str(python), "-m", "imagegen", "render", str(place(name)), "-o",
                            str(out)], check=True,
                           env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin"})
            trees[minor] = tree(out)
        for minor, one in trees.items():
            assert one == trees["this one"], f"{name}: Python {minor} renders other bytes"
