"""Every file that imagegen writes, in memory; pure up to the one write at the end."""

from __future__ import annotations

import io
import json
import stat
import tarfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from imagegen.common.errors import InputError
from imagegen.common.files import sha256_bytes


@dataclass(frozen=True, slots=True)
class TreeFile:
    """A file, or a symbolic link where `link` is set (then without bytes)."""

    data: bytes = b""
    mode: int = 0o644
    link: str | None = None

    @property
    def sha256(self) -> str:
        """Hex digest of the bytes, or of the link's target."""
        return sha256_bytes(self.link.encode() if self.link is not None else self.data)


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
        buffer = io.BytesIO()
        with tarfile.open(fileobj=buffer, mode="w", format=tarfile.PAX_FORMAT) as tar:
            for name in _folders(self.files):
                tar.addfile(_member(name, tarfile.DIRTYPE, 0o755))
            for path, file in sorted(self.files.items()):
                tar.addfile(*_entry(path, file))
        return buffer.getvalue()

    def write(self, target: Path) -> None:
        """Put the tree in the place of `target` at once. Raises InputError if that is not ours."""
        target = target.resolve()
        if target.exists() and not _ours(target):
            raise InputError(f"{target} is there already and was not written by imagegen",
                             hint="choose another folder with -o, or remove it yourself")
        if target in (Path.cwd(), *Path.cwd().parents):
            raise InputError(f"{target} is the folder that you are in, and would be replaced",
                             hint="go elsewhere first, or choose another folder with -o")
        from imagegen.common.files import replace_dir

        replace_dir({p: (f.data, f.mode, f.link) for p, f in self.files.items()}, target)


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
    return isinstance(manifest, dict) and {"imagegen", "imageName", "files"} <= manifest.keys()


def _folders(paths: Iterable[str]) -> list[str]:
    """The folders but those at the top, which every root file system has with modes of its own."""
    return sorted({str(parent) for path in paths for parent in list(Path(path).parents)[:-2]})


def _member(name: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.mode = kind, stat.S_IMODE(mode)
    member.uname = member.gname = "root"
    return member


def _entry(path: str, file: TreeFile) -> tuple[tarfile.TarInfo, io.BytesIO | None]:
    if file.link is not None:
        member = _member(path, tarfile.SYMTYPE, 0o777)
        member.linkname = file.link
        return member, None
    member = _member(path, tarfile.REGTYPE, file.mode)
    member.size = len(file.data)
    return member, io.BytesIO(file.data)
