"""Everything that is to be said about a profile, in one list."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath
from typing import BinaryIO

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.lints import lint
from imagegen.profile.model import Profile
from imagegen.profile.partial import Partial, understood
from imagegen.profile.problem import Finding, Severity
from imagegen.profile.source import Source, read_source
from imagegen.profile.tell import told

MAX_BYTES = 4 << 20


@dataclass(frozen=True, slots=True)
class Checked:
    """A file's findings in the order of its lines, and its profile where none is an error."""

    profile: Profile | None
    findings: tuple[Finding, ...]

    @property
    def errors(self) -> list[Finding]:
        """What stops a build."""
        return [found for found in self.findings if found.severity is Severity.ERROR]

    @property
    def warnings(self) -> list[Finding]:
        """What is only told."""
        return [found for found in self.findings if found.severity is Severity.WARNING]

    def strict(self) -> Checked:
        """The same with every warning an error."""
        findings = tuple(replace(found, severity=Severity.ERROR) for found in self.findings)
        return Checked(None if findings else self.profile, findings)

    def sound(self) -> Profile:
        """The profile. Raises InputError, or InputErrors for several, where there are errors."""
        if self.profile is None:
            errors = [found.error() for found in self.errors]
            raise errors[0] if len(errors) == 1 else InputErrors(errors)
        return self.profile


def check_file(path: FilePath) -> Checked:
    """All findings about the profile in a file, also that it cannot be read."""
    try:
        with path.open("rb") as file:
            return check_stream(str(path), file)
    except OSError as error:
        why = InputError(f"cannot read the profile {path}: {error.strerror}",
                         hint="give the path of a profile, such as profiles/quickstart.yaml",
                         rule="file-unreadable")
        return Checked(None, (Finding.of(why),))


def check_stream(name: str, file: BinaryIO) -> Checked:
    """All findings about the profile that a stream holds. Raises OSError."""
    data = file.read(MAX_BYTES + 1)
    if len(data) > MAX_BYTES:
        why = InputError(f"{name} is larger than {MAX_BYTES >> 20} MiB; no profile needs that",
                         rule="file-too-large")
        return Checked(None, (Finding.of(why),))
    return check_bytes(name, data)


def check_bytes(name: str, data: bytes) -> Checked:
    """All findings about the profile in some bytes; `name` stands for the file in them."""
    try:
        source = read_source(name, data)
    except InputError as error:
        return Checked(None, tuple(Finding.of(each) for each in error.each))
    partial = understood(source.value, source.doubtful)
    findings = tuple(sorted(_findings(source, partial), key=_order))
    sound = all(found.severity is not Severity.ERROR for found in findings)
    return Checked(partial.profile if sound else None, findings)


def _findings(source: Source, partial: Partial) -> Iterator[Finding]:
    yield from (Finding.of(error) for error in source.errors)
    yield from (Finding.of(told(source, detail)) for detail in partial.errors)
    if partial.profile is None:
        return
    for problem in lint(partial.profile):
        where = source.place(partial.original(problem.path), of_key=problem.of_key)
        yield Finding(problem.rule, problem.severity, problem.what, problem.hint, where)


def _order(found: Finding) -> tuple[int, int]:
    return (found.where.line, found.where.column) if found.where else (0, 0)
