"""Profiles at random: good ones from the model's own fields, and good ones broken.

Every field that `imagegen.pages.walk` knows takes part by its page's example and its choices, so a
new field is in the run as soon as it has a page.
"""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

from hypothesis import strategies as st

from imagegen.knowledge.pages import field_pages
from imagegen.pages.examples import put
from imagegen.pages.walk import Field, fields
from tests.hostile import VALUES, texts
from tests.profiles import GOOD, Document, document

Path = tuple[str | int, ...]
VERSIONS = ("1.20.2", "1.25.0", "1.26.0", "1.34.4", "1.35.0", "1.37.2", "1.40.0", "1.42.9")
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts(30),
                st.sampled_from(VALUES), st.just([]), st.just({}), st.lists(texts(5), max_size=2),
                st.dictionaries(texts(5), texts(5), max_size=2))
BREAKS = ("delete", "retype", "rename", "graft", "foreign", "repeat", "reorder", "inside")


@cache
def leaves() -> tuple[Field, ...]:
    """The fields that hold a value and have a page."""
    return tuple(field for field in fields() if not field.section and field.path in field_pages())


def values(field: Field) -> st.SearchStrategy[Any]:
    """What may stand in a field: its example and near it, its choices, its default."""
    example = field_pages()[field.path].example
    found = [st.just(example)]
    if field.choices:
        one = st.sampled_from(field.choices)
        found.append(st.lists(one, max_size=3) if isinstance(example, list) else one)
    elif isinstance(example, bool):
        found.append(st.booleans())
    elif isinstance(example, int):
        found.append(st.one_of(st.integers(0, 10), st.integers(0, 1 << 31)))
    elif isinstance(example, str):
        found.append(_near(example))
    elif isinstance(example, list) and example:
        found.append(st.lists(st.sampled_from(example), max_size=4))
    return st.one_of(*found)


def _near(example: str) -> st.SearchStrategy[str]:
    """The example with a little more or less of it, or an odd text in its place."""
    piece = st.sampled_from(["", "/", ".", "-", "x", "0", "1", " ", "%", "${x}", "'", '"', "é"])
    return st.one_of(st.builds("{}{}".format, st.just(example), piece),
                     st.builds("{}{}".format, piece, st.just(example)), texts(20))


@st.composite
def good(draw: st.DrawFn) -> Document:
    """A profile of `profiles/`, or the smallest, with some fields set to what they may hold."""
    data = document(draw(st.sampled_from([None, *GOOD])))
    if draw(st.booleans()):
        data["kubeProxy"]["version"] = draw(st.sampled_from(VERSIONS))
    for field in draw(st.lists(st.sampled_from(leaves()), max_size=5)):
        page = field_pages()[field.path]
        for path, value in {**page.beside, field.path: draw(values(field))}.items():
            if not _in_the_way(data, path):
                put(data, path, copy.deepcopy(value))
    return data


def _in_the_way(data: Any, path: str) -> bool:
    """Whether a value that is no section stands where a field's parent should be."""
    for part in path.split(".")[:-1]:
        data = data.get(part.removesuffix("[]"), {}) if isinstance(data, dict) else None
        if part.endswith("[]"):
            data = (data or [{}])[0] if isinstance(data or [], list) else None
    return not isinstance(data, dict)


def paths(data: object, here: Path = ()) -> list[Path]:
    """Every path into the data but the root."""
    pairs = data.items() if isinstance(data, dict) else (
        enumerate(data) if isinstance(data, list) else ())
    return [found for key, value in pairs
            for found in [(*here, key), *paths(value, (*here, key))]]


def at(data: Any, path: Path) -> Any:
    """What stands at a path."""
    for part in path:
        data = data[part]
    return data


@st.composite
def broken(draw: st.DrawFn) -> Document:
    """A good profile with one to three changes."""
    data = draw(good())
    for _ in range(draw(st.integers(1, 3))):
        if known := paths(data):
            _break(data, known, draw)
    return data


def _break(data: Any, known: list[Path], draw: st.DrawFn) -> None:
    """One change: a value lost, of another kind, under another key, or somewhere else."""
    path = draw(st.sampled_from(known))
    parent, key = at(data, path[:-1]), path[-1]
    match draw(st.sampled_from(BREAKS)):
        case "delete":
            del parent[key]
        case "retype":
            parent[key] = draw(ODD)
        case "rename" if isinstance(parent, dict):
            parent[draw(texts(12))] = parent.pop(key)
        case "graft":
            parent[key] = copy.deepcopy(at(data, draw(st.sampled_from(known))))
        case "foreign":
            other = document(draw(st.sampled_from(GOOD)))
            parent[key] = at(other, draw(st.sampled_from(paths(other))))
        case "repeat" if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[int(key)]))
        case "reorder":
            _reorder(parent, draw)
        case "inside" if isinstance(parent[key], str):
            text, where = parent[key], draw(st.integers(0, len(parent[key])))
            parent[key] = text[:where] + draw(texts(5)) + text[where:]


def _reorder(parent: Any, draw: st.DrawFn) -> None:
    items = draw(st.permutations(list(parent.items() if isinstance(parent, dict) else parent)))
    parent.clear()
    if isinstance(parent, dict):
        parent.update(items)
    else:
        parent.extend(items)
