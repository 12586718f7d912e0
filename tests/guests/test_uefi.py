"""The sealed image boots by UEFI, too: its loader lies where firmware looks by itself."""

from __future__ import annotations

import json
import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from imagegen.boot.machine import image_format, options, overlay
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.boot.verify import unchanged, verdict_line
from imagegen.common.files import private_dir
from tests.guests.harness import BOOT_SECONDS, NodeClone, Recipe, awake

pytestmark = [pytest.mark.guest, pytest.mark.wide]
OVMF = Path("/usr/share/OVMF")
VERDICT_SECONDS = 600.0


def firmware(folder: Path) -> tuple[str, ...]:
    """QEMU's arguments for UEFI in the place of SeaBIOS, with variables of the guest's own."""
    code, variables = OVMF / "OVMF_CODE_4M.fd", folder / "variables.fd"
    assert code.is_file(), "install Debian's package ovmf"
    shutil.copyfile(OVMF / "OVMF_VARS_4M.fd", variables)
    flash = {"format": "raw"}
    return ("-drive", options("if=pflash", unit=0, readonly="on", file=code, **flash),
            "-drive", options("if=pflash", unit=1, file=variables, **flash))


def test_the_image_is_green_by_uefi(quickstart_image: Path) -> None:
    """Level kernel; the running kernel itself says that UEFI started it."""
    recipe = Recipe(quickstart_image, NodeIdentity("node-1", level="kernel"))
    with unchanged(quickstart_image), private_dir(prefix="imagegen-uefi-") as folder:
        disk = overlay(quickstart_image, folder / "disk.qcow2", image_format(quickstart_image))
        node_volume(folder / "seed.iso", recipe.node)
        machine = recipe.machine(folder, disk, folder / "seed.iso")
        machine = replace(machine, extra=(*machine.extra, *firmware(folder)))
        with awake(machine, BOOT_SECONDS) as node:
            assert node.run(["ls", "/sys/firmware/efi"]).code == 0
            verdict = json.loads(heard(node))
    assert (verdict["level"], verdict["verdict"]) == ("kernel", "green"), [
        f for f in verdict["findings"] if f["result"] not in ("ok", "warning")]


def heard(node: NodeClone) -> bytes:
    """What the node writes to its port by itself, after its boot."""
    until = time.monotonic() + VERDICT_SECONDS
    while time.monotonic() < until:
        if line := verdict_line(node.guest):
            return line
        time.sleep(1)
    raise AssertionError(f"no verdict: {node.guest.last_seen()}")
