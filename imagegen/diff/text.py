"""A comparison in words, and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from imagegen.common.columns import wrapped
from imagegen.diff.model import Change, Comparison, Heard, How, Needs, Promise, Side
from imagegen.plan.facts import Json

FORMAT = 1
_SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~"}
_HEADS = {Needs.IMAGE: "needs a new image", Needs.SEED: "needs a new seed and a boot, no new image",
          Needs.CLUSTER: "is the cluster's to take over, no image's and no seed's",
          Needs.NOTHING: "changes nothing on a node: only how the next image is built"}
_SHOWN = 160


def comparison_text(comparison: Comparison, columns: int | None = None) -> str:
    """For a person: grouped by what a change needs, each with its reason; ends with a newline.

    Lines are broken where a terminal's columns are given, but for those of files.
    """
    lines = [wrapped(line, columns, "        ", quoted=False) for line in _told(comparison)]
    lines += [line for file in comparison.files for line in ("", file.diff.rstrip("\n"))]
    return "\n".join(map(_plain, lines)) + "\n"


def _told(comparison: Comparison) -> list[str]:
    lines = [_head(comparison)]
    if comparison.changes and comparison.changes[0].needs is None:
        lines += ["", *_rows(comparison.changes)]
    for needs, head in _HEADS.items():
        group = [change for change in comparison.changes if change.needs is needs]
        lines += ["", f"{head}:", *_rows(group)] if group else []
    if comparison.fields:
        lines += ["", "the profile's fields:"]
        lines += [f"  {one.path}: {_value(one.old)} -> {_value(one.new)}"
                  for one in comparison.fields]
    return lines


def comparison_json(comparison: Comparison) -> str:
    """The same as one object."""
    document = {
        "format": FORMAT, "same": comparison.same,
        "old": _side_json(comparison.old), "new": _side_json(comparison.new),
        "changes": [_change_json(change) for change in comparison.changes],
        "profile": [{"path": one.path, "old": one.old, "new": one.new}
                    for one in comparison.fields],
        "files": [{"path": file.path, "diff": file.diff} for file in comparison.files],
    }
    return json.dumps(document, indent=1)


def _side_json(side: Side) -> dict[str, Json]:
    return {"kind": side.kind.value, "name": side.name, "digest": side.digest}


def _change_json(change: Change) -> dict[str, Json]:
    needs = {} if change.needs is None else {"needs": change.needs.value}
    return {"id": change.id, "change": change.how.value, **needs, "reason": change.reason,
            "old": dict(change.old), "new": dict(change.new)}


def _head(comparison: Comparison) -> str:
    sides = f"{_side(comparison.old)} -> {_side(comparison.new)}"
    if comparison.same:
        return f"{sides}: no difference"
    if not comparison.changes:
        return f"{sides}: no fact of a node differs"
    return f"{sides}: {_count(comparison.changes)}"


def _side(side: Side) -> str:
    if isinstance(side, Heard):
        who = side.verdict.node.hostname or "a node"
        colour = "green" if side.verdict.green else "red"
        return f"{side.name} (verdict of {who}: {colour}, level {side.verdict.level})"
    assert isinstance(side, Promise)
    return f"{side.name} ({side.kind})"


def _count(changes: tuple[Change, ...]) -> str:
    return ", ".join(f"{count} {how}" for how in How
                     if (count := sum(change.how is how for change in changes)))


def _rows(changes: list[Change] | tuple[Change, ...]) -> Iterator[str]:
    for change in changes:
        yield f"  {_SIGNS[change.how]} {change.id}  {_values(change)}".rstrip()
        yield f"      {change.reason}"


def _values(change: Change) -> str:
    if change.how is How.CHANGED:
        return ", ".join(f"{key}: {_value(change.old.get(key))} -> {_value(change.new.get(key))}"
                         for key in {**change.old, **change.new})
    return _bare(change.old or change.new)


def _bare(value: Mapping[str, Json]) -> str:
    return ", ".join(f"{key}: {_value(one)}" for key, one in value.items() if one is not None)


def _value(value: Json) -> str:
    """A value in a line: a digest by its beginning, nothing as a word."""
    if value is None:
        return "unset"
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return f"{text[:12]}…"
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(line: str) -> str:
    """Without what would play with the reader's terminal; a diff's own lines stay lines."""
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1]
                   for char in line)
