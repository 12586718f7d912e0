"""The sysctls that the old node applied, as systemd-sysctl does it: which file won, and over which.

sysctl.d(5) is read by the same code that the node's own check reads it with.
"""

from __future__ import annotations

from typing import Any, cast

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.node.sysctl_files import OLD_FILE, Assignment, SysctlFiles, normal, proc_path
from imagegen.profile.lints.sysctls import NEEDED_SYSCTLS

_DISTRIBUTIONS = ("/usr/lib/", "/lib/")
_NEEDED = {proc_path(key): (key, value) for key, value in NEEDED_SYSCTLS.items()}


def adopted_sysctls(files: Files, notes: Notes) -> dict[str, str]:
    """The node's own settings, key -> value as they were written; what the profile cannot hold, or
    does not need to, is noted or left out."""
    applied = SysctlFiles(cast(Any, _Settings(files)))
    _patterns(applied, notes)
    _by_hand(files, applied, notes)
    lines, old = _by_key(applied.applied), _by_key(applied.old)
    deciding = [_deciding(lines.get(key, []), old.get(key, [None])[-1], files, notes)
                for key in dict.fromkeys([*lines, *old])]
    own = [one for one in deciding if one is not None and _own(one, notes)]
    texts = {file: (files.text(file) or "").split("\n") for file in {one.file for one in own}}
    kept = dict(_line(texts[one.file][one.line - 1], one) for one in own)
    return dict(sorted(kept.items()))


class _Settings:
    """The node as the check's reader of sysctl.d sees it, without what is too large."""

    def __init__(self, files: Files) -> None:
        self.names, self._files = files.names, files

    def read(self, path: str) -> bytes | None:
        """A file's bytes."""
        return None if self._files.text(path) is None else self._files.read(path)

    def boot_words(self) -> list[str]:
        """None: the words that a kernel was given are no file of the node's disk."""
        return []


def _by_key(lines: list[Assignment]) -> dict[str, list[Assignment]]:
    """The lines of each key, the last of them counts; patterns name none."""
    found: dict[str, list[Assignment]] = {}
    for line in lines:
        if line.value is not None and not _is_pattern(line):
            found.setdefault(line.key, []).append(line)
    return found


def _is_pattern(line: Assignment) -> bool:
    return any(mark in line.key for mark in "*?[")


def _patterns(applied: SysctlFiles, notes: Notes) -> None:
    for line in applied.applied:
        if line.value is not None and _is_pattern(line) and not _of_distribution(line):
            notes.add(f"{line}: `{line.key} = {line.value}` is a pattern, which a profile cannot "
                      "hold; name the keys that it should set under os.sysctls", "os", "sysctls")


def _by_hand(files: Files, applied: SysctlFiles, notes: Notes) -> None:
    """/etc/sysctl.conf counts at a boot only where a file of sysctl.d is a link to it (H05)."""
    if applied.old and not any(_is_old_file(files, line) for line in applied.applied):
        notes.add(f"{OLD_FILE} is read by `sysctl -p` and `sysctl --system`, but at a boot "
                  "systemd-sysctl reads /etc/sysctl.d only; what stands there is carried over "
                  "where no file of sysctl.d says otherwise", "os", "sysctls")


def _is_old_file(files: Files, line: Assignment) -> bool:
    return files.resolved(line.file) == files.resolved(OLD_FILE)


def _deciding(lines: list[Assignment], old: Assignment | None, files: Files,
              notes: Notes) -> Assignment | None:
    """The line whose value the node had, with a note on the lines that lost to it."""
    if not lines:
        return old
    winner = lines[-1]
    linked = any(_is_old_file(files, line) for line in lines)
    losers = [*lines[:-1], *([old] if old is not None and not linked else [])]
    for loser in losers:
        if loser.value != winner.value:
            notes.add(f"{_name(winner.key)} = {winner.value} by {winner} won over {loser.value} "
                      f"by {loser}{_unless(loser)}", "os", "sysctls")
    return winner


def _unless(loser: Assignment) -> str:
    return ("; `sysctl --system` has it the other way round, so look at the live value"
            if loser.file == OLD_FILE else "")


def _own(line: Assignment, notes: Notes) -> bool:
    """Whether the profile has to say it: not what every image has, nor what would break it."""
    if line.file.startswith("/run/"):
        notes.add(f"{line}: {_name(line.key)} was set for one boot only; not carried over",
                  "os", "sysctls")
        return False
    if line.key not in _NEEDED:
        return not _of_distribution(line)
    key, value = _NEEDED[line.key]
    if line.value != value:
        notes.add(f"{line} sets {key} = {line.value}, and a node in IPVS mode needs {value}: not "
                  "carried over, imagegen sets it", "os", "sysctls")
    return False


def _of_distribution(line: Assignment) -> bool:
    """It comes with the base image's own packages."""
    return line.file.startswith(_DISTRIBUTIONS)


def _name(key: str) -> str:
    return key.replace(".", "\0").replace("/", ".").replace("\0", "/")


def _line(text: str, one: Assignment) -> tuple[str, str]:
    """Key and value as they stand in the file: their spelling is the profile's as well."""
    key, _, value = text.partition("=")
    key = key.strip().removeprefix("-").strip()
    plain = value.strip()
    return key, plain if normal(plain) == one.value else str(one.value)
