"""The disk: a GPT with three partitions in a sparse file, then a compressed qcow2."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from imagegen.bake.base.bootloader import SECTOR, Loaders
from imagegen.bake.base.spec import BaseSpec
from imagegen.bake.tools import find_tool
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

MIB = 1 << 20
GIB = 1 << 30
# 32 MiB are too few for a FAT32 with clusters of one sector
ESP_BYTES = 64 * MIB
# the table's copy at the end of the disk: 32 sectors of entries and a header
GPT_TAIL = 33

BIOS_BOOT = "21686148-6449-6E6F-744E-656564454649"
EFI_SYSTEM = "C12A7328-F81F-11D2-BA4B-00A0C93EC93B"
LINUX_ROOT_X86_64 = "4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709"


@dataclass(frozen=True, slots=True)
class Partition:
    """A partition: its GPT type, first sector and number of sectors."""

    name: str
    type: str
    start: int
    sectors: int

    @property
    def bytes(self) -> int:
        """Its size in bytes."""
        return self.sectors * SECTOR


@dataclass(frozen=True, slots=True)
class Layout:
    """Where everything lies; the root is last, so that growpart can make it larger."""

    sectors: int
    bios: Partition
    esp: Partition
    root: Partition

    @property
    def partitions(self) -> tuple[Partition, ...]:
        """In the table's order."""
        return (self.bios, self.esp, self.root)


def layout(disk_gib: int) -> Layout:
    """The layout of a disk of so many GiB; every partition begins and ends at a MiB."""
    mib = MIB // SECTOR
    sectors = disk_gib * GIB // SECTOR
    bios = Partition("bios", BIOS_BOOT, mib, mib)
    esp = Partition("esp", EFI_SYSTEM, 2 * mib, ESP_BYTES // SECTOR)
    start = esp.start + esp.sectors
    room = (sectors - GPT_TAIL - start) // mib * mib
    return Layout(sectors, bios, esp, Partition("root", LINUX_ROOT_X86_64, start, room))


def table(plan: Layout, spec: BaseSpec) -> str:
    """The layout as sfdisk reads it, with identifiers of the spec's own."""
    head = f"label: gpt\nlabel-id: {spec.uuid('disk')}\nunit: sectors\nfirst-lba: 34\n\n"
    return head + "".join(
        f"start={p.start}, size={p.sectors}, type={p.type}, name={p.name},"
        f" uuid={spec.uuid('partition ' + p.name)}\n"
        for p in plan.partitions
    )


def make_disk(plan: Layout, spec: BaseSpec, loaders: Loaders, esp: Path, disk: Path) -> None:
    """Put table, loaders and EFI partition into a new sparse raw disk; the root stays empty."""
    with disk.open("wb") as file:
        file.truncate(plan.sectors * SECTOR)
    script = disk.with_suffix(".sfdisk")
    script.write_text(table(plan, spec))
    sfdisk = find_tool(Tool.SFDISK)
    # sfdisk reads its script from stdin only
    run(["sh", "-c", 'exec "$1" --quiet --no-reread --no-tell-kernel "$2" <"$3"', "sh",
         sfdisk, str(disk), str(script)])  # fmt: skip
    _put_loaders(plan, loaders, disk)
    _put_file(esp, disk, plan.esp)


def _put_loaders(plan: Layout, loaders: Loaders, disk: Path) -> None:
    assert len(loaders.core) <= plan.bios.bytes
    with disk.open("r+b") as file:
        file.write(loaders.boot_code)
        file.seek(plan.bios.start * SECTOR)
        file.write(loaders.core)


def _put_file(source: Path, disk: Path, place: Partition) -> None:
    run([find_tool(Tool.DD), f"if={source}", f"of={disk}", "bs=1M", "status=none",
         f"seek={place.start * SECTOR // MIB}", "conv=notrunc,sparse"])  # fmt: skip


def make_qcow2(disk: Path, image: Path) -> None:
    """Compress a raw disk into a qcow2; without -W the same disk gives the same bytes."""
    run([find_tool(Tool.QEMU_IMG), "convert", "-f", "raw", "-O", "qcow2", "-c",
         "-o", "compression_type=zstd", str(disk), str(image)])  # fmt: skip
