"""A comparison in words, and as JSON."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping

from imagegen.common.columns import wrapped
from imagegen.diff.model import Change, Comparison, Heard, How, Needs, Promise, Side
from imagegen.plan.facts import Json
from imagegen.profile.problem import Finding

FORMAT = 1
_SIGNS = {How.ADDED: "+", How.REMOVED: "-", How.CHANGED: "~"}
_HEADS = {Needs.IMAGE: "needs a new image", Needs.SEED: "needs a new seed and a boot, no new image",
          Needs.CLUSTER: "is the cluster's to take over, no image's and no seed's",
          Needs.NOTHING: "changes nothing on a node: only how the next image is built"}
_SHOWN = 160
# so much of what both have stands before the first difference of two long texts
_AROUND = 30


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
        lines += [line for one in comparison.fields
                  for line in _value_lines("  ", one.path, one.old, one.new)]
    return lines


def comparison_json(comparison: Comparison) -> str:
    """The same as one object."""
    document = {
        "format": FORMAT, "same": comparison.same,
        "old": _side_json(comparison.old), "new": _side_json(comparison.new),
        "changes": [_change_json(change) for change in comparison.changes],
        "profile": [{"path": one.path, "old": one.old, "new": one.new}
                    for one in comparison.fields],
        "warnings": [{"rule": one.rule, "what": one.what, "hint": one.hint,
                      "place": _place(one)} for one in comparison.warnings],
        "files": [{"path": file.path, "diff": file.diff} for file in comparison.files],
    }
    return json.dumps(document, indent=1)


def _place(found: Finding) -> str:
    where = found.where
    return f"{where.file}:{where.line}:{where.column}" if where else ""


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
        head = f"  {_SIGNS[change.how]} {change.id}"
        if change.how is not How.CHANGED:
            yield f"{head}  {_bare(change.old or change.new)}".rstrip()
        else:
            yield from _changed_rows(head, change)
        yield f"      {change.reason}"


def _changed_rows(head: str, change: Change) -> Iterator[str]:
    """Short values behind the row's name, each list below it, element by element."""
    pairs = {key: (change.old.get(key), change.new.get(key))
             for key in {**change.old, **change.new}}
    plain = [f"{key}: {' -> '.join(_distinct(*pair))}" for key, pair in pairs.items()
             if not _listed(*pair)]
    yield f"{head}  {', '.join(plain)}".rstrip()
    for key, pair in pairs.items():
        if _listed(*pair):
            yield from _value_lines("      ", key, *pair)


def _listed(old: Json, new: Json) -> bool:
    """Whether a value is shown element by element."""
    return (isinstance(old, list) and isinstance(new, list)) or (
        isinstance(old, dict) and isinstance(new, dict))


def _value_lines(indent: str, name: str, old: Json, new: Json) -> Iterator[str]:
    """A value that differs: of lists and mappings only the elements that do."""
    if isinstance(old, dict) and isinstance(new, dict):
        for key in {**old, **new}:
            if old.get(key) != new.get(key):
                yield from _value_lines(indent, f"{name}.{key}", old.get(key), new.get(key))
    elif isinstance(old, list) and isinstance(new, list):
        yield from _element_lines(indent, name, old, new)
    else:
        yield f"{indent}{name}: {' -> '.join(_distinct(old, new))}"


def _element_lines(indent: str, name: str, old: list[Json], new: list[Json]) -> Iterator[str]:
    """The elements that were removed and added, in their order; one that moved is both."""
    before, after = ([json.dumps(one, sort_keys=True) for one in side] for side in (old, new))
    removed, added = list[str](), list[str]()
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    for tag, a, b, c, d in matcher.get_opcodes():
        if tag == "equal":
            continue
        pairs = list(zip(old[a:b], new[c:d], strict=False))
        if b - a == d - c and all(isinstance(one, dict) and isinstance(two, dict)
                                  for one, two in pairs):
            for at, (one, two) in enumerate(pairs, a):
                yield from _value_lines(indent, f"{name}[{at}]", one, two)
            continue
        for pair in pairs:
            for side, text in zip((removed, added), _distinct(*pair), strict=True):
                side.append(text)
        removed += [_value(one) for one in old[a + len(pairs):b]]
        added += [_value(one) for one in new[c + len(pairs):d]]
    if removed or added:
        moved = " in another order" if sorted(removed) == sorted(added) else ""
        yield f"{indent}{name}:{moved}"
        yield from (f"{indent}  - {one}" for one in removed)
        yield from (f"{indent}  + {one}" for one in added)


def _distinct(old: Json, new: Json) -> tuple[str, str]:
    """Two values in a line each, which are never cut before the first difference."""
    before, after = _value(old), _value(new)
    if before != after:
        return before, after
    whole = [one if isinstance(one, str) else json.dumps(one) for one in (old, new)]
    same = next((at for at, (one, two) in enumerate(zip(*whole, strict=False)) if one != two),
                min(map(len, whole)))
    before, after = (_value(f"…{text[max(0, same - _AROUND):]}") for text in whole)
    return before, after


def _bare(value: Mapping[str, Json]) -> str:
    return ", ".join(f"{key}: {_value(one)}" for key, one in value.items() if one is not None)


def _value(value: Json) -> str:
    """A value in a line: a digest by its beginning, nothing as a word."""
    if value is None:
        return "unset"
    text = value if isinstance(value, str) else json.dumps(value)
    if len(text) == 64 and set(text) <= set("0123456789abcdef"):
        return f"{text[:12]}…"
    return _cut(json.dumps(text) if "\n" in text else text)


def _cut(text: str) -> str:
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"


def _plain(line: str) -> str:
    """Without what would play with the reader's terminal; a diff's own lines stay lines."""
    return "".join(char if char.isprintable() or char in "\n\t" else ascii(char)[1:-1]
                   for char in line)
