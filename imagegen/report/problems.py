"""What `imagegen check` found, for a person."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from imagegen.node.words import counted
from imagegen.profile.check import Checked
from imagegen.profile.problem import Finding, Severity
from imagegen.report.words import Look, finding_words


class Shape(StrEnum):
    """The formats of a report."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Report:
    """Some files and what was found in each, in the order of the command line."""

    checked: dict[str, Checked]

    @property
    def findings(self) -> Iterator[tuple[str, Finding]]:
        """Every finding with the file that was asked for; it may stand in one that this extends."""
        return ((name, found) for name, checked in self.checked.items()
                for found in checked.findings)

    def count(self, severity: Severity) -> int:
        """How many findings are of a severity."""
        return sum(found.severity is severity for _, found in self.findings)


def file_of(name: str, found: Finding) -> str:
    """The file that a finding stands in."""
    return found.where.file if found.where else name


def shaped(report: Report, shape: Shape, look: Look = Look()) -> str:  # noqa: B008  frozen
    """The report in one of its formats; ends with a newline, or is empty."""
    from imagegen.report import problems_as

    if shape is Shape.TEXT:
        return problems_text(report, look)
    makers = {Shape.JSON: problems_as.as_json, Shape.SARIF: problems_as.as_sarif,
              Shape.GITHUB: problems_as.as_github}
    return makers[shape](report)


def problems_text(report: Report, look: Look) -> str:
    """Each finding with its line, a caret and what to do; then one line that sums up."""
    parts = [finding_words(found, look) for _, found in report.findings]
    return "\n\n".join([*parts, summary(report)]) + "\n"


def summary(report: Report) -> str:
    """`2 files: 3 errors, 1 warning`, or `1 file: nothing found`."""
    counts = [counted(report.count(severity), severity.value) for severity in Severity
              if report.count(severity)]
    return f"{counted(len(report.checked), 'file')}: {', '.join(counts) or 'nothing found'}"
