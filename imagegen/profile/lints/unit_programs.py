"""Units that systemd would load and then not run as they were meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.profile.fields import shown
from imagegen.profile.lints.boot import needed_units, what_is_lost
from imagegen.profile.lints.inside import joined
from imagegen.profile.lints.units import units_of_ours
from imagegen.profile.model import Profile
from imagegen.profile.node_files import Unit, UnitState
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_EXEC = re.compile(r"^[ \t]*(Exec[A-Za-z]+)[ \t]*=[ \t]*([-@:+!|]*)(\S+)(.*)$", re.M)
# a shell's, which systemd hands to the program as words of its own (systemd.service(5))
_SHELL = re.compile(r"\s(>>?|<|\|\|?|&&|&|2>&1|2?>/\S+|>>?/\S+)(?=\s|$)")
_SHELLS = ("sh", "bash", "dash")
# the setting that a unit's name is made of
_NAMED_BY = {"mount": "Where", "automount": "Where", "swap": "What"}


def unit_programs(profile: Profile) -> Iterator[Problem]:
    """Names that do not fit, programs that cannot be started, and a shell's words without one."""
    modes = {file.path: int(file.mode, 8) for file in profile.os.files}
    for index, unit in enumerate(profile.os.units):
        yield from _name(unit, ("os", "units", index, "name"))
        yield from _needed(profile, unit, ("os", "units", index, "state"))
        texts = [(unit.content or "", ("os", "units", index, "content")),
                 *((drop_in.content, ("os", "units", index, "dropIns", number, "content"))
                   for number, drop_in in enumerate(unit.drop_ins))]
        for text, where in texts:
            yield from _commands(unit, text, where, modes)


def _name(unit: Unit, path: Path) -> Iterator[Problem]:
    key = _NAMED_BY.get(unit.name.rpartition(".")[2])
    found = re.search(rf"^\s*{key}\s*=\s*(/\S*)\s*$", unit.content or "", re.M) if key else None
    if found and found[1] and not (key == "What" and found[1].startswith("/dev/disk/")):
        wanted = f"{escaped(found[1])}.{unit.name.rpartition('.')[2]}"
        if unit.name != wanted:
            yield Problem(path, f"systemd refuses {unit.name}: a unit with {key}={found[1]} is "
                          f"called {wanted}", f"call it {wanted}", rule="node-unit-name")


def _needed(profile: Profile, unit: Unit, path: Path) -> Iterator[Problem]:
    off = unit.state in (UnitState.MASKED, UnitState.DISABLED)
    if off and unit.name in needed_units(profile) and unit.name not in units_of_ours(profile):
        yield Problem(path, f"without {unit.name} the node {what_is_lost(unit.name)}",
                      "remove the entry", rule="node-unit-needed")


def escaped(path: str) -> str:
    """A path as a unit's name has it (systemd-escape --path)."""
    parts = [part for part in path.split("/") if part]
    text = "-".join(re.sub(r"[^A-Za-z0-9:_.]", lambda found: "".join(
        f"\\x{byte:02x}" for byte in found[0].encode()), part) for part in parts)
    return (f"\\x2e{text[1:]}" if text.startswith(".") else text) or "-"


def _commands(unit: Unit, text: str, where: Path, modes: dict[str, int]) -> Iterator[Problem]:
    for line in _EXEC.finditer(joined(text)):
        key, _, program, rest = line.groups()
        if "/" in program.strip("\"'") and program.strip("\"'")[0] not in "/$%":
            yield Problem(where, f"{key}={brief_of(program, rest)} names its program by a relative "
                          "path, and systemd drops the line", "write the absolute path",
                          rule="node-unit-program", at=line.start(3))
        if not modes.get(program, 0o111) & 0o111:
            yield Problem(where, f"{unit.name} starts {program}, which os.files lays down without "
                          "the right to run it", f'write `mode: "0755"` at {program} in os.files',
                          rule="node-unit-program", at=line.start(3))
        found = _SHELL.search(rest)
        if found and program.rpartition("/")[2] not in _SHELLS:
            yield Problem(where, f"no shell reads {key}={brief_of(program, rest)}: `{found[1]}` "
                          "and what follows are words for the program",
                          "start it by /bin/sh -c '…', or write a script into os.files",
                          rule="node-unit-shell", severity=Severity.WARNING,
                          at=line.start(4) + found.start(1))


def brief_of(program: str, rest: str) -> str:
    """A command in an error."""
    return shown(" ".join(f"{program}{rest}".split()))
