"""Atomic writes, private folders and digests."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from imagegen.common.verbose import note

SUN_PATH = 107
# the longest name that a tool gives its socket: packer-plugin and ten digits, with room to spare
SOCKET_NAME = 32


def sha256_file(path: Path) -> str:
    """Hex sha256 of a file's bytes."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def sha256_bytes(data: bytes) -> str:
    """Hex sha256 of some bytes."""
    return hashlib.sha256(data).hexdigest()


def write_atomic(path: Path, data: bytes, mode: int = 0o644) -> None:
    """The old file or the new one, never half of it."""
    with _named(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            os.chmod(name, mode)  # noqa: PTH101
            os.replace(name, path)  # noqa: PTH105
            note(f"wrote {path}, {len(data)} bytes")
        except BaseException:
            os.unlink(name)  # noqa: PTH108
            raise


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """An error of the system names the file that was meant, not the one beside it."""
    try:
        yield
    except OSError as error:
        raise OSError(error.errno, error.strerror, str(path)) from error


def require_writable(folder: Path) -> None:
    """Raise InputError where a folder cannot be made or written to; nothing is made."""
    from imagegen.common.errors import InputError

    there = next(one for one in (folder.absolute(), *folder.absolute().parents) if one.exists())
    if not there.is_dir():
        raise InputError(f"{there} is a file, so there can be no folder {folder}",
                         hint="choose another place with -o")
    if not os.access(there, os.W_OK | os.X_OK):
        raise InputError(f"{there} may not be written to", hint="choose another place with -o, or "
                         "change who may write there")


@contextmanager
def private_dir(parent: Path | None = None, prefix: str = "imagegen-") -> Iterator[Path]:
    """A temporary folder that only its owner can enter, gone at the end."""
    if parent is not None:
        parent.mkdir(parents=True, exist_ok=True)
    path = Path(tempfile.mkdtemp(dir=parent, prefix=prefix))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def socket_dir(prefix: str = "imagegen-") -> Iterator[Path]:
    """A private folder whose path is short enough for the Unix sockets that tools put there.

    sun_path holds 108 bytes with its NUL (unix(7)); a temporary folder too deep gives way to /tmp.
    """
    usual = Path(tempfile.gettempdir())
    deep = len(os.fsencode(usual)) + len(prefix) + len("/12345678/") + SOCKET_NAME > SUN_PATH
    with private_dir(Path("/tmp") if deep else usual, prefix) as path:
        yield path


def replace_dir(files: Mapping[str, tuple[bytes, int, str | None]], target: Path,
                kept: Sequence[str] = ()) -> None:
    """Put a tree (relative path -> bytes, mode, link target) in the place of `target` at once.

    The tree is written beside the target and exchanged by rename; modes are set whatever the umask.
    What is `kept` of the old tree is in the new one: the same files, not copies of them.
    """
    with _named(target):
        _replace_dir(files, target, kept)


def _replace_dir(files: Mapping[str, tuple[bytes, int, str | None]], target: Path,
                 kept: Sequence[str]) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    new = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}."))
    try:
        for name, (data, mode, link) in sorted(files.items()):
            _put(new, name, data, mode, link)
        for name in kept:
            _keep(target, new, name)
        new.chmod(0o755)
        _exchange(new, target)
        note(f"wrote {target}, {len(files)} files")
    finally:
        shutil.rmtree(new, ignore_errors=True)


def _put(root: Path, name: str, data: bytes, mode: int, link: str | None) -> None:
    path = root / name
    for parent in reversed(path.relative_to(root).parents[:-1]):
        folder = root / parent
        folder.mkdir(exist_ok=True)
        folder.chmod(0o755)
    if link is not None:
        path.symlink_to(link)
        return
    path.write_bytes(data)
    path.chmod(mode)


def _keep(old: Path, new: Path, name: str) -> None:
    """A second name for a file, so that the old tree is whole until the exchange."""
    source, path = old / name, new / name
    for parent in reversed(path.relative_to(new).parents[:-1]):
        if not (new / parent).exists():
            (new / parent).mkdir()
            shutil.copystat(old / parent, new / parent)
    if source.is_dir() and not source.is_symlink():
        path.mkdir()
        shutil.copystat(source, path)
    else:
        os.link(source, path, follow_symlinks=False)


def _exchange(new: Path, target: Path) -> None:
    """What stood at `target` ends up at `new`, in one step where the file system can."""
    if not target.exists():
        new.rename(target)
    elif not _swapped(new, target):
        old = Path(tempfile.mkdtemp(dir=target.parent, prefix=f".{target.name}.old."))
        target.rename(old / "tree")
        new.rename(target)
        shutil.rmtree(old, ignore_errors=True)


def _swapped(one: Path, other: Path) -> bool:
    """renameat2(2) with RENAME_EXCHANGE: nobody ever sees neither of the two."""
    import ctypes

    here, exchange = -100, 2  # AT_FDCWD, RENAME_EXCHANGE
    rename = getattr(ctypes.CDLL(None), "renameat2", None)
    names = os.fsencode(one), os.fsencode(other)
    return rename is not None and rename(here, names[0], here, names[1], exchange) == 0


def copy_atomic(source: Path, target: Path) -> None:
    """Copy a large file so that the target is whole or not there."""
    target.parent.mkdir(parents=True, exist_ok=True)
    with private_dir(target.parent, f".{target.name}.") as folder:
        shutil.copyfile(source, folder / "copy")
        (folder / "copy").chmod(0o644)
        (folder / "copy").replace(target)
    note(f"copied {source} to {target}")
