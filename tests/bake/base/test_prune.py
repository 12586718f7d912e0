"""Old bases go by the rule, and nothing else does."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from imagegen.bake.base.prune import prune
from imagegen.bake.base.store import IMAGE, MANIFEST, Slot, dumped, found, held, stamp
from imagegen.common.files import sha256_file
from tests.progress import Told

HOUR = 3600.0


@pytest.fixture
def new(tmp_path: Path) -> Slot:
    """The base that was just made."""
    return put(tmp_path, "new", "12", 0)


def put(shelf: Path, name: str, release: str | None, hours_ago: float) -> Slot:
    slot = Slot(shelf, name)
    slot.folder.mkdir()
    (slot.folder / IMAGE).write_bytes(bytes(2 << 20))
    spec = {} if release is None else {"spec": {"distribution": "debian", "release": release}}
    slot.log.touch()
    manifest = {"sha256": sha256_file(slot.folder / IMAGE), "file": stamp(slot.folder / IMAGE)}
    (slot.folder / MANIFEST).write_bytes(dumped({**manifest, **spec}))
    used(slot, hours_ago)
    return slot


def used(slot: Slot, hours_ago: float) -> None:
    when = time.time() - hours_ago * HOUR
    os.utime(slot.folder, (when, when))


def left(shelf: Path) -> set[str]:
    return {path.name for path in shelf.iterdir() if path.is_dir()}


def test_three_of_each_release_stay(new: Slot) -> None:
    for number in range(5):
        put(new.shelf, f"twelve-{number}", "12", 100 + number)
    for number in range(4):
        put(new.shelf, f"thirteen-{number}", "13", 200 + number)
    put(new.shelf, "broken", None, 1000)
    told = Told()
    prune(new, told)
    assert left(new.shelf) == {"new", "twelve-0", "twelve-1", "thirteen-0", "thirteen-1",
                               "thirteen-2", "broken"}
    assert told.steps == ["base: removed 4 that were not used for a day, 8 MiB freed"]
    assert told.lines == []
    assert not (new.shelf / "twelve-4.log").exists()
    prune(new, silent := Told())
    assert (silent.steps, silent.lines) == ([], [])


def test_what_was_used_within_a_day_stays(new: Slot) -> None:
    for number in range(6):
        put(new.shelf, f"old-{number}", "12", 20 + number)
    prune(new, Told())
    assert left(new.shelf) == {"new", *(f"old-{number}" for number in range(4))}


def test_to_ask_for_a_base_is_to_use_it(new: Slot) -> None:
    slots = [put(new.shelf, f"old-{number}", "12", 100 + number) for number in range(5)]
    assert found(slots[4]) is not None
    prune(new, Told())
    assert left(new.shelf) == {"new", "old-4", "old-0"}


def test_one_that_another_holds_stays(new: Slot) -> None:
    slots = [put(new.shelf, f"old-{number}", "12", 100 + number) for number in range(4)]
    with held(slots[3]) as ours:
        assert ours
        prune(new, Told())
    assert left(new.shelf) == {"new", "old-0", "old-1", "old-3"}


def test_the_new_one_stays_whatever_the_clock_says(new: Slot) -> None:
    for number in range(4):
        put(new.shelf, f"old-{number}", "12", 30 + number)
    used(new, 1000)
    prune(new, Told())
    assert left(new.shelf) == {"new", "old-0", "old-1", "old-2"}
