"""Values set in a profile by the paths that field pages have."""

from __future__ import annotations

import copy
from typing import Any

from imagegen.knowledge.pages import FieldPage
from tests.profiles import document

# a key for those that may be chosen freely
KEYS = {"os.sysctls": "vm.max_map_count"}


def grafted(path: str, page: FieldPage) -> dict[str, Any]:
    """The smallest profile with a page's example in it, and what goes beside the example."""
    data = document()
    for other, value in {**page.beside, path: page.example}.items():
        graft(data, other, copy.deepcopy(value))
    return data


def graft(data: dict[str, Any], path: str, value: object) -> None:
    """Set one value by its dotted path; `[]` is a list's first item, `*` a key that fits."""
    *parents, last = path.split(".")
    place, walked = data, list[str]()
    for part in parents:
        place = _below(place, part, walked)
        walked.append(part)
    place[_key(last, walked)] = value


def _below(place: dict[str, Any], part: str, walked: list[str]) -> dict[str, Any]:
    if part.endswith("[]"):
        items: list[dict[str, Any]] = place.setdefault(part.removesuffix("[]"), [])
        if not items:
            items.append({})
        return items[0]
    below: dict[str, Any] = place.setdefault(_key(part, walked), {})
    return below


def _key(part: str, walked: list[str]) -> str:
    return KEYS.get(".".join(walked), "name") if part == "*" else part
