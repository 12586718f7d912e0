"""A root file system in memory: every name with what it is, its bytes spooled to a folder."""

from __future__ import annotations

import hashlib
import tarfile
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imagegen.common.errors import ToolError

_XATTR = "SCHILY.xattr."  # GNU tar's pax keys for extended attributes


class Kind(StrEnum):
    """What a name in the tree stands for."""

    FILE = "file"
    FOLDER = "folder"
    SYMLINK = "symlink"
    HARDLINK = "hardlink"
    CHARACTER = "character"
    BLOCK = "block"
    FIFO = "fifo"


@dataclass(frozen=True, slots=True)
class Node:
    """One name: `mode` the low twelve bits, `data` a file's bytes on the host, xattrs likewise.

    `target` is a symlink's text or the path in the tree that a hard link shares.
    """

    kind: Kind
    mode: int
    uid: int = 0
    gid: int = 0
    mtime: int = 0
    data: Path | None = None
    target: str = ""
    device: tuple[int, int] = (0, 0)
    xattrs: tuple[tuple[str, Path], ...] = ()


class Tree:
    """Paths (no leading slash; "" is the root) to nodes; no time in it is later than `epoch`."""

    def __init__(self, spool: Path, epoch: int) -> None:
        self.nodes: dict[str, Node] = {"": Node(Kind.FOLDER, 0o755, mtime=epoch)}
        self.epoch = epoch
        self._spool = spool
        self._count = 0

    def copy(self) -> Tree:
        """A tree of the same names and bytes that can be changed by itself."""
        other = Tree(self._spool, self.epoch)
        other.nodes, other._count = dict(self.nodes), self._count
        return other

    def __contains__(self, path: str) -> bool:
        return path in self.nodes

    def read(self, path: str) -> bytes:
        """The bytes of a file. Raises ToolError where there is none."""
        return self.host_file(path).read_bytes()

    def host_file(self, path: str) -> Path:
        """Where a file's bytes lie on the host. Raises ToolError where there is no such file."""
        node = self.nodes.get(path)
        if node is None or node.data is None:
            raise ToolError(f"the root that mmdebstrap made has no file /{path}")
        return node.data

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Put a file of root's, and the folders above it, in the tree."""
        self._folders_above(path)
        self.nodes[path] = Node(Kind.FILE, mode, mtime=self.epoch, data=self.spooled(data))

    def symlink(self, path: str, target: str) -> None:
        """Put a symbolic link in the tree."""
        self._folders_above(path)
        self.nodes[path] = Node(Kind.SYMLINK, 0o777, mtime=self.epoch, target=target)

    def share(self, path: str, other: str) -> None:
        """Put a copy of a file at `path`; on the host both are the same bytes."""
        data = self.host_file(other)
        self._folders_above(path)
        self.nodes[path] = Node(Kind.FILE, 0o644, mtime=self.epoch, data=data)

    def remove(self, path: str) -> None:
        """Take one name away, if it is there."""
        self.nodes.pop(path, None)

    def children(self, folder: str) -> list[str]:
        """The paths directly in a folder, sorted."""
        start = f"{folder}/" if folder else ""
        size = len(start)
        return sorted(
            p for p in self.nodes if p and p.startswith(start) and "/" not in p[size:]
        )

    def spooled(self, data: bytes) -> Path:
        """Some bytes as a new file on the host."""
        path = self._new_spool_file()
        path.write_bytes(data)
        return path

    def add(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> None:
        """Take over one member of a tar."""
        path = member.name.removeprefix("./").strip("/") if member.name != "." else ""
        self.nodes[path] = self._node(tar, member)

    def _node(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> Node:
        kind = _kind(member)
        target = member.linkname
        return Node(
            kind, member.mode & 0o7777, member.uid, member.gid,
            min(int(member.mtime), self.epoch),
            data=self._copied(tar, member) if kind is Kind.FILE else None,
            target=target.removeprefix("./") if kind is Kind.HARDLINK else target,
            device=(member.devmajor, member.devminor), xattrs=self._xattrs(member),
        )  # fmt: skip

    def _copied(self, tar: tarfile.TarFile, member: tarfile.TarInfo) -> Path:
        source = tar.extractfile(member)
        assert source is not None
        path = self._new_spool_file()
        with path.open("wb") as file:
            while chunk := source.read(1 << 20):
                file.write(chunk)
        return path

    def _xattrs(self, member: tarfile.TarInfo) -> tuple[tuple[str, Path], ...]:
        found = {
            key.removeprefix(_XATTR): value.encode("utf-8", "surrogateescape")
            for key, value in member.pax_headers.items()
            if key.startswith(_XATTR)
        }
        return tuple((key, self.spooled(value)) for key, value in sorted(found.items()))

    def _new_spool_file(self) -> Path:
        self._count += 1
        return self._spool / f"{self._count:06d}"

    def _folders_above(self, path: str) -> None:
        parent = path.rpartition("/")[0]
        if parent and parent not in self.nodes:
            self._folders_above(parent)
            self.nodes[parent] = Node(Kind.FOLDER, 0o755, mtime=self.epoch)


def read_tar(path: Path, spool: Path, epoch: int) -> Tree:
    """A tar as a tree, its files' bytes in the folder `spool`, its times at most `epoch`."""
    tree = Tree(spool, epoch)
    with tarfile.open(path, errors="surrogateescape") as tar:
        for member in tar:
            tree.add(tar, member)
    return tree


def sha256_of(tree: Tree, path: str) -> str:
    """Hex sha256 of one file in a tree."""
    return hashlib.sha256(tree.read(path)).hexdigest()


_KINDS = {
    tarfile.REGTYPE: Kind.FILE,
    tarfile.AREGTYPE: Kind.FILE,
    tarfile.DIRTYPE: Kind.FOLDER,
    tarfile.SYMTYPE: Kind.SYMLINK,
    tarfile.LNKTYPE: Kind.HARDLINK,
    tarfile.CHRTYPE: Kind.CHARACTER,
    tarfile.BLKTYPE: Kind.BLOCK,
    tarfile.FIFOTYPE: Kind.FIFO,
}


def _kind(member: tarfile.TarInfo) -> Kind:
    try:
        return _KINDS[member.type]
    except KeyError:
        raise ToolError(f"/{member.name} in the root's tar is of no known type") from None
