"""The pages of fields and rules: what each means, what goes wrong, and where the fact comes from.

Only `explain`, `schema`, `init` and the documentation read them; no profile is loaded, rendered or
built any other way because of a page.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

_HERE = Path(__file__).resolve().parent


@dataclass(frozen=True, slots=True)
class FieldPage:
    """A field's page: `fields/SECTION.yaml`, under the field's dotted path.

    `beside` holds what the example needs in a profile next to it: dotted paths and their values.
    """

    meaning: str
    without: str
    example: Any
    source: str
    since: str = ""
    until: str = ""
    beside: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class RulePage:
    """A rule's page: `rules/AREA.yaml`, under the rule's id. `example` is a wrong fragment."""

    title: str
    why: str
    do: str
    source: str
    example: Any


_Page = TypeVar("_Page", FieldPage, RulePage)


@cache
def field_pages() -> dict[str, FieldPage]:
    """Dotted path to page. Raises ValueError for a page that is not one."""
    return {path: _made(FieldPage, path, page) for path, page in _read("fields")}


@cache
def rule_pages() -> dict[str, RulePage]:
    """Rule id to page. Raises ValueError for a page that is not one."""
    return {rule: _made(RulePage, rule, page) for rule, page in _read("rules")}


def section_of(path: str) -> str:
    """The file of `fields/` that a field's page stands in."""
    return path.partition(".")[0] if "." in path else "top"


def _read(kind: str) -> list[tuple[str, Any]]:
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    entries: dict[str, Any] = {}
    for file in sorted((_HERE / kind).glob("*.yaml")):
        pages = yaml.load(file.read_bytes(), loader) or {}
        if twice := entries.keys() & pages.keys():
            raise ValueError(f"{file.name}: {sorted(twice)} stand in another file as well")
        entries |= pages
    return list(entries.items())


def _made(kind: type[_Page], name: str, page: Any) -> _Page:  # noqa: ANN401
    try:
        texts: dict[str, Any] = {
            key: " ".join(value.split()) if isinstance(value, str) and key != "example" else value
            for key, value in page.items()}
        return kind(**texts)
    except (TypeError, AttributeError) as error:
        raise ValueError(f"the page of {name} is not whole: {error}") from None
