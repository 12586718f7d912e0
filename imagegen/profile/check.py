"""Everything that is to be said about a profile, in one list."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path as FilePath

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.compose import composed, composed_file
from imagegen.profile.content import line_of
from imagegen.profile.file import STDIN
from imagegen.profile.lints import lint
from imagegen.profile.model import Profile
from imagegen.profile.partial import Partial, understood
from imagegen.profile.problem import Finding, Problem, Severity
from imagegen.profile.source import Source
from imagegen.profile.tell import told


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
    """All findings about the profile in a file, also that it cannot be read; `-` is standard input.

    What the file extends is part of it.
    """
    return _checked(lambda: composed_file(path))


def check_bytes(name: str, data: bytes, without: frozenset[str] = frozenset()) -> Checked:
    """All findings about the profile in some bytes; `name` stands for the file in them.

    Those of the rules `without` are left out: what a verb itself writes to be filled in by hand.
    """
    return _checked(lambda: composed(name, data, None), without)


def check_read_file(path: FilePath, data: bytes) -> Checked:
    """The same for a file whose bytes were read already: a pipe gives them only once."""
    name, here = ("<stdin>", None) if str(path) == STDIN else (str(path), path)
    return _checked(lambda: composed(name, data, here))


def _checked(read: Callable[[], Source], without: frozenset[str] = frozenset()) -> Checked:
    try:
        source = read()
    except InputError as error:
        return Checked(None, tuple(Finding.of(each) for each in error.each))
    partial = understood(source.value, source.doubtful)
    findings = tuple(sorted((found for found in _findings(source, partial)
                             if found.rule not in without), key=_order(source)))
    sound = all(found.severity is not Severity.ERROR for found in findings)
    return Checked(partial.profile if sound else None, findings)


def _findings(source: Source, partial: Partial) -> Iterator[Finding]:
    yield from (Finding.of(error) for error in source.errors)
    yield from (Finding.of(told(source, detail)) for detail in partial.errors)
    if partial.profile is None:
        return
    yield from (_placed(source, partial, problem) for problem in lint(partial.profile))


def _placed(source: Source, partial: Partial, problem: Problem) -> Finding:
    """A lint's finding in the file; where a text's line cannot be shown, its number is said."""
    path, what = partial.original(problem.path), problem.what
    if problem.at is None:
        where = source.place(path, of_key=problem.of_key)
    else:
        where, exact = source.inside(path, problem.at)
        number = line_of(source.raw.get(path, ""), problem.at)
        what = what if exact or number == 1 else f"{what} (line {number} of the text)"
    return Finding(problem.rule, problem.severity, what, problem.hint, where)


def _order(source: Source) -> Callable[[Finding], tuple[int, int, int]]:
    """In the order of lines, the file itself before those that it extends."""
    def place(found: Finding) -> tuple[int, int, int]:
        where = found.where
        if where is None:
            return (0, 0, 0)
        far = where.file != source.name
        return (1 + source.files.index(where.file) if far else 0, where.line, where.column)

    return place
