"""Disks of one boot sector, for guests that do exactly one thing and need no operating system."""

from __future__ import annotations

from pathlib import Path

SECTOR = 512
# SeaBIOS cannot read from a virtio disk that is much smaller
DISK = 1024 * 1024
SIGNATURE = b"\x55\xaa"

# ds = 0; si = the text's place; lodsb; stop at NUL; out to COM1; again; then hlt for good
_PRINTER = bytes.fromhex("31c08ed8be1d7c" "baf803" "ac84c07403eeebf8" "fbf4ebfd")


def write_disk(path: Path, text: str) -> Path:
    """A raw disk whose boot sector prints a text to the serial console and idles for ever."""
    code = _PRINTER.ljust(0x1D, b"\x90") + text.encode() + b"\r\n\0"
    assert len(code) <= SECTOR - len(SIGNATURE)
    sector = code.ljust(SECTOR - len(SIGNATURE), b"\0") + SIGNATURE
    path.write_bytes(sector.ljust(DISK, b"\0"))
    return path
