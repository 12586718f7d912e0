"""The modules that the old node loaded at its boots, and those that no kernel of today has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imagegen.adopt.notes import Notes
from imagegen.adopt.rc_local import loaded_by_hand
from imagegen.adopt.shell import modprobed
from imagegen.adopt.tree import Files
from imagegen.knowledge.merged_modules import MERGED

# modules-load.d(5); of two files with one name the first folder's counts
FOLDERS = ("/etc/modules-load.d", "/run/modules-load.d", "/usr/local/lib/modules-load.d",
           "/usr/lib/modules-load.d", "/lib/modules-load.d")
OLD_FILE = "/etc/modules"
SCRIPTS = "/etc/sysconfig/modules"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]*\Z")
# how a line of a shell's begins that no list of modules has
_SHELL = re.compile(r"(for|while|if|do|done|fi|then|case|esac|set|export|modprobe|/\S*modprobe|exit"
                    r"|insmod|function)\b.*\Z|[A-Za-z_]+=|\S+\(\)")


@dataclass(frozen=True, slots=True)
class Asked:
    """A module as the kernel names it, and the file that asks for it."""

    name: str
    file: str


@dataclass(frozen=True, slots=True)
class Modules:
    """All that was asked for, in order, each once."""

    asked: tuple[Asked, ...]


def adopted_modules(files: Files, notes: Notes) -> Modules:
    """Every module that a file asks for; what cannot be read is noted."""
    found: dict[str, Asked] = {}
    for one in [*_listed(files, notes), *_scripted(files, notes), *_by_hand(files, notes)]:
        found.setdefault(one.name, one)
    return Modules(tuple(found.values()))


def beyond(modules: Modules, known: set[str], notes: Notes) -> list[str]:
    """Those that imagegen does not load anyway, under the names that they have today (H06)."""
    names: dict[str, None] = {}
    for one in modules.asked:
        now, source = MERGED.get(one.name, (one.name, ""))
        if one.name not in known and now != one.name:
            notes.add(f"{one.file} asks for {one.name}, which the kernel no longer has: it is part "
                      f"of {now} ({source}), which is loaded instead", "os", "modules")
        kept = one.name if one.name in known else now
        if kept not in known:
            names[kept] = None
    return list(names)


def _listed(files: Files, notes: Notes) -> Iterator[Asked]:
    chosen: dict[str, str] = {}
    for folder in FOLDERS:
        for name in files.names(folder):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{folder}/{name}")
    for path in (*(chosen[name] for name in sorted(chosen)), OLD_FILE):
        yield from _of_list(path, files.text(path) or "", notes)


def _of_list(path: str, text: str, notes: Notes) -> Iterator[Asked]:
    """systemd takes each line that is no comment for one module's name, blanks and all
    (src/modules-load/modules-load.c); modules(5) lets a module's parameters follow it."""
    rows = [(number, line.strip()) for number, line in enumerate(text.splitlines(), 1)
            if line.strip() and line.strip()[0] not in "#;"]
    if text.startswith("#!") or any(_SHELL.match(line) for _, line in rows):
        notes.add(f"{path} is a script, and where a list of modules is expected nothing runs it: "
                  "no boot loaded a module by it, and none of it is carried over; name the modules "
                  "under os.modules", "os", "modules")
        return
    for number, line in rows:
        words = line.split()
        if _NAME.match(words[0]) and all("=" in word for word in words[1:]):
            if words[1:]:
                notes.add(f"{path}:{number}: `{line}` gives a module parameters, which systemd "
                          f"does not take there: {words[0]} is carried over, "
                          "and parameters belong into "
                          "a file of /etc/modprobe.d (os.files)", "os", "modules")
            yield Asked(words[0].replace("-", "_"), path)
        else:
            notes.add(f"{path}:{number}: `{line}` is no module's name, and a line holds one: not "
                      "carried over", "os", "modules")


def _by_hand(files: Files, notes: Notes) -> Iterator[Asked]:
    yield from (Asked(name.replace("-", "_"), file) for name, file in loaded_by_hand(files, notes))


def _scripted(files: Files, notes: Notes) -> Iterator[Asked]:
    """/etc/sysconfig/modules/*.modules: the init scripts of the RHEL family run them."""
    for name in files.names(SCRIPTS):
        path = f"{SCRIPTS}/{name}"
        text = files.text(path)
        if not name.endswith(".modules") or text is None:
            continue
        if not (files.mode(path) or 0) & 0o100:
            notes.add(f"{path} is not executable, so no boot ran it; its modules are carried over",
                      "os", "modules")
        modules, unknown = modprobed(text)
        for word in unknown:
            notes.add(f"{path} loads `{word}`, which only a shell on the node can tell; name the "
                      "modules under os.modules", "os", "modules")
        yield from (Asked(module.replace("-", "_"), path) for module in modules)
