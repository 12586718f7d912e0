"""A node's files: a folder, or a tar held in memory. Links stay inside, nothing is extracted."""

from __future__ import annotations

import hashlib
import os
import re
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Protocol

from imagegen.adopt.collector import FACTS
from imagegen.adopt.tar import FILE, FOLDER, HARD_LINK, HINT, LINK, UNREAD, members
from imagegen.common.errors import InputError

MAX_FILE = 1 << 20
# dpkg's status of a large system is a few megabytes
LARGE = {"var/lib/dpkg/status": 32 << 20, "var/lib/apt/extended_states": 8 << 20,
         "usr/lib/imagegen/expectations.json": 8 << 20}
MAX_TEXT = 1 << 17
MAX_KEPT = 256 << 20
MAX_HOPS = 40
MAX_PATH, MAX_DEPTH = 1024, 40
# Nothing there is of use; keys least of all.
_UNWANTED = ("proc/", "sys/", "dev/", "boot/", "usr/share/", "usr/include/", "var/cache/",
             "var/log/", "home/", "root/", "etc/ssl/", "etc/pki/", "etc/kubernetes/pki/")
# never read, whoever asks: a script's or a certificate's link may lead there
_NEVER = (".key", "-key.pem", ".kubeconfig", "shadow", "shadow-")
_SECRET = (".key", ".pem", ".crt", ".kubeconfig", "shadow", "shadow-")
# what is public of those: authorities of the owner's, keys that let people in, keys of mirrors
_PUBLIC = re.compile(r"(usr/local/share/ca-certificates|etc/pki/ca-trust/source/anchors"
                     r"|usr/share/pki/ca-trust-source/anchors)/([^/]+/)?[^/]+(?<!\.key)\Z"
                     r"|(home/[^/]+|root)/\.ssh/authorized_keys2?\Z"
                     r"|usr/share/keyrings/[^/]+\.(gpg|asc)\Z"
                     r"|etc/pki/rpm-gpg/[^/]+(?<!\.key)\Z"
                     r"|usr/share/flatcar/update\.conf\Z")


@dataclass(frozen=True, slots=True)
class Entry:
    """A file, or with `link` a symbolic link, or a folder; its owner and group by number."""

    mode: int = 0o755
    link: str | None = None
    folder: bool = False
    uid: int = 0
    gid: int = 0


class Store(Protocol):
    """Where the files lie; paths are relative to the node's root, and no link is followed."""

    def entry(self, path: str) -> Entry | None:
        """What lies there, if it is a file, a link or a folder."""

    def data(self, path: str) -> bytes | None:
        """A file's bytes; None where it is too large or cannot be read."""

    def children(self, path: str) -> list[str]:
        """The names in a folder."""

    def sha256(self, path: str) -> str | None:
        """Of a file of any size; None where its bytes are not there."""


