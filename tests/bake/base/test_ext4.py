"""A tree goes into ext4 whole, the same bytes each time, and no complaint of debugfs is lost."""

from __future__ import annotations

import io
import random
import tarfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from imagegen.bake.base.ext4 import Place, make_ext4
from imagegen.bake.base.tree import Kind, Tree, read_tar
from imagegen.common.errors import ToolError
from imagegen.common.files import sha256_file
from imagegen.common.run import run

EPOCH = 1_700_000_000
IDENTITY = "01234567-89ab-cdef-0123-456789abcdef"
OFFSET = 3 << 20
NAMES = ("with blank", 'with "quotes"', "Főtanúsítvány.crt", "[", "<7>", "-r", "#x", "a\\b")


@dataclass(frozen=True)
class Made:
    """A file system in a raw disk."""

    place: Place

    def ask(self, command: str) -> str:
        return run(["debugfs", "-R", command, self.place.address]).output

    def dumped(self, folder: Path) -> Path:
        folder.mkdir()
        run(["debugfs", "-R", f"rdump / {folder}", self.place.address])
        return folder


def make(tree: Tree, folder: Path, size: int = 64 << 20) -> Made:
    disk = folder / "disk.raw"
    with disk.open("wb") as file:
        file.truncate(OFFSET + size)
    place = Place(disk, OFFSET, size)
    make_ext4(tree, place, IDENTITY, folder / "log")
    return Made(place)


def tar_of(folder: Path, members: list[tuple[tarfile.TarInfo, bytes]]) -> Path:
    path = folder / "root.tar"
    with tarfile.open(path, "w", format=tarfile.PAX_FORMAT) as tar:
        for member, data in members:
            member.size = len(data)
            tar.addfile(member, io.BytesIO(data))
    return path


def info(name: str, **changes: object) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.mtime = EPOCH - 86400
    for key, value in changes.items():
        setattr(member, key, value)
    return member


def members() -> list[tuple[tarfile.TarInfo, bytes]]:
    generator = random.Random(1)
    found: list[tuple[tarfile.TarInfo, bytes]] = [
        (info("./", type=tarfile.DIRTYPE, mode=0o755), b""),
        (info("./many", type=tarfile.DIRTYPE, mode=0o1777, uid=7, gid=70_000), b""),
        (info("./many/link", type=tarfile.SYMTYPE, linkname='/a "b" c', mode=0o777), b""),
        (info("./fast", type=tarfile.SYMTYPE, linkname="x" * 300, mode=0o777), b""),
        (info("./setuid", mode=0o4755, gid=5), b"s" * 5000),
        (info("./later", mtime=EPOCH + 5), b"clamped"),
        (info("./alias", type=tarfile.LNKTYPE, linkname="./setuid"), b""),
        (info("./null", type=tarfile.CHRTYPE, devmajor=1, devminor=3, mode=0o666), b""),
        (info("./block", type=tarfile.BLKTYPE, devmajor=254, devminor=300, mode=0o660), b""),
        (info("./pipe", type=tarfile.FIFOTYPE, mode=0o600), b""),
        (info("./holes"), b"\0" * 100_000 + b"end"),
        (info("./empty"), b""),
        (info("./caps", pax_headers={"SCHILY.xattr.user.note": "two words"}), b"c"),
    ]
    found += [(info(f"./many/{name}", uid=9, gid=8), name.encode()) for name in NAMES]
    found += [(info(f"./many/file-{n:03d}"), generator.randbytes(n * 11)) for n in range(300)]
    return found


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    spool = tmp_path / "spool"
    spool.mkdir()
    return read_tar(tar_of(tmp_path, members()), spool, EPOCH)


def test_everything_arrives(tree: Tree, tmp_path: Path) -> None:
    made = make(tree, tmp_path)
    seen = made.dumped(tmp_path / "seen")
    for path, node in tree.nodes.items():
        if node.kind is Kind.FILE:
            assert (seen / path).read_bytes() == tree.read(path), path
        if node.kind is Kind.SYMLINK:
            assert str((seen / path).readlink()) == node.target
    assert sorted(p.name for p in (seen / "many").iterdir()) == sorted(
        path.removeprefix("many/") for path in tree.nodes if path.startswith("many/")
    )


def test_owners_modes_and_times(tree: Tree, tmp_path: Path) -> None:
    made = make(tree, tmp_path)
    many, setuid = made.ask("stat /many"), made.ask("stat /setuid")
    assert "Mode:  01777" in many
    assert "User:     7   Group: 70000" in many
    assert "Mode:  04755" in setuid
    assert "Links: 2" in setuid
    assert f"mtime: 0x{EPOCH - 86400:08x}" in setuid
    for name in ("atime", "ctime", "crtime"):
        assert f"{name}: 0x{EPOCH:08x}" in setuid
    assert f"mtime: 0x{EPOCH:08x}" in made.ask("stat /later")
    # the resize inode, which a file called <7> must not be taken for
    assert "User:     0   Group:     0" in made.ask("stat <7>")
    assert "User:     9   Group:     8" in made.ask("stat /many/<7>")
    assert "two words" in made.ask("ea_get /caps user.note")
    assert "major/minor number: 01:03" in made.ask("stat /null")
    assert "major/minor number: 254:300" in made.ask("stat /block")
    assert "FIFO" in made.ask("stat /pipe")


def test_the_same_tree_gives_the_same_bytes(tree: Tree, tmp_path: Path) -> None:
    one, two = tmp_path / "one", tmp_path / "two"
    for folder in (one, two):
        folder.mkdir()
        make(tree, folder)
    assert sha256_file(one / "disk.raw") == sha256_file(two / "disk.raw")


@pytest.mark.parametrize("length", [4, 255])
def test_hard_links_into_a_full_folder(length: int, tmp_path: Path) -> None:
    # 253 entries of 16 bytes fill a folder's block of 4096 but for 12
    files = [(info(f"./d/{n:08d}"), b"") for n in range(253)]
    names = [f"./d/{n:0{length}d}" for n in range(40)]
    links = [(info(n, type=tarfile.LNKTYPE, linkname="./d/00000000"), b"") for n in names]
    spool = tmp_path / "spool"
    spool.mkdir()
    root = [(info(name, type=tarfile.DIRTYPE, mode=0o755), b"") for name in ("./", "./d")]
    made = make(read_tar(tar_of(tmp_path, root + files + links), spool, EPOCH), tmp_path)
    assert "Links: 41" in made.ask(f"stat {names[-1].removeprefix('.')}")


def test_a_tree_that_does_not_fit_is_an_error(tree: Tree, tmp_path: Path) -> None:
    tree.write("large", random.Random(2).randbytes(20 << 20))
    with pytest.raises(ToolError, match="debugfs"):
        make(tree, tmp_path, size=16 << 20)


def test_a_link_to_nothing_is_an_error(tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    spool.mkdir()
    tar = tar_of(tmp_path, [(info("./x", type=tarfile.LNKTYPE, linkname="./none"), b"")])
    with pytest.raises(ToolError, match="none"):
        make(read_tar(tar, spool, EPOCH), tmp_path)


def test_a_name_with_a_line_break_is_refused(tmp_path: Path) -> None:
    tree = Tree(tmp_path, EPOCH)
    tree.write("a\nb", b"")
    with pytest.raises(ToolError, match="line break"):
        make(tree, tmp_path)
