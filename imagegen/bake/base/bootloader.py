"""GRUB for SeaBIOS and for OVMF, put in place without grub-install (which wants a device).

Where the bytes go: GRUB 2.06 grub-core/boot/i386/pc/boot.S and diskboot.S, util/setup.c.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.base.spec import BaseSpec
from imagegen.bake.base.stock import KERNEL_ARGUMENTS, KERNEL_DEFAULTS
from imagegen.bake.base.tree import Tree
from imagegen.bake.tools import find_tool
from imagegen.common.errors import ToolError
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

SECTOR = 512
# boot.S: where the core image begins (u64), and the jump that a hard disk's boot does without
KERNEL_SECTOR_AT = 0x5C
DRIVE_CHECK_AT = 0x66
NOPS = b"\x90\x90"
# the boot code ends where the disk's signature and partition table begin
BOOT_CODE = 0x1B8
# diskboot.S: the one block list at the end of the core's first sector
BLOCK_LIST_AT = 0x1F4
CORE_SEGMENT = 0x820

PLATFORMS = ("i386-pc", "x86_64-efi")
_COMMON = ("configfile", "echo", "ext2", "gzio", "linux", "minicmd", "normal", "part_gpt",
           "search", "search_fs_uuid", "serial", "terminal", "test")  # fmt: skip
_MODULES = {"i386-pc": ("biosdisk", *_COMMON), "x86_64-efi": ("fat", *_COMMON)}
_PARTS = (".mod", ".lst", ".img")


@dataclass(frozen=True, slots=True)
class Loaders:
    """The finished loaders: sector 0's boot code, the BIOS core, and the EFI program."""

    boot_code: bytes
    core: bytes
    efi: Path


def install_grub(tree: Tree, spec: BaseSpec) -> None:
    """Put a menu and GRUB's modules under /boot/grub, as grub-install would."""
    _menu(tree, spec)
    for platform in PLATFORMS:
        source = f"usr/lib/grub/{platform}"
        for path in tree.children(source):
            if path.endswith(_PARTS):
                tree.share(f"boot/grub/{platform}/{path.rpartition('/')[2]}", path)


def _menu(tree: Tree, spec: BaseSpec) -> None:
    # Debian keeps /vmlinuz on the newest kernel, so this boots an upgraded one too; update-grub
    # (run by the kernel's own postinst in the guest) replaces it with one of the usual kind.
    tree.write("boot/grub/grub.cfg", _MENU.format(
        uuid=spec.uuid("root"), arguments=f"{KERNEL_ARGUMENTS} {KERNEL_DEFAULTS}",
    ).encode(), 0o600)  # fmt: skip


def make_loaders(tree: Tree, spec: BaseSpec, core_sector: int, work: Path) -> Loaders:
    """Both loaders from the image's own GRUB, the BIOS one patched to lie at `core_sector`."""
    made = {platform: _mkimage(tree, spec, platform, work) for platform in PLATFORMS}
    boot = tree.read("usr/lib/grub/i386-pc/boot.img")
    return Loaders(
        boot_code=patched_boot(boot, core_sector),
        core=patched_core(made["i386-pc"].read_bytes(), core_sector),
        efi=made["x86_64-efi"],
    )


def _mkimage(tree: Tree, spec: BaseSpec, platform: str, work: Path) -> Path:
    folder = work / platform
    folder.mkdir()
    for path in tree.children(f"usr/lib/grub/{platform}"):
        if path.endswith(_PARTS):
            (folder / path.rpartition("/")[2]).symlink_to(tree.host_file(path))
    early, image = work / f"{platform}.cfg", work / f"{platform}.img"
    early.write_text(_EARLY.format(uuid=spec.uuid("root")))
    run([find_tool(Tool.GRUB_MKIMAGE), "-O", platform, "-d", str(folder),
         "-p", "/boot/grub", "-c", str(early), "-o", str(image), *_MODULES[platform]])  # fmt: skip
    return image


def patched_boot(image: bytes, core_sector: int) -> bytes:
    """GRUB's boot.img, told where its core lies; only the code, no partition table."""
    code = bytearray(image[:BOOT_CODE])
    struct.pack_into("<Q", code, KERNEL_SECTOR_AT, core_sector)
    code[DRIVE_CHECK_AT : DRIVE_CHECK_AT + len(NOPS)] = NOPS
    return bytes(code)


def patched_core(image: bytes, core_sector: int) -> bytes:
    """GRUB's core image in whole sectors, told to read the rest of itself from the next one."""
    count = -(-len(image) // SECTOR)
    core = bytearray(image.ljust(count * SECTOR, b"\0"))
    struct.pack_into("<QHH", core, BLOCK_LIST_AT, core_sector + 1, count - 1, CORE_SEGMENT)
    return bytes(core)


def make_esp(loaders: Loaders, image: Path, size: int, spec: BaseSpec, epoch: int) -> None:
    """A FAT32 EFI system partition of `size` bytes that holds GRUB as the fallback loader."""
    # mtools and mkfs.vfat take times of the day from the environment, and the zone with it
    env = {"SOURCE_DATE_EPOCH": str(epoch), "TZ": "UTC", "MTOOLS_SKIP_CHECK": "1"}
    with image.open("wb") as file:
        file.truncate(size)
    run([find_tool(Tool.MKFS_VFAT), "--invariant", "-F", "32", "-s", "1", "-n", "ESP",
         "-i", spec.uuid("esp")[:8], str(image)], env=env)  # fmt: skip
    run([find_tool(Tool.MMD), "-i", str(image), "::/EFI", "::/EFI/BOOT"], env=env)
    run([find_tool(Tool.MCOPY), "-i", str(image), str(loaders.efi), "::/EFI/BOOT/BOOTX64.EFI"],
        env=env)  # fmt: skip


def need_kernel(tree: Tree) -> None:
    """Raises ToolError where the root has no kernel that the menu's names lead to."""
    for name in ("vmlinuz", "initrd.img"):
        node = tree.nodes.get(name)
        if node is None or node.target not in tree:
            raise ToolError(
                f"the base's root has no /{name}, so it could not boot",
                hint="a package list needs a kernel (linux-image-cloud-amd64)",
            )


_EARLY = """\
search.fs_uuid {uuid} root
set prefix=($root)/boot/grub
"""

_MENU = """\
# The first boot's menu; update-grub replaces it.
set timeout=0
serial --unit=0 --speed=115200
terminal_input console serial
terminal_output console serial
menuentry "Debian GNU/Linux" {{
    # without a frame buffer of the firmware's, Linux starts blind under UEFI
    if [ "$grub_platform" = efi ]; then insmod all_video; fi
    search --no-floppy --fs-uuid --set=root {uuid}
    linux /vmlinuz root=UUID={uuid} ro {arguments}
    initrd /initrd.img
}}
"""
