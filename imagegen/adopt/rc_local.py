"""Modules that the old node loaded by hand: in rc.local, in units, in the scripts of units."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.adopt.notes import Notes
from imagegen.adopt.scripts import programs
from imagegen.adopt.shell import modprobed
from imagegen.adopt.tree import Files
from imagegen.adopt.units import FOLDER, MAX_UNITS

_RC = ("/etc/rc.local", "/etc/rc.d/rc.local")
_EMPTY = re.compile(r"\s*(#.*|exit(\s+0)?|touch /var/lock/subsys/local|set -e"
                    r"|.*\bmodprobe\b.*)?\s*\Z")
_SCRIPT = re.compile(r"/(etc|usr/local|opt|data|srv)/[A-Za-z0-9/._@+-]+")


def loading(files: Files, notes: Notes) -> Iterator[tuple[str, str]]:
    """A file, and the shell in it that may load modules."""
    seen: set[str] = set()
    for path in _RC:
        text, place = files.text(path), files.resolved(path)
        if text is not None and place not in seen:
            seen.add(str(place))
            _rest(files, path, text, notes)
            yield path, text
    for name in files.names(FOLDER)[:MAX_UNITS]:
        path = f"{FOLDER}/{name}"
        if name.endswith(".service") and files.link(path) is None:
            yield from _of_unit(files, path)


def _rest(files: Files, path: str, text: str, notes: Notes) -> None:
    if not (files.mode(path) or 0) & 0o100:
        notes.add(f"{path} is not executable, so no boot ran it; its modules are carried over",
                  "os", "modules")
    rest = [number for number, line in enumerate(text.splitlines(), 1) if not _EMPTY.match(line)]
    if rest:
        more = f" and {len(rest) - 1} more lines do" if rest[1:] else " does"
        notes.add(f"{path}:{rest[0]}{more} more than load modules: not carried over; write what "
                  "is still needed as a unit (os.units)", "os", "units")


def _of_unit(files: Files, path: str) -> Iterator[tuple[str, str]]:
    """The unit's own command lines, and the scripts that they name."""
    for _, command in programs(files.text(path) or ""):
        yield path, command.lstrip("@-:+!|")
        for script in _SCRIPT.finditer(command):
            text = files.text(script[0])
            if text is not None and "modprobe" in text and "\0" not in text:
                yield script[0], text


def loaded_by_hand(files: Files, notes: Notes) -> Iterator[tuple[str, str]]:
    """A module, and the file that loads it."""
    for path, text in loading(files, notes):
        if "modprobe" not in text:
            continue
        modules, unknown = modprobed(text)
        for word in unknown:
            notes.add(f"{path} loads `{word}`, which only a shell on the node can tell; name the "
                      "modules under os.modules", "os", "modules")
        yield from ((module, path) for module in modules)
