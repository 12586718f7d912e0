"""The numbers of the layout, the loaders' patched bytes, and what sfdisk reads back."""

from __future__ import annotations

import json
import struct
from pathlib import Path

import pytest

from imagegen.bake.base.bootloader import Loaders, patched_boot, patched_core
from imagegen.bake.base.disk import layout, make_disk, table
from imagegen.bake.base.spec import BaseSpec
from imagegen.common.run import run


@pytest.mark.parametrize("gib", [2, 4, 5, 2048])
def test_layout(gib: int) -> None:
    plan = layout(gib)
    starts = [part.start for part in plan.partitions]
    assert starts == [2048, 4096, 135168]
    assert plan.bios.start + plan.bios.sectors == plan.esp.start
    assert plan.esp.bytes == 64 << 20
    assert plan.esp.start + plan.esp.sectors == plan.root.start
    # the GPT's second copy takes the last 33 sectors
    assert plan.root.start + plan.root.sectors <= plan.sectors - 33
    assert plan.sectors - (plan.root.start + plan.root.sectors) <= 2048 + 33
    assert plan.root.sectors % 2048 == 0


def test_boot_sector() -> None:
    original = bytes(range(256)) * 2
    code = patched_boot(original, 2048)
    assert len(code) == 0x1B8  # neither the disk's signature nor the partition table
    assert code[0x5C:0x64] == (2048).to_bytes(8, "little")
    assert code[0x66:0x68] == b"\x90\x90"
    kept = [n for n in range(0x1B8) if n not in {*range(0x5C, 0x64), 0x66, 0x67}]
    assert all(code[n] == original[n] for n in kept)


@pytest.mark.parametrize(("size", "sectors"), [(512 * 3, 3), (512 * 2 + 1, 3), (512 * 100, 100)])
def test_core_image(size: int, sectors: int) -> None:
    core = patched_core(b"\xaa" * size, 2048)
    assert len(core) == sectors * 512
    assert struct.unpack_from("<QHH", core, 0x1F4) == (2049, sectors - 1, 0x820)
    assert core[:0x1F4] == b"\xaa" * 0x1F4
    assert core[size:] == b"\0" * (sectors * 512 - size)


def test_sfdisk_reads_the_layout_back(tmp_path: Path) -> None:
    spec, plan = BaseSpec(), layout(4)
    esp, disk = tmp_path / "esp", tmp_path / "disk.raw"
    esp.write_bytes(b"E" * plan.esp.bytes)
    loaders = Loaders(b"B" * 0x1B8, b"C" * 1024, esp)
    make_disk(plan, spec, loaders, esp, disk)
    read = json.loads(run(["sfdisk", "--json", str(disk)]).output)["partitiontable"]
    assert read["id"].lower() == spec.uuid("disk")
    assert [(p["start"], p["size"], p["type"], p["name"], p["uuid"].lower())
            for p in read["partitions"]] == [
        (p.start, p.sectors, p.type, p.name, spec.uuid(f"partition {p.name}"))
        for p in plan.partitions
    ]  # fmt: skip
    assert "No errors detected" in run(["sfdisk", "--verify", str(disk)]).output
    with disk.open("rb") as file:
        head = file.read(512)
        assert head[:0x1B8] == loaders.boot_code
        assert head[510:] == b"\x55\xaa"
        file.seek(2048 * 512)
        assert file.read(1025) == loaders.core + b"\0"
        file.seek(4096 * 512)
        assert file.read(1) == b"E"
    assert disk.stat().st_size == 4 << 30
    assert disk.stat().st_blocks * 512 < 80 << 20  # sparse


def test_two_specs_have_two_disks() -> None:
    assert table(layout(4), BaseSpec()) != table(layout(4), BaseSpec(suite="trixie"))