class Files:
    """A node's files by their absolute paths, as the node itself would see them."""

    def __init__(self, store: Store) -> None:
        self._store = store
        # path -> bytes of what was not read
        self.too_large: dict[str, int] = {}

    def read(self, path: str) -> bytes | None:
        """A file's bytes, links followed; None where there is none."""
        place = self.resolved(path)
        if not place or place.endswith(_NEVER):
            return None
        entry = self._store.entry(place)
        return self._store.data(place) if entry and not entry.folder else None

    def text(self, path: str) -> str | None:
        """A file of settings as text; bytes that are no UTF-8 become a mark.

        What is too large for one is not read: nobody wrote it by hand.
        """
        data = self.read(path)
        if data is not None and len(data) > MAX_TEXT and path.lstrip("/") not in LARGE:
            self.too_large[path] = len(data)
            return None
        return None if data is None else data.decode("utf-8", "replace")

    def whole(self, path: str) -> str | None:
        """A file that the profile gave, as text."""
        data = self.read(path)
        return None if data is None else data.decode("utf-8", "replace")

    def there(self, path: str) -> bool:
        """Whether a file lies there, its bytes known or not."""
        place = self.resolved(path)
        entry = None if place is None else self._store.entry(place)
        return entry is not None and not entry.folder

    def sha256(self, path: str) -> str | None:
        """A program's sha256; None where its bytes are not among the files."""
        place = self.resolved(path)
        found = self._store.sha256(place) if place else None
        return found or self._told_sums().get(path.lstrip("/"))

    def _told_sums(self) -> dict[str, str]:
        """The sums that the collector's script took on the node."""
        rows = (line.split() for line in (self.text(f"{FACTS}/sha256") or "").splitlines())
        return {row[1].lstrip("*"): row[0] for row in rows
                if len(row) == 2 and re.fullmatch("[0-9a-f]{64}", row[0])}

    def owner(self, path: str) -> tuple[int, int] | None:
        """Owner and group by number; None where the files were not kept as they were on the node:
        /etc/passwd is root's on every node."""
        book, place = self._store.entry("etc/passwd"), self.resolved(path)
        entry = None if place is None else self._store.entry(place)
        return None if entry is None or book is None or book.uid else (entry.uid, entry.gid)

    def names(self, folder: str) -> list[str]:
        """The names in a folder, sorted; none where it is not there."""
        place = self.resolved(folder)
        entry = None if place is None else self._store.entry(place)
        return sorted(self._store.children(place)) if place and entry and entry.folder else []

    def mode(self, path: str) -> int | None:
        """A file's permission bits."""
        place = self.resolved(path)
        entry = None if place is None else self._store.entry(place)
        return None if entry is None else entry.mode

    def link(self, path: str) -> str | None:
        """A link's target, as it stands there."""
        parent, _, name = path.rpartition("/")
        place = self.resolved(parent or "/")
        entry = None if place is None else self._store.entry(f"{place}/{name}".lstrip("/"))
        return None if entry is None else entry.link

    def resolved(self, path: str) -> str | None:
        """The path without links; the root's parent is the root, as for the node itself."""
        todo, done, hops = path.split("/"), list[str](), 0
        while todo:
            part = todo.pop(0)
            if part in ("", "."):
                continue
            if part == "..":
                done = done[:-1]
                continue
            entry = self._store.entry("/".join([*done, part]))
            if entry is None or hops > MAX_HOPS:
                return None
            if entry.link is None:
                done.append(part)
                continue
            hops += 1
            done = [] if entry.link.startswith("/") else done
            todo = entry.link.split("/") + todo
        return "/".join(done)


