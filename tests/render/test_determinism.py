"""The same profile gives the same bytes, whoever renders it and wherever."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.profiles import GOOD, place
from tests.verbs import PROFILES, ROOT, called, process

SURROUNDINGS: dict[str, dict[str, str]] = {
    "hash-and-zone": {"PYTHONHASHSEED": "1", "TZ": "Pacific/Kiritimati", "SOURCE_DATE_EPOCH": "1"},
    "hash-user-locale": {"PYTHONHASHSEED": "4242", "HOME": "/nonexistent", "USER": "nobody",
                         "LOGNAME": "nobody", "LC_ALL": "C", "LANG": "de_DE.UTF-8"},
}


def tree(folder: Path) -> dict[str, tuple[str, int, bytes]]:
    """Path -> kind, mode and content of everything in a folder."""
    return {str(path.relative_to(folder)): _entry(path) for path in [folder, *folder.rglob("*")]}


def _entry(path: Path) -> tuple[str, int, bytes]:
    mode = stat.S_IMODE(path.lstat().st_mode)
    if path.is_symlink():
        return "link", mode, str(path.readlink()).encode()
    return ("folder", mode, b"") if path.is_dir() else ("file", mode, path.read_bytes())


@pytest.fixture(scope="module", params=GOOD)
def first(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
          ) -> tuple[str, dict[str, tuple[str, int, bytes]]]:
    """A profile's name, and its tree as the first process wrote it."""
    out = tmp_path_factory.mktemp("first") / "out"
    assert process("render", str(place(request.param)), "-o", str(out)).code == 0
    return request.param, tree(out)


@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS.keys())
def test_surroundings_change_nothing(
    first: tuple[str, dict[str, tuple[str, int, bytes]]], around: dict[str, str], tmp_path: Path,
) -> None:
    name, expected = first
    said = process("render", str(place(name)), "-o", str(tmp_path / "out"),
                   env=around)
    assert said.code == 0, said.err
    assert tree(tmp_path / "out") == expected


@pytest.mark.parametrize("umask", [0o077])
def test_the_umask_changes_nothing(
    first: tuple[str, dict[str, tuple[str, int, bytes]]], umask: int, tmp_path: Path,
) -> None:
    name, expected = first
    assert process("render", str(place(name)), "-o", str(tmp_path / "out"),
                   umask=umask).code == 0
    assert tree(tmp_path / "out") == expected


def test_folder_and_second_run_change_nothing(
    first: tuple[str, dict[str, tuple[str, int, bytes]]], tmp_path: Path,
) -> None:
    name, expected = first
    (tmp_path / "copy.yaml").write_bytes(place(name).read_bytes())
    for _ in range(2):
        assert process("render", "copy.yaml", "-o", "deep/out", cwd=tmp_path).code == 0
        assert tree(tmp_path / "deep/out") == expected


def test_nothing_of_this_machine_is_in_it(
    first: tuple[str, dict[str, tuple[str, int, bytes]]]) -> None:
    _, files = first
    marks = (str(ROOT), "pytest-of")
    for path, (_, _, data) in files.items():
        assert not [mark for mark in marks if mark.encode() in data], path


def test_a_comment_changes_nothing_and_a_value_changes_the_name(tmp_path: Path) -> None:
    text = (PROFILES / "quickstart.yaml").read_text()
    for name, content in (("a", text), ("b", text + "# a comment\n"),
                          ("c", text.replace("300s", "301s"))):
        (tmp_path / f"{name}.yaml").write_text(content)
        called("render", str(tmp_path / f"{name}.yaml"), "-o", str(tmp_path / name))
    assert tree(tmp_path / "a") == tree(tmp_path / "b")
    names = [(tmp_path / name / "packer/node.auto.pkrvars.json").read_text() for name in "ac"]
    assert names[0] != names[1]
