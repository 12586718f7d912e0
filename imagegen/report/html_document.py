"""A verdict as the page takes it: its form, and where in a file it is not of that form.

The words come from a node, so nothing of them is trusted: pydantic holds them to their types, and
every deviation is told with line and column. Keys that are not known are left alone.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.alias_generators import to_camel

from imagegen.common.errors import InputError, InputErrors, Place
from imagegen.report.verdict import FORMAT, Level, Result, Severity

MOST_FINDINGS = 5_000
MOST_TOLD = 3
Count = Annotated[int, Field(ge=0)]
LAST_SECOND = 253_402_300_799  # of the year 9999
Amount = Annotated[float, Field(ge=0, allow_inf_nan=False)]
WHITE = " \t\n\r"
LONGEST_NUMBER = 300


def _whole(digits: str) -> int | float:
    """A number that Python would refuse to make of so many digits is no count, either."""
    return int(digits) if len(digits) <= LONGEST_NUMBER else float("inf")


DECODER = json.JSONDecoder(parse_int=_whole)


class _Part(BaseModel):
    model_config = ConfigDict(strict=True, frozen=True, alias_generator=to_camel, extra="ignore")


class FindingRead(_Part):
    """One fact and how it was judged; title, severity and read are not in older verdicts."""

    id: str
    rule: str
    result: Annotated[Result, Field(strict=False)]
    expected: str
    saw: str
    why: str
    remedy: str
    source: str
    title: str = ""
    severity: str = ""
    read: str = ""

    @property
    def grave(self) -> bool:
        """Whether it decides over the node; older verdicts know of nothing lighter."""
        return self.severity not in (Severity.WARNING, Severity.INFO)


class NodeRead(_Part):
    """Who was judged; empty where the check could not begin."""

    hostname: str = ""
    machine_id: str = ""
    boot_id: str = ""
    kernel: str = ""
    instance_id: str = ""
    addresses: list[str] = []
    ssh_host_keys: list[str] = []


class SecondsRead(_Part):
    """The node's uptime at the end, the time waited for kube-proxy, the check's own."""

    uptime: Amount
    waited: Amount
    check: Amount


class StartedRead(_Part):
    """When a unit became active, in seconds after the kernel's start."""

    unit: str
    seconds: Amount


class TableRead(_Part):
    """The size of the IPVS table, and its first lines."""

    virtual_servers: Count
    real_servers: Count
    text: list[str]


class VerdictRead(_Part):
    """Everything that a node's check says; `time` in Unix seconds, `seconds_from_power_on` comes
    from `imagegen verify`, `started` from checks that tell: each where it is there.
    """

    level: Annotated[Level, Field(strict=False)]
    verdict: str
    profile: str
    digest: str
    check_version: str
    time: Annotated[int, Field(ge=0, le=LAST_SECOND)] | None = None
    node: NodeRead
    seconds: SecondsRead
    waited_for: list[str]
    findings: Annotated[list[FindingRead], Field(max_length=MOST_FINDINGS)]
    table: TableRead
    started: list[StartedRead] = []
    seconds_from_power_on: Amount | None = None

    @property
    def green(self) -> bool:
        """What the node says of itself."""
        return self.verdict == "green"

    @property
    def good(self) -> bool:
        """What its findings say: every grave one is ok or a warning, and one is ok."""
        grave = {one.result for one in self.findings if one.grave}
        return Result.OK in grave and not grave & {Result.RED, Result.UNKNOWN}


def verdict_read(document: object, text: str, start: int, file: str) -> VerdictRead:
    """A JSON document held to its form; it begins at `start` of the file's text.

    Raises InputErrors: all that is wrong (the first few), each with its place.
    """
    wrong = list(_not_ours(document))
    if not wrong:
        try:
            read = VerdictRead.model_validate(document)
        except ValidationError as error:
            wrong = [(one["loc"], _sentence(one["type"], one["loc"], one.get("ctx", {})))
                     for one in error.errors(include_url=False, include_input=False)]
        else:
            wrong = list(_contradictions(read))
    if wrong:
        raise InputErrors([InputError(
            f"this is no verdict: {what}", hint=_hint(path),
            where=place_at(text, offset_of(text, start, path), file))
            for path, what in wrong[:MOST_TOLD]])
    return read