@dataclass(frozen=True, slots=True)
class Folder:
    """A node's root directory on this machine."""

    root: Path

    def entry(self, path: str) -> Entry | None:
        """What lies there; a device or a pipe is as good as nothing."""
        try:
            state = (self.root / path).lstat()
            if stat.S_ISLNK(state.st_mode):
                return Entry(link=str((self.root / path).readlink()))
        except (OSError, ValueError):
            return None
        if not stat.S_ISDIR(state.st_mode) and not stat.S_ISREG(state.st_mode):
            return None
        return Entry(stat.S_IMODE(state.st_mode), folder=stat.S_ISDIR(state.st_mode),
                     uid=state.st_uid, gid=state.st_gid)

    def data(self, path: str) -> bytes | None:
        """A regular file's bytes; a link that came in between is not followed."""
        limit = LARGE.get(path, MAX_FILE)
        try:
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                data = file.read(limit + 1)
        except OSError:
            return None
        return data if len(data) <= limit else None

    def sha256(self, path: str) -> str | None:
        """Read piece by piece, so that its size does not matter."""
        try:
            handle = os.open(self.root / path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
            with os.fdopen(handle, "rb") as file:
                if not stat.S_ISREG(os.fstat(handle).st_mode):
                    return None
                return hashlib.file_digest(file, "sha256").hexdigest()
        except OSError:
            return None

    def children(self, path: str) -> list[str]:
        """The names in a folder; none where it may not be entered."""
        try:
            return os.listdir(self.root / path)  # noqa: PTH208
        except OSError:
            return []


@dataclass(slots=True)
class Archive:
    """A tar's members in memory."""

    entries: dict[str, Entry] = field(default_factory=dict)
    bytes_of: dict[str, bytes] = field(default_factory=dict)
    inside: dict[str, set[str]] = field(default_factory=dict)
    kept: int = 0

    def entry(self, path: str) -> Entry | None:
        """What lies there."""
        return self.entries.get(path)

    def data(self, path: str) -> bytes | None:
        """A file's bytes."""
        return self.bytes_of.get(path)

    def sha256(self, path: str) -> str | None:
        """Of the bytes that were kept."""
        data = self.bytes_of.get(path)
        return None if data is None else hashlib.sha256(data).hexdigest()

    def children(self, path: str) -> list[str]:
        """The names in a folder."""
        return list(self.inside.get(path, ()))

    def put(self, path: str, entry: Entry, data: bytes | None = None) -> None:
        """Add a member and the folders above it; of two with one name the last counts."""
        parent, _, name = path.rpartition("/")
        if parent and parent not in self.entries:
            self.put(parent, Entry(folder=True))
        self.inside.setdefault(parent, set()).add(name)
        self.entries[path] = entry
        self.bytes_of.pop(path, None)
        if data is not None:
            self.bytes_of[path] = data
            self._keep(len(data))

    def _keep(self, size: int) -> None:
        self.kept += size
        if self.kept > MAX_KEPT:
            raise InputError(f"the tar's small files are more than {MAX_KEPT >> 20} MiB",
                             hint=HINT)


def folder_files(root: Path) -> Files:
    """A root directory. Raises InputError where it is none."""
    if not root.is_dir():
        raise InputError(f"{root} is no folder and no tar", hint=HINT)
    return _a_nodes(Files(Folder(root)), str(root))


def tar_files(file: IO[bytes], name: str) -> Files:
    """A tar's files. Raises InputError where it is none, or goes beyond a limit."""
    archive = Archive()
    for member in members(file, wanted):
        path = inner(member.name)
        if path is None or len(member.link) > MAX_PATH:
            continue
        owner = (member.uid, member.gid)
        if member.kind == FILE:
            archive.put(path, Entry(member.mode, None, False, *owner), member.data)
        elif member.kind == UNREAD and told(path):
            archive.put(path, Entry(member.mode))
        elif member.kind == FOLDER:
            archive.put(path, Entry(member.mode, folder=True))
        elif member.kind == LINK:
            archive.put(path, Entry(0o777, link=member.link))
        elif member.kind == HARD_LINK:
            archive.put(path, Entry(0o777, link=f"/{member.link.lstrip('/')}"))
    return _a_nodes(Files(archive), name)


def wanted(name: str, size: int) -> bool:
    """Whether a member's bytes are kept: small, no key, and not where nothing of use lies."""
    path = inner(name)
    if path is None:
        return False
    if (path.startswith(_UNWANTED) or path.endswith(_SECRET)) and not _PUBLIC.match(path):
        return False
    return size <= LARGE.get(path, MAX_FILE)


def told(path: str) -> bool:
    """Whether it matters that a file is there, though its bytes are not kept: keys, programs."""
    keys = path.endswith(_SECRET) or path.startswith(("etc/kubernetes/pki/", "etc/ssl/private/"))
    return keys or path.rpartition("/")[2] in ("kubelet", "kube-proxy")


def inner(name: str) -> str | None:
    """A member's path below the node's root; None where it would lead out of it or is absurd."""
    parts = [part for part in name.split("/") if part not in ("", ".")]
    if not parts or ".." in parts or len(name) > MAX_PATH or len(parts) > MAX_DEPTH:
        return None
    return "/".join(parts)


def _a_nodes(files: Files, name: str) -> Files:
    if files.names("/etc") or files.names("/usr"):
        return files
    hint = HINT
    if files.names("/node/etc"):
        hint = f"this is a rendered tree: give {name}/node"
    raise InputError(f"{name} holds no node's files: there is no etc/ in it", hint=hint)
