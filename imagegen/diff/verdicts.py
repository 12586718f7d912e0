"""Verdicts side by side: which facts were judged otherwise, red first."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from imagegen.diff.model import FACTS, Change, Heard, How, Promise, Row, Side
from imagegen.plan.facts import Json
from imagegen.report.verdict import Level, Result

PROMISED = "promised"
_WORST_FIRST = ("red", "unknown", "warning", PROMISED, "ok")


@dataclass(frozen=True, slots=True)
class _Judged:
    """A fact's result and what was seen; of a side that only promises, `promised` is the result."""

    result: str
    saw: str
    reason: str
    remedy: str


def judged_changes(old: Side, new: Side) -> list[Change]:
    """The facts whose result is another one, or that only one side judges."""
    level = _level(old, new)
    before, after = _judged(old, level), _judged(new, level)
    changes = [*_level_change(old, new), *_results(before, after)]
    return sorted(changes, key=_worst)


def _level(old: Side, new: Side) -> Level | None:
    """The level of the one verdict that a promise is held against."""
    heard = [side for side in (old, new) if isinstance(side, Heard)]
    return heard[0].verdict.level if len(heard) == 1 else None


def _level_change(old: Side, new: Side) -> Iterator[Change]:
    if isinstance(old, Heard) and isinstance(new, Heard):
        levels = old.verdict.level.value, new.verdict.level.value
        if levels[0] != levels[1]:
            yield Change("level", How.CHANGED, "a lower level never passes for a higher one",
                         {"level": levels[0]}, {"level": levels[1]})


def _judged(side: Side, level: Level | None) -> dict[str, _Judged]:
    if isinstance(side, Heard):
        return {one.id: _Judged(one.result.value, one.saw, one.why, one.remedy)
                for one in side.verdict.findings}
    return {row.id: _Judged(PROMISED, "", row.reason, "") for row in _at_level(side, level)}


def _at_level(side: Promise, level: Level | None) -> list[Row]:
    return [row for row in side.families[FACTS].values() if level is None or level in row.levels]


def _results(before: Mapping[str, _Judged], after: Mapping[str, _Judged]) -> Iterator[Change]:
    for name, one in before.items():
        other = after.get(name)
        if other is None:
            yield Change(name, How.REMOVED, one.reason, old=_shown(one))
        elif not _agree(one.result, other.result):
            yield Change(name, How.CHANGED, other.reason, _shown(one), _shown(other))
    for name, one in after.items():
        if name not in before:
            yield Change(name, How.ADDED, one.reason, new=_shown(one))


def _agree(one: str, other: str) -> bool:
    """A promise is kept by a good result."""
    return one == other or {one, other} == {PROMISED, Result.OK}


def _shown(one: _Judged) -> dict[str, Json]:
    shown: dict[str, Json] = {"result": one.result}
    return shown | {key: text for key, text in (("saw", one.saw), ("remedy", one.remedy)) if text}


def _worst(change: Change) -> tuple[int, int]:
    """By the new result, then by the old one; what is no longer judged counts as a promise."""
    if "level" in change.new:
        return -1, -1
    new, old = (side.get("result", PROMISED) for side in (change.new, change.old))
    return _WORST_FIRST.index(str(new)), _WORST_FIRST.index(str(old))
