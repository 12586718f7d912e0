"""A tree as an ext4 file system, made by debugfs: no mount, no root, no host order in it.

`mke2fs -d` takes the names in the order of the host's readdir and its inode times from the clock;
a script that debugfs follows line by line gives the same bytes on every host.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.base.tree import Kind, Node, Tree
from imagegen.bake.tools import find_tool
from imagegen.common.errors import ToolError
from imagegen.common.run import Done, failed, run
from imagegen.knowledge.tools import Tool

# Named one by one, for GRUB 2.06 cannot read what newer defaults add (metadata_csum_seed,
# orphan_file), and the bytes must not hang on the host's mke2fs.conf.
FEATURES = (
    "none", "has_journal", "ext_attr", "resize_inode", "dir_index", "filetype", "extent", "64bit",
    "flex_bg", "sparse_super", "large_file", "huge_file", "dir_nlink", "extra_isize",
    "metadata_csum",
)  # fmt: skip
BLOCK = 4096
LINKS_PER_BLOCK = 15  # entries with the longest of names, 255 bytes
_TYPE_BITS = {
    Kind.FILE: 0o100000, Kind.FOLDER: 0o040000, Kind.SYMLINK: 0o120000,
    Kind.CHARACTER: 0o020000, Kind.BLOCK: 0o060000, Kind.FIFO: 0o010000,
}  # fmt: skip
# All that debugfs says when a command went well.
_FINE = ("debugfs: ", "debugfs 1", "Allocated inode: ")


@dataclass(frozen=True, slots=True)
class Place:
    """Where the file system goes: a raw disk, and the first byte and size of a partition in it."""

    disk: Path
    offset: int
    size: int

    @property
    def address(self) -> str:
        """The place as e2fsprogs' tools name it."""
        return f"{self.disk}?offset={self.offset}"


def make_ext4(tree: Tree, place: Place, identity: str, log: Path) -> None:
    """Write the tree to a new file system, whose UUID is `identity`, in a disk that is there.

    Raises ToolError where the tree does not fit or e2fsck finds the result unsound.
    """
    _empty(place, identity, tree.epoch, log)
    script = place.disk.with_suffix(".debugfs")
    lines = "".join(f"{line}\n" for line in script_lines(tree))
    script.write_bytes(lines.encode("utf-8", "surrogateescape"))
    debugfs = find_tool(Tool.DEBUGFS)
    done = run([debugfs, "-w", "-f", str(script), place.address], env=_clock(tree.epoch))
    _no_complaints(done)
    run([find_tool(Tool.E2FSCK), "-f", "-n", place.address], log=log)
    script.unlink()


def _clock(epoch: int) -> dict[str, str]:
    # MKE2FS_CONFIG: the host's defaults stay out of the result
    return {"E2FSPROGS_FAKE_TIME": str(epoch), "SOURCE_DATE_EPOCH": str(epoch),
            "MKE2FS_CONFIG": "/dev/null", "TZ": "UTC"}  # fmt: skip


def _empty(place: Place, identity: str, epoch: int, log: Path) -> None:
    # The inode tables of a fresh sparse file are zero already: lazy_itable_init=0 only marks
    # them so, and spares the guest's first boot the kernel thread that would zero them.
    extended = (
        f"offset={place.offset},hash_seed={identity},"
        "lazy_itable_init=0,lazy_journal_init=0,nodiscard"
    )
    run(
        [find_tool(Tool.MKE2FS), "-q", "-F", "-t", "ext4", "-b", str(BLOCK), "-I", "256",
         "-i", "16384", "-m", "1", "-L", "root", "-U", identity, "-O", ",".join(FEATURES),
         "-E", extended, str(place.disk), str(place.size // BLOCK)],
        env=_clock(epoch), log=log,
    )  # fmt: skip


def _no_complaints(done: Done) -> None:
    # debugfs ends with 0 whatever its commands did; its words alone tell
    lines = done.output.splitlines()
    bad = [n for n, line in enumerate(lines) if line and not line.startswith(_FINE)]
    if bad:
        first = "\n".join(lines[max(0, bad[0] - 1) : bad[0] + 5])
        raise failed(Done(done.argv, done.code, first + "\n"))


def script_lines(tree: Tree) -> Iterator[str]:
    """The commands for debugfs that make a tree in an empty file system."""
    yield from _attributes("/", tree.nodes[""])
    links = Counter(n.target for n in tree.nodes.values() if n.kind is Kind.HARDLINK)
    for folder, names in _by_folder(tree):
        yield f"cd {_quoted('/' + folder)}"
        for name in names:
            path = f"{folder}/{name}" if folder else name
            yield from _node_lines(name, tree.nodes[path], links[path])
    yield from _hardlink_lines(tree)


def _by_folder(tree: Tree) -> Iterator[tuple[str, list[str]]]:
    """(folder, its names) with every folder after the one that holds it."""
    held: dict[str, list[str]] = {}
    for path in sorted(tree.nodes, key=lambda path: path.split("/")):
        if path:
            folder, _, name = path.rpartition("/")
            held.setdefault(folder, []).append(name)
    yield from sorted(held.items(), key=lambda item: item[0].split("/") if item[0] else [])


def _node_lines(name: str, node: Node, links: int) -> Iterator[str]:
    if node.kind is Kind.HARDLINK:
        return
    yield _creation(_quoted(name), node)
    # `<7>` alone would be inode 7
    there = _quoted(f"./{name}")
    yield from _attributes(there, node)
    if links:
        yield f"sif {there} links_count {links + 1}"


def _creation(name: str, node: Node) -> str:
    match node.kind:
        case Kind.FOLDER:
            return f"mkdir {name}"
        case Kind.SYMLINK:
            return f"symlink {name} {_quoted(node.target)}"
        case Kind.FILE:
            assert node.data is not None
            return f"write {_quoted(str(node.data))} {name}"
        case Kind.FIFO:
            return f"mknod {name} p"
        case Kind.CHARACTER:
            return f"mknod {name} c {node.device[0]} {node.device[1]}"
        case _:
            return f"mknod {name} b {node.device[0]} {node.device[1]}"


def _attributes(name: str, node: Node) -> Iterator[str]:
    yield f"sif {name} mode 0{_TYPE_BITS[node.kind] | node.mode:o}"
    yield f"sif {name} mtime @{node.mtime}"
    for field, value in (("uid", node.uid), ("gid", node.gid)):
        if value:
            yield f"sif {name} {field} {value}"
    for key, data in node.xattrs:
        yield f"ea_set -f {_quoted(str(data))} {name} {key}"


def _hardlink_lines(tree: Tree) -> Iterator[str]:
    links = [(p, n.target) for p, n in sorted(tree.nodes.items()) if n.kind is Kind.HARDLINK]
    yield "cd /"
    # write and mkdir make a full folder larger by themselves, ln does not
    counts = Counter(path.rpartition("/")[0] for path, _ in links)
    for folder, count in sorted(counts.items()):
        yield from [f"expand_dir {_quoted('/' + folder)}"] * -(-count // LINKS_PER_BLOCK)
    for path, target in links:
        yield f"ln {_quoted('/' + target)} {_quoted('/' + path)}"


def _quoted(text: str) -> str:
    """A word as debugfs reads it (libss): in double quotes, a quote doubled."""
    if "\n" in text:
        raise ToolError(f"a name with a line break cannot be put in the image: {text!r}")
    return '"' + text.replace('"', '""') + '"'
