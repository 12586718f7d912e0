"""Spec -> base image: the recipe, from the cache's answer to the finished qcow2."""

from __future__ import annotations

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from imagegen.bake.base.bootloader import (
    SECTOR,
    install_grub,
    make_esp,
    make_loaders,
    need_kernel,
)
from imagegen.bake.base.disk import GIB, Layout, layout, make_disk, make_qcow2
from imagegen.bake.base.ext4 import Place, make_ext4
from imagegen.bake.base.mirror import Archive, probe
from imagegen.bake.base.prune import prune
from imagegen.bake.base.rootfs import make_root
from imagegen.bake.base.spec import RECIPE, BaseSpec
from imagegen.bake.base.stock import make_stock
from imagegen.bake.base.store import (
    IMAGE,
    MANIFEST,
    BaseImage,
    Slot,
    dumped,
    found,
    locked,
    publish,
    slot_for,
    stamp,
    workshop,
)
from imagegen.bake.base.tree import Tree, read_tar, sha256_of
from imagegen.bake.tools import find_tool, require_tools
from imagegen.common.errors import ToolError
from imagegen.common.files import sha256_file
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress
from imagegen.common.run import run
from imagegen.knowledge.tools import BASE_TOOLS, Tool

# mmdebstrap's root, its tar and the raw disk, two at a time, came to 2 GiB at most
ROOM = 4 * GIB
FORMAT = 1

# The tools that shape the image's bytes, and how each says its version.
VERSION_OPTIONS = {
    Tool.MMDEBSTRAP: "--version", Tool.MKE2FS: "-V", Tool.DEBUGFS: "-V", Tool.E2FSCK: "-V",
    Tool.GRUB_MKIMAGE: "--version", Tool.MKFS_VFAT: "--help", Tool.MCOPY: "--version",
    Tool.MMD: "--version", Tool.SFDISK: "--version", Tool.QEMU_IMG: "--version",
}  # fmt: skip


def base_image_of(spec: BaseSpec) -> BaseImage | None:
    """The finished base of a spec, None where it is still to be made."""
    return found(slot_for(spec.digest()))


def require_room() -> None:
    """Raises ToolError where the cache's disk has no room for a base image in the making."""
    _need_room(cache_dir("base"))


def base_image(spec: BaseSpec, progress: Progress, *, refresh: bool = False) -> BaseImage:
    """The base image of a spec: the cached one, or one built now (one to three minutes).

    `refresh` builds anew from the mirror's present state. Raises ToolError for a missing tool,
    a dead mirror, a full disk, or a tool that fails; nothing half-made gets the final name.
    """
    slot = slot_for(spec.digest())
    if not refresh and (base := found(slot)):
        return base
    require_tools(BASE_TOOLS)
    with locked(slot, progress):
        # another imagegen may have made it while this one waited
        if not refresh and (base := found(slot)):
            return base
        with _full_disk_explained(slot), workshop(slot) as work:
            _make(spec, slot, work, progress)
        prune(slot, progress)
    base = found(slot)
    assert base is not None
    return base


def _make(spec: BaseSpec, slot: Slot, work: Path, progress: Progress) -> None:
    _need_room(slot.shelf)
    slot.log.write_bytes(b"")
    progress.step(f"base: asking the mirror {spec.mirror}")
    archives = probe(spec)
    tree = _tree(spec, archives, work, slot.log, progress)
    done = work / "done"
    done.mkdir(mode=0o755)
    progress.step("base: making the disk")
    _image(spec, tree, work, done / IMAGE, slot.log, progress)
    manifest = {"digest": slot.digest, **_manifest(spec, tree, archives, done / IMAGE)}
    (done / MANIFEST).write_bytes(dumped(manifest))
    publish(slot, done)


def _tree(
    spec: BaseSpec, archives: tuple[Archive, ...], work: Path, log: Path, progress: Progress
) -> Tree:
    epoch = max(archive.date for archive in archives)
    progress.step(f"base: installing {spec.distribution} {spec.release} (about a minute or two)")
    tar, spool = work / "root.tar", work / "spool"
    make_root(spec, tar, epoch, log, progress)
    spool.mkdir()
    tree = read_tar(tar, spool, epoch)
    tar.unlink()
    return tree


