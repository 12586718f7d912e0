"""What a login to a red node shows: the first findings, where the rest is, the way out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.node import outputs
from imagegen.node.gate import BY_HAND, STATE
from imagegen.node.motd import EXPECTATIONS, tell
from tests.node.verdicts import finding, made

GREEN = made(finding("a", "ok"))
RED = made(finding("a", "ok"), *(finding(f"f{n}", "red") for n in range(5)))


def shown(root: Path) -> str | None:
    path = root / outputs.MOTD[1:]
    return path.read_text() if path.exists() else None


def write(root: Path, path: str, text: str) -> None:
    place = root / path[1:]
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


def deliver(root: Path, verdict: dict[str, Any], output: str = outputs.VERDICT) -> None:
    outputs.deliver(verdict, str(root), str(root) + output, print)


def test_red_shows_three_and_green_takes_them_away(tmp_path: Path) -> None:
    deliver(tmp_path, RED)
    assert shown(tmp_path) == (
        "\x1b[1;31mimagegen: this node is RED (level table, profile quickstart)\x1b[0m\n"
        "  f0: 0\n  f1: 0\n  f2: 0\n  and 2 more\n"
        "All of it: `ipvs-check show`. After mending: `systemctl restart imagegen-check`.\n")
    deliver(tmp_path, GREEN)
    assert shown(tmp_path) is None
    deliver(tmp_path, GREEN)


def test_a_verdict_that_is_kept_elsewhere_changes_no_login(tmp_path: Path) -> None:
    deliver(tmp_path, RED, "/own.json")
    assert shown(tmp_path) is None


@pytest.mark.parametrize(("text", "told"), [
    (json.dumps({"motd": None}), False), (json.dumps({"motd": outputs.MOTD}), True),
    ("{", True), ("[]", True), ("{}", True),
])
def test_as_the_profile_says(tmp_path: Path, text: str, told: bool) -> None:
    write(tmp_path, EXPECTATIONS, text)
    deliver(tmp_path, RED)
    assert (shown(tmp_path) is not None) is told


@pytest.mark.parametrize(("state", "says", "way_out"), [
    ("held the kubelet waits", "The kubelet waits. To start it all the same: ", True),
    ("late the time is over", "The time is over.\n", False),
    ("open somebody said so", "Somebody said so.\n", False),
])
def test_what_became_of_the_kubelet(tmp_path: Path, state: str, says: str, way_out: bool) -> None:
    write(tmp_path, STATE, f"{state}\n")
    deliver(tmp_path, RED)
    assert says in (shown(tmp_path) or "")
    assert (BY_HAND in (shown(tmp_path) or "")) is way_out


def test_no_terminal_is_steered_by_what_a_node_holds(tmp_path: Path) -> None:
    deliver(tmp_path, made({**finding("\x1b[2Jx", "red"), "saw": "\x1b]0;y\x07\n" + "z" * 999}))
    text = shown(tmp_path) or ""
    assert "\\x1b[2Jx: \\x1b]0;y" in text and "\x07" not in text
    assert max(map(len, text.splitlines())) < 260


def test_a_node_without_a_verdict(tmp_path: Path) -> None:
    tell(str(tmp_path), None)
    assert "it has no verdict" in (shown(tmp_path) or "")


def test_a_folder_that_cannot_be_written_costs_no_verdict(tmp_path: Path) -> None:
    write(tmp_path, "/run/motd.d", "no folder")
    deliver(tmp_path, RED)
    assert (tmp_path / outputs.VERDICT[1:]).exists()
