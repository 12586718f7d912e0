"""The kernel's command line and swap of the old node."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator

from imagegen.adopt.documents import mapping
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

_GRUB, _GRUB_FOLDER = "/etc/default/grub", "/etc/default/grub.d"
_LINE = re.compile(r"\s*(?:export\s+)?GRUB_CMDLINE_LINUX(?:_DEFAULT)?\s*\+?=\s*(.*)\Z")
# They speak of the old machine's disks, or of a picture at boot
_DISKS = re.compile(r"(root|rootflags|rootfstype|resume|resume_offset|rd\.(lvm|luks|md|dm)[.a-z]*"
                    r"|BOOT_IMAGE|initrd|ro|rw)(=|\Z)")
MAX_ARGUMENTS = 200
_PICTURES = ("quiet", "splash", "rhgb")


def adopted_arguments(files: Files, notes: Notes) -> list[str]:
    """GRUB's lines, and /etc/kernel/cmdline where there is no GRUB."""
    found: dict[str, None] = {}
    for where, words in (*_of_grub(files), *_of_cmdline(files)):
        for word in words:
            if _DISKS.match(word):
                notes.add(f"{where}: {word} speaks of the old machine's own disks: not carried "
                          "over", "os", "kernelArguments")
            elif word.startswith("$") or "$(" in word or "`" in word:
                if "GRUB_CMDLINE" not in word:
                    notes.add(f"{where}: {word} is known to a shell on the node only", "os",
                              "kernelArguments")
            elif word not in _PICTURES:
                found.setdefault(word)
    if len(found) > MAX_ARGUMENTS:
        notes.add(f"only the first {MAX_ARGUMENTS} kernel arguments are carried over", "os",
                  "kernelArguments")
    return list(found)[:MAX_ARGUMENTS]


def _of_grub(files: Files) -> Iterator[tuple[str, list[str]]]:
    paths = [_GRUB, *(f"{_GRUB_FOLDER}/{name}" for name in files.names(_GRUB_FOLDER)
                      if name.endswith(".cfg"))]
    for path in paths:
        for number, line in enumerate((files.text(path) or "").splitlines(), 1):
            if found := _LINE.match(line):
                yield f"{path}:{number}", _words(found[1])


def _words(value: str) -> list[str]:
    try:
        return [word for part in shlex.split(value, comments=True) for word in part.split()]
    except ValueError:
        return []


def _of_cmdline(files: Files) -> Iterator[tuple[str, list[str]]]:
    if files.text(_GRUB) is None:
        yield "/etc/kernel/cmdline:1", (files.text("/etc/kernel/cmdline") or "").split()


def adopted_swap(files: Files, kubelets_config: str | None, notes: Notes) -> str | None:
    """`leave` only where the kubelet was told to bear swap; else imagegen turns it off."""
    rows = [(number, line.split()) for number, line in
            enumerate((files.text("/etc/fstab") or "").splitlines(), 1)]
    asked = [(number, row) for number, row in rows
             if len(row) > 2 and row[2] == "swap" and not row[0].startswith("#")]
    if not asked:
        return None
    bears = _bears_swap(kubelets_config)
    for number, row in asked:
        rest = "the image has no swap of its own" if bears else "imagegen turns swap off"
        notes.add(f"/etc/fstab:{number} swaps on {row[0]}: not carried over, {rest}", "os")
    return "leave" if bears else None


def _bears_swap(config: str | None) -> bool:
    found = mapping(config or "") or {}
    return found.get("failSwapOn") is False
