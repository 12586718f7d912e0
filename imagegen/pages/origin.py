"""What a profile gives for a field, and where it stands."""

from __future__ import annotations

from typing import Any

from imagegen.common.errors import Place
from imagegen.pages.walk import Field, plain
from imagegen.profile.problem import name_of
from imagegen.profile.source import EXTENDS, Path, Source


def given(field: Field, source: Source) -> list[str]:
    """A line for each value: the value and its place, or that the default holds."""
    if field.path == EXTENDS:
        return [f"{source.name} is made of: {', '.join(source.files)}"]
    found = [path for path in source.values if _is(field, path) and _is_leaf(source, path)]
    if found:
        return [f"{name_of(path)}: {plain(_value(source, path))}  ({_at(source.place(path))})"
                for path in found]
    held = "" if field.section else f"; the default holds: {field.default_words}"
    return [f"{source.name} does not set it{held}"]


def _at(place: Place) -> str:
    return f"{place.file}:{place.line}:{place.column}"


def _value(source: Source, path: Path) -> Any:  # noqa: ANN401
    value = source.value
    for part in path:
        value = value[part]
    return value


def _is_leaf(source: Source, path: Path) -> bool:
    """Values that people write, not the sections around them; a list of plain ones is one value."""
    value = _value(source, path)
    return not isinstance(path[-1], int) and not isinstance(value, dict) and not (
        isinstance(value, list) and any(isinstance(item, dict) for item in value))


def _is(field: Field, path: Path) -> bool:
    """Whether a path of the document is the field's, or below it where the field is a section."""
    pattern: list[str | int] = []
    for word in field.path.split("."):
        pattern += [word.removesuffix("[]"), 0] if word.endswith("[]") else [word]
    long_enough = len(path) > len(pattern) if field.section else len(path) == len(pattern)
    return long_enough and all(
        isinstance(part, int) if want == 0 else want in ("*", part)
        for want, part in zip(pattern, path, strict=False))