def _not_ours(document: object) -> Iterator[tuple[Sequence[int | str], str]]:
    """Whether it is a verdict at all, and of a format that is known."""
    if not isinstance(document, dict):
        kind = "a list" if isinstance(document, list) else "a bare value"
        yield (), f"it is {kind}, not an object"
    elif "format" not in document:
        yield (), "format is missing"
    elif type(document["format"]) is not int or document["format"] < 1:
        yield ("format",), "format is no number of a format"
    elif document["format"] > FORMAT:
        yield ("format",), (f"its format is {min(document['format'], 10**9)}, and this imagegen "
                            f"knows formats up to {FORMAT}")


def _contradictions(read: VerdictRead) -> Iterator[tuple[Sequence[int | str], str]]:
    if read.verdict not in ("green", "red"):
        yield ("verdict",), "verdict is neither green nor red"
    elif read.green and not read.good:
        yield ("verdict",), "it says green, and its findings do not"


def _hint(path: Sequence[int | str]) -> str:
    if list(path) == ["format"]:
        return "`imagegen report` of the version that made the image reads it"
    return "give the verdict.json of a node, or lines of `imagegen verify --json`"


def _sentence(kind: str, path: Sequence[int | str], context: dict[str, Any]) -> str:
    """What pydantic found, in our words."""
    name = dotted(path)
    match kind:
        case "missing":
            return f"{name} is missing"
        case "string_type":
            return f"{name} is no text"
        case "int_type" | "float_type":
            return f"{name} is no number"
        case "greater_than_equal":
            return f"{name} is below zero"
        case "less_than_equal":
            return f"{name} is beyond the year 9999"
        case "finite_number":
            return f"{name} is not finite"
        case "list_type":
            return f"{name} is no list"
        case "model_type" | "model_attributes_type" | "dict_type":
            return f"{name} is no object"
        case "enum":
            return f"{name} is not one of: {context.get('expected', '')}".replace("'", "")
        case "too_long":
            return f"{name} has more than {MOST_FINDINGS} items, which no node has"
        case _:
            return f"{name} is of the wrong kind"


def dotted(path: Sequence[int | str]) -> str:
    """`findings[3].saw`."""
    parts = [f"[{key}]" if isinstance(key, int) else f".{key}" for key in path]
    return "".join(parts).lstrip(".")[:200]


def offset_of(text: str, start: int, path: Sequence[int | str]) -> int:
    """Where a value of a JSON document stands; what is missing stands where its holder does.

    `text` from `start` on is known to be JSON. A key that is there twice counts as Python reads it:
    the last one.
    """
    place = _past_white(text, start)
    for key in path:
        found = None
        for name, inner in _members(text, place):
            found = inner if name == key else found
        if found is None:
            return place
        place = found
    return place


def _members(text: str, place: int) -> Iterator[tuple[int | str, int]]:
    """Key or number, and offset, of all that an object or a list holds."""
    kind, number = text[place], 0
    place = _past_white(text, place + 1)
    while kind in "{[" and text[place] not in "}]":
        name: int | str = number
        if kind == "{":
            name, place = DECODER.raw_decode(text, place)
            place = _past_white(text, _past_white(text, place) + 1)
        yield name, place
        place = _past_white(text, DECODER.raw_decode(text, place)[1])
        place = _past_white(text, place + 1) if text[place] == "," else place
        number += 1


def _past_white(text: str, place: int) -> int:
    while place < len(text) and text[place] in WHITE:
        place += 1
    return place


def place_at(text: str, offset: int, file: str) -> Place:
    """Line and column of an offset."""
    begin = text.rfind("\n", 0, offset) + 1
    end = text.find("\n", offset)
    line = text[begin : end if end >= 0 else len(text)]
    return Place(file, text.count("\n", 0, offset) + 1, offset - begin + 1, line)
