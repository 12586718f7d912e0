"""Finished bases on disk: found, locked, swept and published."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from imagegen.bake.tools import find_tool
from imagegen.common.files import private_dir, sha256_file, write_atomic
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

IMAGE = "base.qcow2"
MANIFEST = "base.json"
MOUNTS = Path("/proc/self/mountinfo")


@dataclass(frozen=True, slots=True)
class BaseImage:
    """A finished base: the qcow2, its hex sha256, and what it was made from."""

    path: Path
    sha256: str
    manifest: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Slot:
    """The place of one digest in the cache."""

    shelf: Path
    digest: str

    @property
    def folder(self) -> Path:
        """The final name; it is there only when it is whole."""
        return self.shelf / self.digest

    @property
    def log(self) -> Path:
        """What the last build's tools said."""
        return self.shelf / f"{self.digest}.log"


def slot_for(digest: str) -> Slot:
    """The place of a digest in this user's cache."""
    return Slot(cache_dir("base"), digest)


def found(slot: Slot) -> BaseImage | None:
    """The finished base in a slot, or None. Its bytes are read only if size or time changed."""
    path = slot.folder / IMAGE
    try:
        manifest = json.loads((slot.folder / MANIFEST).read_bytes())
        if manifest["file"] != stamp(path):
            if sha256_file(path) != manifest["sha256"]:
                return None
            _restamp(slot, manifest, path)
        with suppress(OSError):
            # by this `prune` knows which were used last
            os.utime(slot.folder)
        return BaseImage(path, manifest["sha256"], manifest)
    except (OSError, ValueError, KeyError, TypeError):
        return None


def stamp(path: Path) -> dict[str, int]:
    """Size in bytes and change time in ns, by which an unchanged file is known."""
    stat = path.stat()
    return {"size": stat.st_size, "mtimeNs": stat.st_mtime_ns}


def _restamp(slot: Slot, manifest: dict[str, Any], path: Path) -> None:
    manifest["file"] = stamp(path)
    with suppress(OSError):  # a cache that may only be read is as good
        write_atomic(slot.folder / MANIFEST, dumped(manifest))


def dumped(manifest: dict[str, Any]) -> bytes:
    """A manifest as the bytes of base.json."""
    return (json.dumps(manifest, indent=2, sort_keys=True) + "\n").encode()


@contextmanager
def locked(slot: Slot, progress: Progress) -> Iterator[None]:
    """Hold the slot alone; what interrupted builds left on the shelf is removed first."""
    with _lock_file(slot.shelf, slot.digest) as file:
        if not _try_lock(file):
            progress.step("waiting for another imagegen that makes the same base image")
            fcntl.flock(file, fcntl.LOCK_EX)
        _sweep(slot)
        yield


def _sweep(slot: Slot) -> None:
    """Remove private folders whose maker is dead: this slot's, and any whose lock nobody holds."""
    for left in slot.shelf.glob(".*.*"):
        digest = left.name.split(".")[1]
        if digest == slot.digest:
            remove(left)
            continue
        with held(Slot(slot.shelf, digest)) as ours:
            if ours:
                remove(left)


@contextmanager
def held(slot: Slot) -> Iterator[bool]:
    """Hold a slot if nobody else does, without waiting; whether it is held."""
    with _lock_file(slot.shelf, slot.digest) as file:
        yield _try_lock(file)


def _lock_file(shelf: Path, digest: str) -> IO[str]:
    return (shelf / f"{digest}.lock").open("w")


def _try_lock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def workshop(slot: Slot) -> Iterator[Path]:
    """A private folder beside the slot, gone at the end with whatever was mounted in it."""
    with private_dir(slot.shelf, prefix=f".{slot.digest}.") as path:
        try:
            yield path
        finally:
            unmount_below(path)


def publish(slot: Slot, done: Path) -> None:
    """Give a finished folder its final name; an older one goes away."""
    if slot.folder.exists():
        old = done.parent / "old"
        slot.folder.rename(old)
    done.rename(slot.folder)


def remove(folder: Path) -> None:
    """Remove a folder and all in it, but nothing of what is mounted there."""
    unmount_below(folder)
    shutil.rmtree(folder, ignore_errors=True)


def unmount_below(folder: Path) -> None:
    """Undo mounts under a folder: mmdebstrap, killed, leaves the root's /proc, /sys and /dev.

    To remove the folder before that would remove what is mounted. Raises ToolError if one stays.
    """
    for mount in reversed(mounts_below(folder)):
        run([find_tool(Tool.UMOUNT), "--lazy", "--no-mtab", mount], tidies=True)


def mounts_below(folder: Path) -> list[str]:
    """The mount points under a folder, in the order of their mounting."""
    start = f"{folder.resolve()}/"
    try:
        text = MOUNTS.read_text(errors="surrogateescape")
    except FileNotFoundError:  # a chroot without /proc cannot tell; mmdebstrap undoes its own
        return []
    points = [_unescaped(line.split()[4]) for line in text.splitlines()]
    return [point for point in points if point.startswith(start)]


def _unescaped(text: str) -> str:
    """The kernel writes blank, tab, line break and backslash in octal (proc(5))."""
    for code, char in (("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")):
        text = text.replace(code, char)
    return text
