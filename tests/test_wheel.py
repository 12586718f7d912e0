"""`pip install` of the wheel, away from the checkout: all that it needs travels inside."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from imagegen import __version__
from imagegen import cli as house

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
    own = site(installed) / "imagegen/_assets/profiles" / f"{profile}.yaml"
    run(installed / "venv/bin/imagegen", "render", own, "-o", f"out-{profile}", cwd=installed)
    run(sys.executable, "-m", "imagegen", "render", ROOT / f"profiles/{profile}.yaml",
        "-o", installed / f"checkout-{profile}", cwd=ROOT)
    assert files(installed / f"out-{profile}") == files(installed / f"checkout-{profile}")


def site(folder: Path) -> Path:
    return next((folder / "venv").glob("lib/*/site-packages"))


def tracked(folder: str) -> dict[str, bytes]:
    """The files of a folder of the checkout that git knows or would add."""
    listed = run("git", "ls-files", "-co", "--exclude-standard", folder, cwd=ROOT)
    return {name: (ROOT / name).read_bytes() for name in listed.splitlines()}


@pytest.mark.parametrize("folder", ["templates", "profiles", "packer", "observability", "imagegen"])
def test_every_file_is_inside(installed: Path, folder: str) -> None:
    """Pages, templates, profiles and what Packer runs."""
    place = site(installed) / ("" if folder == "imagegen" else "imagegen/_assets")
    wanted = tracked(folder)
    assert len(wanted) > 1
    assert {name: data for name, data in wanted.items()
            if not (place / name).is_file() or (place / name).read_bytes() != data} == {}


VERBS = {
    "check": ("check", "own.yaml"), "check as JSON": ("check", "--format", "json", "own.yaml"),
    "explain": ("explain", "os.files[0].path"), "explain a rule": ("explain", "path-twice"),
    "explain all": ("explain", "rules"), "schema": ("schema",),
    "render": ("render", "own.yaml", "-o", "tree"), "diff": ("diff", "own.yaml", "tree"),
    "completion": ("completion", "bash"), "verbose": ("-v", "check", "own.yaml"),
    "adopt": ("adopt", "tree/node", "--kubernetes", "1.34.4", "-o", "adopted.yaml"),
    **{f"{verb} --help": (verb, "--help") for verb in house.VERBS},
}


def test_every_verb_runs_away_from_the_checkout(installed: Path) -> None:
    """In their order: each may use what the ones before it wrote."""
    program, folder = installed / "venv/bin/imagegen", installed / "away"
    folder.mkdir()
    run(program, "init", "--yes", "--name", "own", cwd=folder)
    said = {name: run(program, *argv, cwd=folder) for name, argv in VERBS.items()}
    assert said["check"] == "1 file: nothing found\n"
    assert said["schema"] == (ROOT / "schema/imagegen-v1alpha1.schema.json").read_text()
    assert f"imagegen {__version__} in {site(installed)}/imagegen" in said["verbose"]
    assert str(ROOT) not in "".join(said.values())
    assert run(program, "check", "adopted.yaml", cwd=folder).startswith("1 file: ")


def test_nothing_but_the_package_is_inside(installed: Path) -> None:
    assert not (site(installed) / "tests").exists()
