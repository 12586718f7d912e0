"""A finding about a profile."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Severity(StrEnum):
    """Whether a finding stops a build, or is only told."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Problem:
    """The path of the value at fault (or of its key), what is wrong and what to do.

    `rule` names the rule's page, which `imagegen explain` shows.
    """

    path: tuple[str | int, ...]
    what: str
    hint: str
    of_key: bool = False
    rule: str = ""
    severity: Severity = Severity.ERROR
