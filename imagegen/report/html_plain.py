"""What the page says where its script does not run: causes, nodes, and what is wrong with each.

The script takes its place. Viewers of build artifacts keep scripts and styles from running, so
this part is plain HTML, and it is bounded: a fleet of thousands must stay quick to open.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from imagegen.report.html_causes import Cause, is_deciding
from imagegen.report.html_read import Named
from imagegen.report.html_words import shown
from imagegen.report.verdict import Result

MOST_ROWS = 500
MOST_CAUSES = 30
MOST_WRONG = 20
MOST_NAMES = 12
MOST_WITH_REMEDIES = 5
MOST_PROFILES = 3
TEXT = 300


@dataclass(frozen=True, slots=True)
class Wrong:
    """One fact that fails."""

    fact: str
    result: str
    saw: str
    expected: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Row:
    """A node's line; `more` facts fail beyond those that are listed."""

    name: str
    green: bool
    judged: str
    wrong: tuple[Wrong, ...]
    more: int


@dataclass(frozen=True, slots=True)
class CauseRow:
    """A cause's line."""

    fact: str
    others: int
    nodes: int
    names: tuple[str, ...]
    saw: str
    remedy: str


class Plain:
    """Takes the nodes one by one."""

    def __init__(self) -> None:
        self._red: list[Row] = []
        self._green: list[Row] = []
        self._names: list[str] = []
        self._times: list[int] = []
        self._profiles: dict[str, None] = {}

    def add(self, named: Named) -> None:
        """One node more."""
        row = _row(named)
        self._names.append(row.name)
        rows = self._green if row.green else self._red
        if len(rows) < MOST_ROWS:
            rows.append(row)
        self._profiles.setdefault(named.verdict.profile)
        if named.verdict.time:
            self._times.append(named.verdict.time)

    def rows(self) -> list[Row]:
        """Red nodes first, as many as are listed."""
        return [*self._red, *self._green][:MOST_ROWS]

    def unlisted(self) -> int:
        """How many nodes have no line."""
        return len(self._names) - len(self.rows())

    def with_remedies(self) -> bool:
        """Whether every finding comes with what to do, as it does for few nodes."""
        return len(self._names) <= MOST_WITH_REMEDIES

    def causes(self, causes: Sequence[Cause]) -> list[CauseRow]:
        """The causes of most nodes."""
        return [CauseRow(shown(one.facts[0], TEXT), len(one.facts) - 1, len(one.nodes),
                         tuple(self._names[place] for place in one.nodes[:MOST_NAMES]),
                         shown(one.said.saw, TEXT), shown(one.said.remedy, TEXT))
                for one in causes[:MOST_CAUSES]]

    def judged(self) -> str:
        """When the first and the last verdict were given, or nothing."""
        if not self._times:
            return ""
        first, last = minute(min(self._times)), minute(max(self._times))
        return f"{first} UTC" if first == last else f"{first} to {last} UTC"

    def title(self) -> str:
        """The profiles by name where they are few."""
        names = [shown(name, TEXT // 3) or "no profile" for name in self._profiles]
        return ", ".join(names) if len(names) <= MOST_PROFILES else f"{len(names)} profiles"


def minute(time: int) -> str:
    """Unix seconds as date, hour and minute."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%d %H:%M")


def _row(named: Named) -> Row:
    verdict = named.verdict
    deciding = sorted(filter(is_deciding, verdict.findings),
                      key=lambda one: one.result is not Result.RED)
    wrong = tuple(Wrong(*(shown(text, TEXT) for text in (
        one.id, one.result.value, one.saw, one.expected, one.remedy)))
        for one in deciding[:MOST_WRONG])
    name = shown(verdict.node.hostname, TEXT) or shown(named.source, TEXT)
    judged = minute(verdict.time) if verdict.time else "unknown"
    return Row(name, verdict.green, judged, wrong, len(deciding) - len(wrong))

