"""Files that are whole or not there, and locks that die with their holder."""

from __future__ import annotations

import os
import stat
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagegen.common.assets import asset
from imagegen.common.files import copy_atomic, private_dir, replace_dir, sha256_file, write_atomic
from imagegen.common.locks import alone
from imagegen.common.places import cache_dir
from imagegen.common.progress import Silent
from tests.verbs import ROOT

HOLDER = """
import sys, time
from pathlib import Path
from imagegen.common.locks import alone
from imagegen.common.progress import Silent
with alone(Path(sys.argv[1]), Silent(), "holding"):
    print("held", flush=True)
    time.sleep(600)
"""


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@pytest.fixture
def tight_umask() -> Iterator[None]:
    before = os.umask(0o077)
    yield
    os.umask(before)


@pytest.mark.usefixtures("tight_umask")
def test_a_write_has_its_mode_whatever_the_umask(tmp_path: Path) -> None:
    write_atomic(tmp_path / "deep/file", b"one", 0o640)
    write_atomic(tmp_path / "deep/file", b"two")
    assert (tmp_path / "deep/file").read_bytes() == b"two"
    assert mode(tmp_path / "deep/file") == 0o644


def test_a_failed_write_leaves_the_old_file_and_nothing_else(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_atomic(tmp_path / "file", b"old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space"):
        write_atomic(tmp_path / "file", b"new")
    assert [path.name for path in tmp_path.iterdir()] == ["file"]
    assert (tmp_path / "file").read_bytes() == b"old"


def test_a_copy_is_whole_and_keeps_nothing_half(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(os.urandom(1 << 20))
    (tmp_path / "source").chmod(0o600)
    copy_atomic(tmp_path / "source", tmp_path / "deep/target")
    assert sha256_file(tmp_path / "source") == sha256_file(tmp_path / "deep/target")
    assert mode(tmp_path / "deep/target") == 0o644
    with pytest.raises(FileNotFoundError):
        copy_atomic(tmp_path / "none", tmp_path / "deep/target")
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["target"]


@pytest.mark.usefixtures("tight_umask")
def test_a_tree_has_its_modes_whatever_the_umask(tmp_path: Path) -> None:
    replace_dir({"a/b/file": (b"x", 0o755, None), "a/link": (b"", 0, "b/file")}, tmp_path / "t")
    assert mode(tmp_path / "t/a/b/file") == 0o755
    assert {mode(tmp_path / name) for name in ("t", "t/a", "t/a/b")} == {0o755}
    assert (tmp_path / "t/a/link").read_bytes() == b"x"


def test_a_file_under_a_file_leaves_the_old_tree(tmp_path: Path) -> None:
    replace_dir({"old": (b"x", 0o644, None)}, tmp_path / "t")
    with pytest.raises(OSError):
        replace_dir({"a": (b"x", 0o644, None), "a/b": (b"x", 0o644, None)}, tmp_path / "t")
    assert [path.name for path in tmp_path.iterdir()] == ["t"]
    assert [path.name for path in (tmp_path / "t").iterdir()] == ["old"]


def test_a_private_folder_is_private_and_goes(tmp_path: Path) -> None:
    with pytest.raises(ZeroDivisionError), private_dir(tmp_path / "parent") as folder:
        (folder / "file").touch()
        assert mode(folder) == 0o700
        raise ZeroDivisionError
    assert list((tmp_path / "parent").iterdir()) == []


def test_the_cache_can_be_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    assert cache_dir("base") == tmp_path / "cache/base"
    assert mode(tmp_path / "cache/base") == 0o700
    monkeypatch.delenv("IMAGEGEN_CACHE")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert cache_dir("base") == tmp_path / "xdg/imagegen/base"


@pytest.mark.parametrize("name", ["templates/node", "profiles/quickstart.yaml", "packer/qemu"])
def test_assets_are_found(name: str) -> None:
    assert asset(name).exists()


class Told(Silent):
    """Keeps the steps, and does something at each."""

    def __init__(self, then: Callable[[], object]) -> None:
        self.steps, self.then = list[str](), then

    def step(self, title: str) -> None:
        self.steps.append(title)
        self.then()


@pytest.fixture
def holder(tmp_path: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Another process that holds the lock."""
    child = subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path / "deep/lock")],
                             stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert child.stdout is not None
    assert child.stdout.readline() == b"held\n"
    yield child
    child.kill()
    child.wait()
    child.stdout.close()


def test_a_lock_is_waited_for_and_goes_with_its_holder(
    holder: subprocess.Popen[bytes], tmp_path: Path) -> None:
    ending = threading.Event()

    def end() -> None:
        ending.set()
        holder.kill()

    told = Told(threading.Timer(1, end).start)
    with alone(tmp_path / "deep/lock", told, "building x"):
        assert ending.is_set(), "we came in while another held the lock"
    assert holder.wait(60) == -9
    assert told.steps == ["waiting for another imagegen that is building x"]


def test_a_free_lock_says_nothing(tmp_path: Path) -> None:
    for _ in range(2):
        told = Told(lambda: None)
        with alone(tmp_path / "lock", told, "building"):
            pass
        assert told.steps == []
