"""A `%` in a unit: systemd expands it, and drops the line, or the whole unit, where it cannot."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.systemd import is_specifier
from imagegen.profile.fields import shown
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import Inside, in_file, joined, rows
from imagegen.profile.lints.units import UNIT_FOLDERS, UNIT_KINDS
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

# systemd.unit(5), SPECIFIERS: any letter or digit after it is looked up, and `%%` is one of it
_PERCENT = re.compile("%(.)")
_DATE = re.compile(r"\bdate\b[^;|&]*\+[^%]*(%[A-Za-z])")
# taken as it is
_LITERAL = ("SetCredential", "SetCredentialEncrypted")


def unit_specifiers(profile: Profile) -> Iterator[Problem]:
    """Every unit, drop-in and file of a unit."""
    release = known_release(profile)
    systemd = release.systemd if release else 0
    for text, path, index in _texts(profile):
        for at, what, found, warns in _found(text, systemd):
            where = (Inside(path=path, at=at) if index is None
                     else in_file(index, profile.os.files[index], at))
            if warns:
                yield Problem(**where, what=f"systemd puts a value of its own for {found} into "
                              f"{what} before `date` sees it", hint=f"write %{found}",
                              rule="node-unit-specifier", severity=Severity.WARNING)
                continue
            yield Problem(**where, what=f"systemd knows no specifier {found}: it drops the line "
                          f"{what}, and where that starts a program the whole unit",
                          hint=f"write %{found} for a plain {found}", rule="node-unit-specifier")


def _texts(profile: Profile) -> Iterator[tuple[str, tuple[str | int, ...], int | None]]:
    for index, unit in enumerate(profile.os.units):
        yield unit.content or "", ("os", "units", index, "content"), None
        for number, drop_in in enumerate(unit.drop_ins):
            yield drop_in.content, ("os", "units", index, "dropIns", number, "content"), None
    for index, file in enumerate(profile.os.files):
        folder, _, name = file.path.rpartition("/")
        of_unit = folder in UNIT_FOLDERS and name.rpartition(".")[2] in UNIT_KINDS
        of_drop_in = folder.rpartition("/")[0] in UNIT_FOLDERS and folder.endswith(".d")
        if of_unit or (of_drop_in and name.endswith(".conf")):
            yield file.data.decode("utf-8", "replace"), (), index


def _found(text: str, systemd: int) -> Iterator[tuple[int, str, str, bool]]:
    """Where each wrong `%` stands, its line, the specifier, and whether it is one of `date`."""
    section, line_of = "", joined(text)
    for at, row in rows(line_of):
        if row.startswith("["):
            section = row
        key, equals, _ = row.partition("=")
        ignored = section.startswith("[X-") or row.startswith(("#", ";", "X-"))
        if not equals or ignored or key.strip() in _LITERAL:
            continue
        wrong = [found for found in _PERCENT.finditer(row) if found[1].isascii()
                 and found[1].isalnum() and not is_specifier(found[1], systemd)]
        dated = _DATE.search(row)
        if wrong:
            yield at + wrong[0].start(), shown(" ".join(row.split())), wrong[0][0], False
        elif dated and "%%" not in row:
            yield at + dated.start(1), shown(" ".join(row.split())), dated[1], True
