"""The gate: it opens for a reason, for a person, or when its time is over, and never for ever."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from imagegen.node import cli
from imagegen.node.gate import ARGUMENT, BY_HAND, SETTINGS, STATE, VERDICT, hold, state
from imagegen.node.outputs import MOTD
from tests.node.fake import FakeHost
from tests.node.verdicts import finding, made

GREEN = made(finding("a", "ok"))
RED = made(finding("a", "ok"), finding("net.ipv4.ip_forward", "red"))


class Gate:
    """A gate on a root of its own; `at` does something when the fake clock has come to a second."""

    def __init__(self, root: Path) -> None:
        self.root, self.host = root, FakeHost()
        self.said: list[str] = []
        self.plan: dict[int, Callable[[], object]] = {}
        self.host.on_sleep = self._slept
        self.write("/proc/cmdline", "root=/dev/vda1 ro\n")

    def _slept(self) -> None:
        for second in [one for one in self.plan if one <= self.host.clock]:
            self.plan.pop(second)()

    def write(self, path: str, data: str | bytes) -> None:
        place = self.root / path[1:]
        place.parent.mkdir(parents=True, exist_ok=True)
        new = place.with_name("new")
        new.write_bytes(data.encode() if isinstance(data, str) else data)
        new.replace(place)

    def verdict(self, found: dict[str, Any]) -> None:
        self.write(VERDICT, json.dumps(found))

    def hold(self, timeout: float = 600.0) -> int:
        return hold(str(self.root), self.host, timeout, self.said.append)

    @property
    def state(self) -> str:
        return state(str(self.root))[0]


@pytest.fixture
def gate(tmp_path: Path) -> Gate:
    return Gate(tmp_path)


def test_a_green_node_is_not_held(gate: Gate) -> None:
    gate.verdict(GREEN)
    assert (gate.hold(), gate.host.clock, gate.state) == (0, 0.0, "open")
    assert gate.said == ["the kubelet starts: GREEN level table, 1 fact, 12 virtual servers "
                         "(profile quickstart 3f9a3f9a3f9a)"]


def test_it_waits_for_the_verdict(gate: Gate) -> None:
    gate.plan[40] = lambda: gate.verdict(GREEN)
    assert gate.hold() == 0
    assert 40 <= gate.host.clock <= 41
    assert gate.said[0] == ("the kubelet waits until this node is green, 600 s at most: there is "
                            "no verdict yet")


def test_a_red_node_is_held_until_it_is_mended(gate: Gate) -> None:
    gate.verdict(RED)
    gate.plan[200] = lambda: gate.verdict(GREEN)
    assert gate.hold() == 0
    assert 200 <= gate.host.clock <= 201
    assert "RED level table: net.ipv4.ip_forward is 0" in gate.said[0]
    assert BY_HAND in gate.said[1] and ARGUMENT in gate.said[1]
    assert len(gate.said) == 3  # not a line a second


def test_a_person_opens_it(gate: Gate) -> None:
    gate.verdict(RED)
    gate.plan[30] = lambda: gate.write(BY_HAND, "")
    assert (gate.hold(), gate.state) == (0, "open")
    assert 30 <= gate.host.clock <= 31
    assert gate.said[-1].startswith(f"the kubelet starts: {BY_HAND} is there (RED level table")


@pytest.mark.parametrize(("line", "opens"), [
    (f"ro {ARGUMENT} quiet\n", True), (ARGUMENT, True), ("ro imagegen.gate=opened\n", False),
    (f"ro x{ARGUMENT}\n", False),
])
def test_the_kernels_command_line_opens_it(gate: Gate, line: str, opens: bool) -> None:
    gate.verdict(RED)
    gate.write("/proc/cmdline", line)
    assert (gate.hold(), gate.host.clock) == ((0, 0.0) if opens else (1, 600.0))


def test_the_time_is_over_and_everybody_hears_of_it(gate: Gate) -> None:
    gate.verdict(RED)
    assert (gate.hold(), gate.host.clock, gate.state) == (1, 600.0, "late")
    assert gate.said[-1].startswith("the time is over: the kubelet starts after 600 s, and this "
                                    "node is not green: RED level table")
    assert "The time is over" in (gate.root / MOTD[1:]).read_text()


@pytest.mark.parametrize("text", [
    b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"format":1}', b"[" * 100_000,
    json.dumps({**RED, "verdict": "green"}).encode(), json.dumps({**GREEN, "format": 2}).encode(),
    json.dumps({**GREEN, "findings": []}).encode(),
])
def test_what_is_no_verdict_holds_it_and_not_for_ever(gate: Gate, text: bytes) -> None:
    gate.write(VERDICT, text)
    assert (gate.hold(), gate.host.clock, gate.state) == (1, 600.0, "late")


def test_a_verdict_that_cannot_be_read_holds_it_and_not_for_ever(gate: Gate) -> None:
    (gate.root / VERDICT[1:]).mkdir(parents=True)
    assert (gate.hold(), gate.host.clock) == (1, 600.0)
    assert "cannot be read: Is a directory" in gate.said[0]


def test_a_missing_check_does_not_hold_it_for_ever(gate: Gate) -> None:
    assert (gate.hold(), gate.host.clock) == (1, 600.0)
    assert "nobody knows whether this node is well" in (gate.root / MOTD[1:]).read_text()


@pytest.mark.parametrize(("settings", "level", "opens"), [
    ("", "table", True), ("", "kernel", False), ('{"level": "kernel"}', "kernel", True),
    ('{"level": "kernel"}', "table", False), ("{", "kernel", False), ("", "bake", False),
])
def test_a_lower_level_opens_nothing(
    gate: Gate, settings: str, level: str, opens: bool,
) -> None:
    if settings:
        gate.write(SETTINGS, settings)
    gate.verdict({**GREEN, "level": level})
    assert gate.hold() == (0 if opens else 1)


def test_a_kubelet_that_starts_anew_is_not_held_again(gate: Gate) -> None:
    gate.verdict(RED)
    assert gate.hold(5.0) == 1
    assert (gate.hold(5.0), gate.host.clock) == (0, 5.0)


def test_a_folder_that_cannot_be_written_does_not_hold_it(gate: Gate) -> None:
    gate.write("/run/imagegen", "no folder")
    assert (gate.hold(), gate.host.clock) == (1, 600.0)
    assert any(line.startswith(STATE) for line in gate.said)


def test_the_command_line(gate: Gate, capsys: pytest.CaptureFixture[str]) -> None:
    gate.verdict(GREEN)
    assert cli.main(["gate", "--timeout", "5", "--root", str(gate.root)]) == 0
    assert capsys.readouterr().err.startswith("imagegen: the kubelet starts: GREEN")
    assert cli.main(["gate"]) == 2
    assert cli.main(["gate", "--timeout", "soon"]) == 2
    assert "--timeout must be a number of seconds, not soon" in capsys.readouterr().err
