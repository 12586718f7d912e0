"""A profile as commented YAML: one line a value, so that every line is one place of the profile."""

from __future__ import annotations

import math
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import yaml

from imagegen.adopt.notes import Note, Path

WIDTH = 98
# Plain where no reader of any YAML takes it for something else
_PLAIN = re.compile(r"[A-Za-z/][A-Za-z0-9/_.-]*|[0-9]+(\.[0-9]+){3}/[0-9]+|[0-9]+(ms|s|m|h)")
_SURPRISING = re.compile(r"(yes|no|on|off|y|n|true|false|null)", re.I)


@dataclass(frozen=True, slots=True)
class Line:
    """A line, and the value that stands on it; a comment has none."""

    text: str
    path: Path | None


def profile_lines(data: Mapping[str, Any], head: Sequence[str],
                  notes: Sequence[Note]) -> list[Line]:
    """The document: its head, the notes about the whole, and each other note above its place."""
    placed = _placed(data, notes)
    lines = [*_comments([*head, *(f"- {note.text}" for note in placed.pop((), ()))], "")]
    for key, value in data.items():
        lines += [*([Line("", None)] if isinstance(value, dict) else []),
                  *_entry((key,), value, "", placed)]
    return lines


def _placed(data: Mapping[str, Any], notes: Sequence[Note]) -> dict[Path, list[Note]]:
    """Each note at its path, or at the nearest one above it that the document has."""
    placed: dict[Path, list[Note]] = {}
    for note in notes:
        path = note.path
        while path and not _has(data, path):
            path = path[:-1]
        placed.setdefault(path, []).append(note)
    return placed


def _has(data: Any, path: Path) -> bool:  # noqa: ANN401
    for part in path:
        if not isinstance(data, dict) or part not in data:
            return False
        data = data[part]
    return True


def _entry(path: Path, value: Any, indent: str,  # noqa: ANN401
           placed: Mapping[Path, list[Note]]) -> Iterator[Line]:
    yield from _comments([f"NOTE: {note.text}" for note in placed.get(path, ())], indent)
    yield from _value(path, value, indent, f"{indent}{scalar(str(path[-1]))}:", placed)


def _value(path: Path, value: Any, indent: str, before: str,  # noqa: ANN401
           placed: Mapping[Path, list[Note]]) -> Iterator[Line]:
    """What stands behind a key or a dash; what lies deeper stands two blanks further in."""
    deeper = f"{indent}  "
    if isinstance(value, dict) and value:
        yield Line(before, path)
        for inner, one in value.items():
            yield from _entry((*path, inner), one, deeper, placed)
    elif isinstance(value, list) and value:
        yield Line(before, path)
        for number, one in enumerate(value):
            yield from _item((*path, number), one, deeper)
    elif isinstance(value, str) and (mark := _literal(value)):
        yield Line(f"{before} {mark}", path)
        for line in value.removesuffix("\n").split("\n"):
            yield Line(f"{deeper}{line}" if line else "", path)
    else:
        yield Line(f"{before} {scalar(value)}", path)


def _item(path: Path, value: Any, indent: str) -> Iterator[Line]:  # noqa: ANN401
    """`- ` and a value; a mapping's keys stand where its first one does."""
    if not isinstance(value, dict) or not value:
        yield Line(f"{indent}- {scalar(value)}", path)
        return
    for number, (key, one) in enumerate(value.items()):
        dash = " " if number else "-"
        yield from _value((*path, key), one, f"{indent}  ", f"{indent}{dash} {scalar(str(key))}:",
                          {})


def _literal(text: str) -> str | None:
    """`|` or `|-`, where a text of several lines can stand as it is."""
    plain = all(char.isprintable() or char in "\n\t" for char in text)
    if "\n" not in text or not plain or text[0] in " \t\n" or text.endswith("\n\n"):
        return None
    return "|" if text.endswith("\n") else "|-"


def _comments(texts: Sequence[str], indent: str) -> Iterator[Line]:
    for text in texts:
        for line in textwrap.wrap(text, WIDTH - len(indent), break_long_words=False,
                                  break_on_hyphens=False) or [""]:
            yield Line(f"{indent}# {line}".rstrip(), None)


def scalar(value: object) -> str:
    """A value on its line: quoted wherever a reader could take it for something else."""
    if isinstance(value, bool) or value is None:
        return {True: "true", False: "false", None: "null"}[value]
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return _number(value)
    if isinstance(value, str) and _PLAIN.fullmatch(value) and not _SURPRISING.fullmatch(value):
        return value
    flow = isinstance(value, list | dict)
    text: str = yaml.safe_dump(value, default_style='"', default_flow_style=flow or None,
                               width=1 << 30)
    return text.strip()


def _number(value: float) -> str:
    """Without an exponent: 1e-05 is a text to a reader of YAML 1.1."""
    if value.is_integer():
        return str(int(value))
    return repr(value) if "e" not in repr(value) else f"{value:.20f}".rstrip("0")
