"""What a guest printed on its serial console, read from the log that QEMU keeps."""

from __future__ import annotations

import re
from pathlib import Path

TAIL_BYTES = 16 * 1024
TAIL_LINES = 15

_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[ -/]*[@-~]|\][^\x07]*\x07|[()][0-9A-B]|[=>78cM])")
_UNSEEN = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")

# What a guest prints that will never answer, and what it means.
DEAD_ENDS = tuple((re.compile(pattern, re.MULTILINE), meaning) for pattern, meaning in (
    (r"Kernel panic - not syncing.*", "the guest's kernel panicked"),
    (r"You are in (emergency|rescue) mode.*", "the guest fell into emergency mode"),
    (r"^\(initramfs\)|^ALERT!.*does not exist.*", "the guest found no root file system"),
    (r"^grub rescue>|^error: no such device.*", "the guest's boot loader gave up"),
))
# SeaBIOS, on its debug port; it would try again after a minute, and find the same
NO_BOOT_DISK = re.compile(r"No bootable device\.")


def clean(text: str) -> str:
    """Console text without escape sequences and other unprintable bytes."""
    return _UNSEEN.sub("", _ESCAPE.sub("", text).replace("\r\n", "\n").replace("\r", "\n"))


def tail(log: Path, lines: int = TAIL_LINES) -> list[str]:
    """The last lines of a log that may not be there yet."""
    try:
        with log.open("rb") as file:
            file.seek(max(0, log.stat().st_size - TAIL_BYTES))
            text = file.read().decode(errors="replace")
    except FileNotFoundError:
        return []
    return [line for line in clean(text).splitlines() if line.strip()][-lines:]


def dead_end(console: Path, firmware: Path | None = None) -> str | None:
    """Why this guest will never answer, as a clause with its own words; None while it may."""
    text = "\n".join(tail(console, 200))
    for pattern, meaning in DEAD_ENDS:
        if found := pattern.search(text):
            return f"{meaning} ({found.group(0).strip()})"
    if firmware is not None and NO_BOOT_DISK.search("\n".join(tail(firmware, 5))):
        return "the firmware found nothing to boot from (No bootable device)"
    return None
