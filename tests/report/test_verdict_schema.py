"""The published schema of a verdict: as it is made, and kept by every verdict."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator, ValidationError

from imagegen.node.model import LEVELS, RESULTS, SEVERITIES
from imagegen.report.verdict import FORMAT, Level, Result, Severity
from imagegen.report.verdict_schema import PUBLISHED, schema, schema_text
from tests.node.verdicts import STATES, validated
from tests.report.test_verdict import GOOD
from tests.verbs import ROOT, called

NODE_FORMAT = STATES["green"]["format"]


def test_the_published_one_is_the_one_made() -> None:
    """`imagegen schema verdict > schema/verdict-v1.schema.json` makes it so."""
    Draft202012Validator.check_schema(schema())
    assert (ROOT / PUBLISHED).read_text() == schema_text() == called("schema", "verdict").out


def test_the_check_and_its_reader_speak_of_the_same() -> None:
    assert NODE_FORMAT == FORMAT
    assert sorted(Level) == sorted(LEVELS)
    assert sorted(Result) == sorted(RESULTS)
    assert sorted(Severity) == sorted(SEVERITIES)


@pytest.mark.parametrize("verdict", [*STATES.values(), GOOD], ids=[*STATES, "good"])
def test_verdicts_keep_it(verdict: dict[str, Any]) -> None:
    validated(verdict)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where an object has a key, all that a node has said of itself aside."""
    inner = list(value.items()) if isinstance(value, dict) else (
        list(enumerate(value[:1])) if isinstance(value, list) else [])
    found = [(*path, key) for key, _ in inner if isinstance(value, dict)]
    return found + [place for key, one in inner for place in places(one, (*path, key))]


@pytest.mark.parametrize("place", places(GOOD), ids=lambda place: ".".join(map(str, place)))
def test_what_lacks_something_or_has_another_kind_does_not(place: tuple[str | int, ...]) -> None:
    document: Any = copy.deepcopy(GOOD)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    holder[place[-1]] = None
    with pytest.raises(ValidationError):
        validated(document)
    del holder[place[-1]]
    if place[0] != "node" or len(place) == 1:
        with pytest.raises(ValidationError):
            validated(document)


def test_the_schema_names_everything_that_a_verdict_has() -> None:
    with pytest.raises(ValidationError):
        validated({**GOOD, "more": 1})
    Draft202012Validator(schema()).validate({**GOOD, "more": 1})
    assert "additionalProperties" not in json.dumps(schema())
