"""`pip install` of the wheel, away from the checkout: all that it needs travels inside."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from imagegen import __version__
from imagegen import cli as house
from imagegen.pages.shipped import GUIDES, profile_names

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
    "profile": ("profile",), "profile by name": ("profile", "recipe"),
    "explain a guide": ("explain", "gates"), "explain the check": ("explain", "check.rules"),
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


# a file of the checkout that no wheel has at that place
_OF_THE_CHECKOUT = re.compile(
    r"(?:^|(?<=[\s`(\"']))(?<!containerd )(?:docs|profiles|schema|tests|observability)/"
    r"[\w./*-]+\.(?:md|ya?ml|json|py|sh)|CONTRIBUTING\.md")
EVERY_PAGE = """
from imagegen.pages.explain import check_text, field_text, rule_text
from imagegen.pages.walk import fields
from imagegen.knowledge.pages import rule_pages
from imagegen.node.pages import pages
print(*(field_text(field, 100) for field in fields()), sep="\\n")
print(*(rule_text(rule, page, 100) for rule, page in rule_pages().items()), sep="\\n")
print(*(check_text(f"check.{rule}", 100) for rule in pages()), sep="\\n")
"""


def sentences(module: Path) -> list[str]:
    """The texts of a module that its program may show: no docstring and no bare path."""
    tree = ast.parse(module.read_text())
    docs = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    return [node.value for node in ast.walk(tree) if isinstance(node, ast.Constant)
            and isinstance(node.value, str) and id(node) not in docs and " " in node.value]


def test_what_a_user_is_shown_names_no_file_of_the_checkout(installed: Path) -> None:
    program = installed / "venv/bin/imagegen"
    shown = {"pages": run(installed / "venv/bin/python", "-c", EVERY_PAGE, cwd=installed),
             "help": run(program, "--help", cwd=installed)}
    shown |= {verb: run(program, verb, "--help", cwd=installed) for verb in house.VERBS}
    shown |= {name: run(program, "profile", name, cwd=installed) for name in profile_names()}
    shown |= {guide: run(program, "explain", guide, cwd=installed) for guide in GUIDES}
    shown |= {str(module): "\n".join(sentences(module))
              for module in (site(installed) / "imagegen").rglob("*.py")}
    assert {name: found for name, text in shown.items()
            if (found := _OF_THE_CHECKOUT.findall(text))} == {}


@pytest.mark.parametrize("text", [
    "start from a copy of profiles/quickstart.yaml", "see `docs/gates.md`.", "docs/fields/x.md",
    "imagegen check profiles/*.yaml"])
def test_a_file_of_the_checkout_is_recognised(text: str) -> None:
    assert _OF_THE_CHECKOUT.search(text)
