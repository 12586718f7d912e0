"""Whether a guest can run on this machine's own CPU: tried for real, never assumed."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

from imagegen.bake.tools import find_tool
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool

KVM_DEVICE = Path("/dev/kvm")
CPUINFO = Path("/proc/cpuinfo")
TRIAL_SECONDS = 6.0

# A boot sector that counts in real mode, goes through paging to 64-bit mode, the way a kernel does,
# and ends its own machine by QEMU's isa-debug-exit device, which exits with (value << 1) | 1.
# The counting tells a CPU that runs guests from a /dev/kvm that interprets what the CPU cannot run:
# there the boot loader would crawl for ever (seen: 0.4 s under tcg, 24 s on such a device).
BOOT_SECTOR = bytes.fromhex(
    "fa31c08ed88ec0"  # cli; ds = es = 0
    "bf0010b9000c6631c0fc66f3ab"  # clear 0x1000 to 0x3fff
    "c70600100320c70600200330c70600308300"  # three page tables, the first 2 MiB as they lie
    "66b9002d3101664975fc"  # count down from 20,000,000
    "0f20e00c200f22e0"  # cr4: physical address extension
    "66b8001000000f22d8"  # cr3: the tables at 0x1000
    "66b9800000c00f320d00010f30"  # EFER: long mode
    "0f20c0660d010000800f22c0"  # cr0: protection and paging
    "660f0116807cea657c0800"  # lgdt [0x7c80]; jump to 0x08:0x7c65
    "b010e6f4f4ebfd"  # in 64 bits: mov al, 0x10; out 0xf4, al; hlt; back to hlt
    "0f1f4000"  # so that the table begins at 0x7c70
    "000000000000000000000000009a2000" "0f00707c0000"  # segments, and where they are
).ljust(510, b"\0") + b"\x55\xaa"
TRIAL_EXIT = (0x10 << 1) | 1


class Accelerator(StrEnum):
    """Who executes the guest's instructions; `auto` asks the machine."""

    AUTO = "auto"
    KVM = "kvm"
    TCG = "tcg"


@dataclass(frozen=True, slots=True)
class Choice:
    """KVM or TCG, never AUTO, and the sentence that says why."""

    accelerator: Accelerator
    why: str


def choose_accelerator(wanted: Accelerator = Accelerator.AUTO) -> Choice:
    """What guests shall run on. Raises ToolError where KVM is demanded and does not work."""
    if wanted is Accelerator.TCG:
        return Choice(Accelerator.TCG, "asked for: tcg")
    trouble = kvm_trouble()
    if trouble is None:
        return Choice(Accelerator.KVM, "a trial machine ran on /dev/kvm: kvm")
    if wanted is Accelerator.KVM:
        raise ToolError(f"KVM does not work here: {trouble}",
                        hint="use tcg (software emulation, slower), or a machine with KVM")
    return Choice(Accelerator.TCG, f"{trouble}: tcg")


def build_choice() -> Choice:
    """What `packer build` can run on here. Without QEMU on this machine it cannot be tried: tcg."""
    try:
        return choose_accelerator()
    except ToolError:
        return Choice(Accelerator.TCG, "KVM was not tried, QEMU is not on this machine: tcg")


@cache
def kvm_trouble() -> str | None:
    """What keeps a guest from running on KVM, as a clause; None where a trial machine ran."""
    return device_trouble(KVM_DEVICE) or cpu_trouble(CPUINFO) or _trial_trouble()


def device_trouble(device: Path) -> str | None:
    """Whether the device is there and we may open it."""
    if not device.exists():
        return f"there is no {device}"
    try:
        os.close(os.open(device, os.O_RDWR))
    except OSError as error:
        return f"{device} cannot be opened ({error.strerror})"
    return None


def cpu_trouble(cpuinfo: Path) -> str | None:
    """Whether the CPU says that it can run guests.

    A nested machine may have /dev/kvm without vmx or svm; a guest then dies with 'KVM internal
    error', or sits in its boot loader, and whoever waits for it waits until a timeout (both seen).
    """
    if re.search(r"^flags\s*:.*\b(vmx|svm)\b", cpuinfo.read_text(), re.MULTILINE):
        return None
    return f"{KVM_DEVICE} is there, but this CPU shows neither vmx nor svm"


def _trial_trouble() -> str | None:
    return None if trial(Accelerator.KVM) else "a trial machine did not run on /dev/kvm"


def trial(accelerator: Accelerator, seconds: float = TRIAL_SECONDS) -> bool:
    """Whether a machine that only runs firmware and one boot sector reaches its end in time."""
    qemu = find_tool(Tool.QEMU)
    with private_dir() as folder:
        sector = folder / "sector.img"
        sector.write_bytes(BOOT_SECTOR)
        try:
            done = run(trial_argv(qemu, accelerator, sector), timeout=seconds, check=False)
        except ToolError:
            return False
        return done.code == TRIAL_EXIT


def trial_argv(qemu: str, accelerator: Accelerator, sector: Path) -> list[str]:
    """The trial machine: no network, no screen, one disk of one sector, a device to exit by."""
    drive = f"if=ide,format=raw,readonly=off,file={str(sector).replace(',', ',,')}"
    return [qemu, "-machine", "pc", "-accel", accelerator.value, "-cpu", "max", "-m", "32",
            "-nodefaults", "-display", "none", "-drive", drive,
            "-device", "isa-debug-exit,iobase=0xf4,iosize=0x04"]
