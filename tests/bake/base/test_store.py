"""Found without reading, waited for, swept, published whole."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from imagegen.bake.base import store
from imagegen.bake.base.store import (
    IMAGE,
    MANIFEST,
    Slot,
    dumped,
    found,
    locked,
    mounts_below,
    publish,
    remove,
    slot_for,
    stamp,
    workshop,
)
from imagegen.common.files import sha256_file
from imagegen.common.progress import Silent

DIGEST = "d" * 64
HOLDER = """
import sys
from pathlib import Path
from imagegen.bake.base.store import Slot, locked
class Told:
    def step(self, title): print(title, flush=True)
    def line(self, text): pass
with locked(Slot(Path(sys.argv[1]), sys.argv[2]), Told()):
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def slot(tmp_path: Path) -> Slot:
    return Slot(tmp_path, DIGEST)


def put(slot: Slot, data: bytes) -> None:
    with workshop(slot) as work:
        done = work / "done"
        done.mkdir()
        (done / IMAGE).write_bytes(data)
        manifest = {"sha256": sha256_file(done / IMAGE), "file": stamp(done / IMAGE)}
        (done / MANIFEST).write_bytes(dumped(manifest))
        publish(slot, done)


def holder(slot: Slot, digest: str = DIGEST) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(slot.shelf), digest],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def test_the_cache_is_where_the_user_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path))
    assert slot_for("abc").folder == tmp_path / "base" / "abc"


def test_nothing_is_found_in_an_empty_slot(slot: Slot) -> None:
    assert found(slot) is None


def test_what_was_published_is_found_without_being_read(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(slot, b"image")
    monkeypatch.setattr(store, "sha256_file", lambda path: pytest.fail("it was read"))
    base = found(slot)
    assert base is not None
    assert base.path.read_bytes() == b"image"
    assert base.manifest["sha256"] == base.sha256
    assert [path.name for path in slot.shelf.iterdir()] == [DIGEST]


def test_a_touched_file_is_read_once_and_believed(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(slot, b"image")
    os.utime(slot.folder / IMAGE, ns=(1, 1))
    assert found(slot) is not None
    monkeypatch.setattr(store, "sha256_file", lambda path: pytest.fail("it was read again"))
    assert found(slot) is not None


@pytest.mark.parametrize("damage", ["bytes", "size", "manifest", "no image", "no manifest"])
def test_a_damaged_base_is_not_found(slot: Slot, damage: str) -> None:
    put(slot, b"image")
    image, manifest = slot.folder / IMAGE, slot.folder / MANIFEST
    match damage:
        case "bytes":
            image.write_bytes(b"imagE")
        case "size":
            image.write_bytes(b"image, longer")
        case "manifest":
            manifest.write_bytes(manifest.read_bytes()[:-20])
        case "no image":
            image.unlink()
        case _:
            manifest.unlink()
    assert found(slot) is None


def test_publishing_again_takes_the_old_ones_place(slot: Slot) -> None:
    put(slot, b"old")
    put(slot, b"new")
    base = found(slot)
    assert base is not None
    assert base.path.read_bytes() == b"new"
    assert [path.name for path in slot.shelf.iterdir()] == [DIGEST]


def test_a_failure_in_the_workshop_leaves_nothing(slot: Slot) -> None:
    with pytest.raises(RuntimeError), workshop(slot) as work:
        (work / "half").write_bytes(b"x")
        raise RuntimeError
    assert list(slot.shelf.iterdir()) == []


def test_the_second_waits_for_the_first_and_says_so(slot: Slot) -> None:
    with holder(slot) as first:
        assert first.stdout and first.stdout.readline() == "held\n"
        with holder(slot) as second:
            assert second.stdout
            assert "waiting for another imagegen" in second.stdout.readline()
            first.communicate()
            assert second.stdout.readline() == "held\n"
            second.communicate()


def test_a_killed_holder_gives_the_lock_up(slot: Slot) -> None:
    with holder(slot) as first:
        assert first.stdout and first.stdout.readline() == "held\n"
        first.kill()
        first.wait()
        with locked(slot, Silent()):
            pass


def test_the_sweep_takes_dead_makers_folders_only(slot: Slot) -> None:
    other, busy = "a" * 64, "b" * 64
    left = [slot.shelf / f".{digest}.x1" for digest in (DIGEST, other, busy)]
    for folder in left:
        (folder / "deep").mkdir(parents=True)
    put(slot, b"image")
    with holder(slot, busy) as maker:
        # the holder's own sweep came first, so its leftover is put there again
        assert maker.stdout and maker.stdout.readline() == "held\n"
        for folder in left:
            (folder / "deep").mkdir(parents=True, exist_ok=True)
        with locked(slot, Silent()):
            assert [folder.exists() for folder in left] == [False, False, True]
        maker.communicate()
    assert found(slot) is not None


def test_what_is_mounted_in_a_leftover_survives_its_removal(tmp_path: Path) -> None:
    outside, left = tmp_path / "outside", tmp_path / "left over"
    (left / "dev").mkdir(parents=True)
    outside.mkdir()
    (outside / "precious").write_bytes(b"x")
    mount = subprocess.run(
        ["mount", "--bind", str(outside), str(left / "dev")], capture_output=True, text=True
    )
    try:
        assert (mount.returncode == 0) == bool(mounts_below(left)), mount.stderr
        remove(left)
        assert not left.exists()
        assert mounts_below(left) == []
        assert (outside / "precious").read_bytes() == b"x"
    finally:
        subprocess.run(["umount", "--lazy", str(left / "dev")], capture_output=True)


def test_a_cache_that_cannot_be_written_still_answers(
    slot: Slot, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(slot, b"image")
    os.utime(slot.folder / IMAGE, ns=(1, 1))

    def refused(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr(store, "write_atomic", refused)
    assert found(slot) is not None
    written = json.loads((slot.folder / MANIFEST).read_bytes())
    assert written["file"] != stamp(slot.folder / IMAGE)


def test_a_copied_cache_answers(slot: Slot, tmp_path: Path) -> None:
    put(slot, b"image")
    shutil.copytree(slot.folder, tmp_path / "other" / DIGEST, copy_function=shutil.copyfile)
    base = found(Slot(tmp_path / "other", DIGEST))
    assert base is not None


def test_a_chroot_without_proc_is_no_obstacle(
    slot: Slot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "MOUNTS", tmp_path / "none")
    put(slot, b"image")
    assert found(slot) is not None
