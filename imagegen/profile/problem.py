"""A finding about a profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from imagegen.common.errors import InputError, Place, in_words
from imagegen.profile.fields import brief


class Severity(StrEnum):
    """Whether a finding stops a build, or is only told."""

    ERROR = "error"
    WARNING = "warning"


def name_of(path: tuple[str | int, ...]) -> str:
    """A place of the document as people write it: `os.files[0].path`; empty for the whole."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{brief(part)}" for part in path)
    return "".join(parts).removeprefix(".")


@dataclass(frozen=True, slots=True)
class Problem:
    """The path of the value at fault (or of its key), what is wrong and what to do.

    `rule` names the rule's page, which `imagegen explain` shows. `at` is a character of the text
    that stands at `path`, where the finding is about a part of it.
    """

    path: tuple[str | int, ...]
    what: str
    hint: str
    of_key: bool = False
    rule: str = ""
    severity: Severity = Severity.ERROR
    at: int | None = None


@dataclass(frozen=True, slots=True)
class Finding:
    """A problem at its place in the user's file; without a place it is about the whole of it."""

    rule: str
    severity: Severity
    what: str
    hint: str
    where: Place | None

    @classmethod
    def of(cls, error: InputError) -> Finding:
        """An error that reading the file gave."""
        return cls(error.rule, Severity.ERROR, error.what, error.hint, error.where)

    def error(self) -> InputError:
        """The finding as what a verb raises."""
        return InputError(self.what, where=self.where, hint=self.hint, rule=self.rule)

    def __str__(self) -> str:
        return in_words(self.severity, self.what, self.where, self.hint, self.rule)
