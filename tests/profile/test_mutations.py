"""The good profiles, broken at random: only a rendering or errors with a place come out."""

from __future__ import annotations

import copy
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.load import parse_profile
from imagegen.render.render import render
from tests.hostile import VALUES, texts
from tests.profiles import GOOD, as_yaml, document, place

MANY = settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
ODD = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts(30),
                st.sampled_from(VALUES), st.just([]), st.just({}), st.lists(texts(5), max_size=2),
                st.dictionaries(texts(5), texts(5), max_size=2))
Path = tuple[str | int, ...]


def comes_out(data: bytes) -> bool:
    """Whether it renders. Raises whatever is neither a rendering nor an error in words."""
    try:
        profile = parse_profile("p.yaml", data)
    except InputErrors as several:
        assert len(several.errors) > 1
        for error in several.errors:
            has_words_and_a_place(error)
        places = [(error.where.line, error.where.column) for error in several.errors if error.where]
        assert places == sorted(places)
        return False
    except InputError as error:
        has_words_and_a_place(error)
        return False
    assert render(profile).tree.files
    return True


def has_words_and_a_place(error: InputError) -> None:
    assert len(error.what) > 10
    assert all(char.isprintable() or char == "\n" for char in str(error))
    if error.where is None:
        assert error.what == "p.yaml is empty"
        return
    assert error.where.line >= 1 and error.where.column >= 1
    assert str(error).splitlines()[1] == f"p.yaml:{error.where.line}:{error.where.column}"


def paths(data: object, here: Path = ()) -> list[Path]:
    """Every path into the data but the root."""
    pairs = data.items() if isinstance(data, dict) else (
        enumerate(data) if isinstance(data, list) else ())
    return [found for key, value in pairs
            for found in [(*here, key), *paths(value, (*here, key))]]


def parent_of(data: Any, path: Path) -> Any:
    for part in path[:-1]:
        data = data[part]
    return data


def mutated(data: Any, draw: st.DataObject) -> Any:
    """One change: a value lost, of another kind, under another key, or somewhere else."""
    known = paths(data)
    path = draw.draw(st.sampled_from(known))
    parent, key = parent_of(data, path), path[-1]
    match draw.draw(st.sampled_from(["delete", "retype", "rename", "graft", "repeat"])):
        case "delete":
            del parent[key]
        case "retype":
            parent[key] = draw.draw(ODD)
        case "rename" if isinstance(parent, dict):
            parent[draw.draw(texts(12))] = parent.pop(key)
        case "graft":
            other = draw.draw(st.sampled_from(known))
            parent[key] = copy.deepcopy(parent_of(data, other)[other[-1]])
        case "repeat" if isinstance(parent, list):
            parent.append(copy.deepcopy(parent[int(key)]))
    return data


@pytest.mark.parametrize("name", GOOD)
def test_the_good_ones_come_out(name: str) -> None:
    assert comes_out(place(name).read_bytes())
    assert comes_out(as_yaml(document(name)))


@pytest.mark.parametrize("name", GOOD)
@MANY
@given(draw=st.data())
def test_changed_data(name: str, draw: st.DataObject) -> None:
    data = document(name)
    for _ in range(draw.draw(st.integers(1, 3))):
        if paths(data):
            data = mutated(data, draw)
    comes_out(as_yaml(data))


@pytest.mark.parametrize("name", GOOD)
@MANY
@given(draw=st.data())
def test_changed_text(name: str, draw: st.DataObject) -> None:
    """Bytes cut out, put in or repeated anywhere in the file."""
    data = place(name).read_bytes()
    start = draw.draw(st.integers(0, len(data)))
    end = min(len(data), start + draw.draw(st.integers(0, 40)))
    middle = draw.draw(st.one_of(st.just(b""), st.binary(max_size=8), st.just(data[start:end] * 2),
                                 texts(8).map(str.encode), st.sampled_from(
        [b"\t", b"\n", b"- ", b": ", b"&a ", b"*a", b"!!set ", b"{", b"]", b"'", b'"', b"|\n"])))
    comes_out(data[:start] + middle + data[end:])


@pytest.mark.parametrize("name", GOOD)
@settings(MANY, max_examples=60)
@given(draw=st.data())
def test_a_line_twice(name: str, draw: st.DataObject) -> None:
    lines = place(name).read_text().splitlines()
    number = draw.draw(st.integers(0, len(lines) - 1))
    comes_out("\n".join([*lines[:number + 1], *lines[number:]]).encode())


@MANY
@given(st.binary(max_size=60))
def test_anything_at_all(data: bytes) -> None:
    assert not comes_out(data)
