"""Packer's machine-readable lines, as Packer 1.6.6 really printed them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegen.bake.events import Event, Kind, parse

PRINTED = Path(__file__).parent / "packer"


def events(name: str) -> list[Event]:
    return [parse(line) for line in (PRINTED / f"{name}.txt").read_text().splitlines(True)]


def test_a_good_build() -> None:
    told = [event for event in events("good") if event.kind is not Kind.OTHER]
    assert told[:7] == [
        Event(Kind.SAY, "Running local shell script: /tmp/packer-shell3684849142"),
        Event(Kind.MESSAGE, "imagegen step 10: packages, and more"),
        Event(Kind.MESSAGE, "a,b"), Event(Kind.MESSAGE, "c"), Event(Kind.MESSAGE, "100%"),
        Event(Kind.ERROR, "oops"), Event(Kind.MESSAGE, "green"),
    ]
    assert [event.text for event in told if event.kind is Kind.ARTIFACT] == ["2"]
    assert Event(Kind.SAY, "==> Builds finished. The artifacts of successful builds are:") in told


def test_a_failed_build() -> None:
    told = events("failed")
    reason = "Script exited with non-zero exit status: 3.Allowed exit codes are: [0]"
    assert Event(Kind.ERROR, reason) in told
    assert not [event for event in told if event.kind is Kind.ARTIFACT]
    assert [event.text for event in told if "had errors" in event.text] == [
        "==> Some builds didn't complete successfully and had errors:"]


@pytest.mark.parametrize(("line", "event"), [
    ("not of the machine's\n", Event(Kind.MESSAGE, "not of the machine's")),
    ("Error: no such template, or other trouble", Event(
        Kind.MESSAGE, "Error: no such template, or other trouble")),
    ("", Event(Kind.MESSAGE, "")),
    ("1,,ui,message,    qemu.node: one\\r\\ntwo", Event(Kind.MESSAGE, "one\ntwo")),
    ("1,,ui,message,    qemu.node: a: b: c", Event(Kind.MESSAGE, "a: b: c")),
    ("1,,ui,other,x", Event(Kind.MESSAGE, "x")),
    ("1,,ui,say", Event(Kind.SAY, "")),
    ("1,qemu.node,artifact-count,0", Event(Kind.ARTIFACT, "0")),
    ("1,,artifact-count,7", Event(Kind.OTHER, "7")),
    ("1,,error-count,1", Event(Kind.OTHER, "1")),
    ("1,x,version,1.6.6", Event(Kind.OTHER, "1.6.6")),
])
def test_one_line(line: str, event: Event) -> None:
    assert parse(line) == event


@given(st.text())
def test_a_message_comes_through_packers_commas(text: str) -> None:
    plain = "".join(char for char in text if char.isprintable() and char not in "\\%").strip()
    line = f"1795571337,,ui,message,    qemu.node: {plain.replace(',', '%!(PACKER_COMMA)')}"
    assert parse(line) == Event(Kind.MESSAGE, plain)


@given(st.text())
def test_nothing_stops_the_reader(line: str) -> None:
    assert isinstance(parse(line), Event)
    assert isinstance(parse(f"1,,ui,{line}"), Event)
    assert isinstance(parse(f"1,x,artifact-count,{line}"), Event)
