"""A verdict read back: as values, or refused with a sentence."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.common.errors import InputError
from imagegen.report.text import verdict_text
from imagegen.report.verdict import Level, Result, Severity, parse

FINDING = {"id": "sysctl.net.ipv4.ip_forward", "rule": "sysctl", "result": "ok", "expected": "1",
           "saw": "1", "why": "w", "remedy": "", "source": "s", "title": "A sysctl",
           "severity": "error", "read": "/proc/sys"}
GOOD: dict[str, Any] = {
    "format": 1, "level": "table", "verdict": "green", "time": 1764331200,
    "profile": "quickstart", "digest": "3f9a",
    "checkVersion": "0.1.0",
    "node": {"hostname": "n1", "machineId": "a", "bootId": "b", "kernel": "6.1",
             "addresses": ["10.0.2.15/24"], "sshHostKeys": ["SHA256:x"], "instanceId": "i"},
    "seconds": {"uptime": 61.2, "waited": 7.1, "check": 0.9},
    "waitedFor": ["api_service 7.1 s: none yet"], "findings": [FINDING],
    "counts": {"ok": 1, "red": 0, "warning": 0, "unknown": 0},
    "table": {"virtualServers": 1, "realServers": 1, "text": ["TCP 10.254.0.1:443 rr"]},
}


def test_good() -> None:
    verdict = parse(json.dumps(GOOD).encode())
    assert (verdict.level, verdict.green, verdict.node.machine_id) == (Level.TABLE, True, "a")
    assert verdict.of(Result.OK)[0].id == "sysctl.net.ipv4.ip_forward"
    assert verdict.of(Result.RED, Result.UNKNOWN) == ()
    assert verdict.table.text == ("TCP 10.254.0.1:443 rr",)
    assert verdict.seconds.waited == 7.1


def test_a_verdict_of_a_check_without_titles_is_read_as_before() -> None:
    old = {key: FINDING[key] for key in FINDING if key not in ("title", "severity", "read")}
    found = parse(json.dumps({**GOOD, "findings": [old]}).encode()).findings[0]
    assert (found.title, found.severity, found.read) == ("", Severity.ERROR, "")


def test_only_errors_deny_a_green() -> None:
    light = {**FINDING, "result": "unknown", "severity": "warning"}
    assert parse(json.dumps({**GOOD, "findings": [FINDING, light]}).encode()).green
    with pytest.raises(InputError, match="says green"):
        parse(json.dumps({**GOOD, "findings": [{**FINDING, "severity": "info"}]}).encode())


def test_a_check_that_could_not_begin() -> None:
    nothing = {**GOOD, "verdict": "red", "node": {}, "profile": "", "findings": [
        {**FINDING, "result": "unknown"}]}
    assert parse(json.dumps(nothing).encode()).node.hostname == ""
    assert verdict_text(nothing).startswith("RED  level table")


@pytest.mark.parametrize("result", ["red", "unknown"])
def test_a_green_that_its_findings_deny_is_refused(result: str) -> None:
    lie = {**GOOD, "findings": [FINDING, {**FINDING, "result": result}]}
    with pytest.raises(InputError, match="says green"):
        parse(json.dumps(lie).encode())
    with pytest.raises(InputError, match="says green"):
        parse(json.dumps({**GOOD, "findings": []}).encode())


@pytest.mark.parametrize(("data", "sentence"), [
    (b"", "no verdict"), (b"[]", "format"), (b'{"format": 2}', "format"),
    (b"\xff\xfe", "no verdict"), (b"[" * 100_000, "no verdict"),
])
def test_no_verdict(data: bytes, sentence: str) -> None:
    with pytest.raises(InputError, match=sentence):
        parse(data)


def places(value: object, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Every place inside a document."""
    inner: list[tuple[str | int, object]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [place for key, one in inner for place in [(*path, key), *places(one, (*path, key))]]


odd = st.sampled_from([None, True, -1, 1.5, "moon", "", [], {}, [1], {"a": 1}])


@settings(deadline=None)
@given(st.sampled_from(places(GOOD)), odd, st.booleans())
def test_any_damage_is_read_or_refused(
    place: tuple[str | int, ...], value: object, removed: bool
) -> None:
    document = copy.deepcopy(GOOD)
    holder: Any = document
    for key in place[:-1]:
        holder = holder[key]
    if removed:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    try:
        parse(json.dumps(document).encode())
    except InputError as error:
        assert str(error).startswith("error: this ")


def test_the_text_is_the_nodes_own() -> None:
    text = verdict_text({**GOOD, "verdict": "red", "findings": [
        FINDING, {**FINDING, "id": "b", "result": "red", "saw": "0", "remedy": "mend it"}]})
    lines = text.splitlines()
    assert lines[1].startswith("level table looks at")
    assert lines[3].split() == ["RED", "b", "0"]
    assert "remedy: mend it" in text
    assert text.endswith("\n")