def _image(
    spec: BaseSpec, tree: Tree, work: Path, image: Path, log: Path, progress: Progress
) -> None:
    plan = layout(spec.disk_gib)
    disk = _raw_disk(spec, _stocked(spec, tree), plan, work, log)
    progress.step("base: compressing the disk")
    make_qcow2(disk, image)
    # read-only: a guest must boot an overlay of it, never the base itself
    image.chmod(0o444)


def _stocked(spec: BaseSpec, tree: Tree) -> Tree:
    """A copy of the tree as a stock cloud image (the tree keeps what the manifest reads)."""
    stock = tree.copy()
    make_stock(stock, spec)
    install_grub(stock, spec)
    need_kernel(stock)
    return stock


def _raw_disk(spec: BaseSpec, tree: Tree, plan: Layout, work: Path, log: Path) -> Path:
    esp, disk = work / "esp.fat", work / "disk.raw"
    loaders = make_loaders(tree, spec, plan.bios.start, work)
    make_esp(loaders, esp, plan.esp.bytes, spec, tree.epoch)
    make_disk(plan, spec, loaders, esp, disk)
    place = Place(disk, plan.root.start * SECTOR, plan.root.bytes)
    make_ext4(tree, place, spec.uuid("root"), log)
    return disk


def _manifest(
    spec: BaseSpec, tree: Tree, archives: tuple[Archive, ...], image: Path
) -> dict[str, Any]:
    return {
        "format": FORMAT,
        "recipe": RECIPE,
        "spec": asdict(spec),
        "sha256": sha256_file(image),
        "file": stamp(image),
        "archives": [asdict(archive) for archive in archives],
        "inRelease": _in_release(tree),
        "sourceDateEpoch": tree.epoch,
        "packages": packages(tree),
        "tools": tool_versions(),
    }


def _in_release(tree: Tree) -> dict[str, str]:
    """The sha256 of each signed index that apt read, by apt's own name for it."""
    lists = tree.children("var/lib/apt/lists")
    return {
        path.rpartition("/")[2]: sha256_of(tree, path)
        for path in lists
        if path.endswith("InRelease")
    }


def packages(tree: Tree) -> list[str]:
    """`name=version` of every package in a tree, sorted."""
    status = tree.read("var/lib/dpkg/status").decode()
    pairs = []
    for stanza in status.split("\n\n"):
        fields = dict(
            line.split(": ", 1) for line in stanza.splitlines() if ": " in line and line[0] != " "
        )
        if fields.get("Status", "").endswith(" installed"):
            pairs.append(f"{fields['Package']}={fields['Version']}")
    return sorted(pairs)


def tool_versions() -> dict[str, str]:
    """What each tool calls its version: the first line that it prints."""
    return {
        tool.value: run([find_tool(tool), option], check=False).output.partition("\n")[0]
        for tool, option in VERSION_OPTIONS.items()
    }


def _need_room(shelf: Path) -> None:
    free = shutil.disk_usage(shelf).free
    if free < ROOM:
        raise _disk_full(shelf, f"{free / GIB:.1f} GiB are free, {ROOM / GIB:.0f} are needed")


def _disk_full(shelf: Path, why: str) -> ToolError:
    return ToolError(
        f"the disk under {shelf} is too full to make a base image: {why}",
        hint="make room there, or set IMAGEGEN_CACHE to a folder on a larger disk",
    )


@contextmanager
def _full_disk_explained(slot: Slot) -> Iterator[None]:
    """Turn "No space left" from us or from a tool into an error that says where and what to do."""
    try:
        yield
    except OSError as error:
        if error.errno not in (errno.ENOSPC, errno.EDQUOT):
            raise
        raise _disk_full(slot.shelf, str(error)) from None
    except ToolError as error:
        if not _says_no_space(error, slot.log):
            raise
        raise _disk_full(slot.shelf, f"a tool ran out of room (log: {slot.log})") from error


def _says_no_space(error: ToolError, log: Path) -> bool:
    said = log.read_text(errors="replace") if log.exists() else ""
    words = ("No space left on device", "Could not allocate block", "Disk full")
    return any(word in said or word in str(error) for word in words)
