"""Every file that imagegen writes, in memory; pure up to the one write at the end."""

from __future__ import annotations

import json
import stat
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from imagegen.common.errors import InputError
from imagegen.common.files import sha256_bytes, sha256_file

# the same files are asked for again and again: in the digest, the expectations and the manifest
_sha256 = lru_cache(256)(sha256_bytes)


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file, or a symbolic link where `link` is set (then without bytes)."""

    data: bytes = b""
    mode: int = 0o644
    link: str | None = None

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes, or of the link's target."""
        return _sha256(self.link.encode() if self.link is not None else self.data)


@dataclass(frozen=True, slots=True)
class Tree:
    """Relative path -> file, in sorted order."""

    files: Mapping[str, TreeFile] = field(default_factory=dict)

    def __or__(self, other: Tree) -> Tree:
        return Tree({**self.files, **other.files})

    def under(self, prefix: str) -> Tree:
        """The same files one folder deeper."""
        return Tree({f"{prefix}/{path}": file for path, file in self.files.items()})

    def digest(self) -> str:
        """Hex sha256 over every path, mode and content."""
        rows = (f"{path}\0{file.mode:o}\0{file.link is not None}\0{file.sha256}\n"
                for path, file in sorted(self.files.items()))
        return sha256_bytes("".join(rows).encode())

    def tar(self) -> bytes:
        """The files as a tar whose bytes depend on them alone: root's, of 1970, parents first."""
        blocks = [_header(name, tarfile.DIRTYPE, 0o755) for name in _folders(self.files)]
        for path, file in sorted(self.files.items()):
            blocks.extend(_entry(path, file))
        # two empty blocks, and up to a record, as tar(1) ends its own
        whole = sum(map(len, blocks)) + 2 * tarfile.BLOCKSIZE
        return b"".join((*blocks, bytes(2 * tarfile.BLOCKSIZE + -whole % tarfile.RECORDSIZE)))

    def write(self, target: Path) -> None:
        """Put the tree in the place of `target` at once; what its manifest does not name stays.

        Raises InputError where the folder is not imagegen's, and where a file that imagegen wrote
        has been changed since.
        """
        target = target.resolve()
        if target.exists() and not _ours(target):
            raise InputError(f"{target} is there already and was not written by imagegen",
                             hint="choose another folder with -o, or remove it yourself")
        if target in (Path.cwd(), *Path.cwd().parents):
            raise InputError(f"{target} is the folder that you are in, and would be replaced",
                             hint="go elsewhere first, or choose another folder with -o")
        from imagegen.common.files import replace_dir, require_writable

        require_writable(target.parent)
        kept = _kept(target, self.files) if target.exists() else []
        replace_dir({p: (f.data, f.mode, f.link) for p, f in self.files.items()}, target, kept)


def _ours(target: Path) -> bool:
    """An empty folder, or one whose manifest is imagegen's: others have a manifest.json as well."""
    if not target.is_dir():
        return False
    if not any(target.iterdir()):
        return True
    try:
        manifest = json.loads((target / "manifest.json").read_bytes())
    except (OSError, ValueError):
        return False
    return (isinstance(manifest, dict) and {"imagegen", "imageName", "files"} <= manifest.keys()
            and isinstance(manifest["files"], dict)
            and all(isinstance(row, dict) for row in manifest["files"].values()))


def _kept(target: Path, new: Mapping[str, TreeFile]) -> list[str]:
    """The files and empty folders in a rendered folder that its manifest does not name."""
    manifest = target / "manifest.json"
    rows = json.loads(manifest.read_bytes())["files"] if manifest.is_file() else {}
    there = sorted(str(path.relative_to(target)) for path in _leaves(target))
    changed = [name for name in there if name in rows and _is_changed(target / name, rows[name])]
    if changed:
        raise InputError(f"{_some(changed)} of {target} is not as imagegen wrote it, and your "
                         "change would be lost", hint="put the change into the profile, or move "
                         "the file away and render again")
    kept = [name for name in there if name not in rows and name != "manifest.json"]
    names = {*new, *(parent for name in new for parent in _all_parents(name))}
    clashing = [name for name in kept if name in names or {*_all_parents(name)} & new.keys()]
    if clashing:
        raise InputError(f"{_some(clashing)} of {target} was not written by imagegen and stands "
                         "where a rendered file goes", hint="move it away and render again")
    return kept


def _leaves(folder: Path) -> Iterator[Path]:
    """All files and links below a folder, and the folders that hold nothing."""
    for path in folder.iterdir():
        if path.is_symlink() or not path.is_dir():
            yield path
        else:
            inner = list(_leaves(path))
            yield from inner or [path]


def _is_changed(path: Path, row: Mapping[str, str]) -> bool:
    if path.is_symlink():
        return str(path.readlink()) != row.get("link")
    return "link" in row or not path.is_file() or sha256_file(path) != row.get("sha256")


def _some(names: list[str]) -> str:
    return names[0] if len(names) == 1 else f"{names[0]} (and {len(names) - 1} more)"


def _all_parents(path: str) -> list[str]:
    names = path.split("/")
    return ["/".join(names[:end]) for end in range(1, len(names))]


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders but those at the top, which every root file system has with modes of its own."""
    return sorted(set[str]().union(*map(_parents, paths)))


@lru_cache(4096)
def _parents(path: str) -> frozenset[str]:
    """The folders that a file lies in, but for the one at the top."""
    names = path.split("/")
    return frozenset("/".join(names[:end]) for end in range(2, len(names)))


# tarfile takes most of a tar's time for the headers, and most nodes have most of them in common
@lru_cache(4096)
def _header(name: str, kind: bytes, mode: int, size: int = 0, link: str = "") -> bytes:
    member = tarfile.TarInfo(name)
    member.type, member.mode, member.size = kind, stat.S_IMODE(mode), size
    member.linkname = link
    member.uname = member.gname = "root"
    return member.tobuf(tarfile.PAX_FORMAT)


def _entry(path: str, file: TreeFile) -> tuple[bytes, ...]:
    if file.link is not None:
        return (_header(path, tarfile.SYMTYPE, 0o777, link=file.link),)
    size = len(file.data)
    return (_header(path, tarfile.REGTYPE, file.mode, size), file.data,
            b"\0" * (-size % tarfile.BLOCKSIZE))
