"""The Node Problem Detector's plugin: by itself, and under NPD's real custom plugin monitor."""

from __future__ import annotations

import json
import os
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

from imagegen.node import outputs
from tests.node.verdicts import STATES
from tests.tools.npd import Refused, monitor, statuses
from tests.verbs import ROOT

HERE = ROOT / "observability/node-problem-detector"
SCRIPT = HERE / "ipvs-verdict.sh"
CONFIG: dict[str, Any] = json.loads((HERE / "ipvs.json").read_text())
NONE = "there is no verdict of ipvs-check yet"
RED = "RED: c is 0, expected 1 (+2 more)"


def delivered(root: Path, state: str) -> Path:
    """What the check leaves on a node."""
    outputs.deliver(STATES[state], str(root), f"{root}/run/imagegen/verdict.json", print)
    return root / "run/imagegen/verdict.npd"


def plugin(path: Path, *argv: str) -> tuple[int, str]:
    done = subprocess.run([str(SCRIPT), *argv], env={"PATH": "/usr/bin:/bin",
                                                     "IPVS_VERDICT": str(path)},
                          capture_output=True, text=True, check=False, timeout=20)
    assert done.stderr == ""
    return done.returncode, done.stdout.rstrip("\n")


@pytest.mark.parametrize(("state", "code"), [
    ("green", 0), ("noted", 0), ("red", 1), ("unknown", 2), ("nothing", 2), ("hostile", 1),
])
def test_the_plugin_passes_on_what_the_check_left(state: str, code: int, tmp_path: Path) -> None:
    found, said = plugin(delivered(tmp_path, state), "condition")
    assert found == code
    assert said
    assert len(said.encode()) <= CONFIG["pluginConfig"]["max_output_length"]


def test_a_node_that_was_not_judged_is_no_good_one(tmp_path: Path) -> None:
    assert plugin(tmp_path / "no", "condition") == (2, NONE)
    assert plugin(tmp_path / "no", "event", "1") == (0, "")
    for broken in ("", "nonsense\n", "7 what\n", "GREEN 0\n"):
        (tmp_path / "v").write_text(broken)
        assert plugin(tmp_path / "v", "condition")[0] == 2


def test_an_event_tells_of_a_young_verdict_only(tmp_path: Path) -> None:
    path = delivered(tmp_path, "red")
    assert plugin(path, "event", "1") == (1, RED)
    old = time.time() - 300
    os.utime(path, (old, old))
    assert plugin(path, "event", "1") == (0, "")
    assert plugin(path, "event", "9") == (1, RED)
    assert plugin(path, "condition") == (1, RED)


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """The configuration with the plugin where it lies here.

    The monitor is compiled before a test delivers its verdict: an event tells of a young one only.
    """
    monitor()
    path = tmp_path / "ipvs.json"
    path.write_text((HERE / "ipvs.json").read_text().replace(
        "/etc/node-problem-detector/ipvs-verdict.sh", str(SCRIPT)))
    return path


def heard(config: Path, verdict: Path) -> tuple[list[str], list[tuple[str, str]]]:
    """The condition after each rule, and the events: reason and severity."""
    found = statuses(config, verdict, 2)
    assert {one["source"] for one in found} == {"imagegen-ipvs"}
    conditions = [f"{one['conditions'][0]['type']}={one['conditions'][0]['status']}: "
                  f"{one['conditions'][0]['message']}" for one in found]
    return conditions, [(event["reason"], event["severity"]) for one in found
                        for event in one["events"] or ()]


def test_npd_makes_a_condition_and_an_event_of_a_red_verdict(config: Path, tmp_path: Path) -> None:
    conditions, events = heard(config, delivered(tmp_path, "red"))
    assert conditions == [f"IPVSNotReady=True: {RED}"] * 2
    assert events == [("IPVSVerdictRed", "warn"), ("IPVSVerdictNotGreen", "warn")]


def test_npd_hears_a_green_verdict(config: Path, tmp_path: Path) -> None:
    conditions, events = heard(config, delivered(tmp_path, "green"))
    assert conditions == ["IPVSNotReady=False: the node is what its image promised"] * 2
    assert events == []


def test_the_first_that_npd_says_of_a_node_without_a_verdict_is_unknown(
    config: Path, tmp_path: Path
) -> None:
    conditions, events = heard(config, tmp_path / "none")
    assert conditions == [f"IPVSNotReady=Unknown: {NONE}"] * 2
    assert [reason for reason, _ in events] == ["IPVSVerdictNotRed"]


@pytest.mark.parametrize(("old", "new"), [
    ('"condition": "IPVSNotReady"', '"condition": "Moon"'), ('"timeout": "3s"', '"timeout": "9s"'),
    ('"plugin": "custom"', '"plugin": "other"'), (str(SCRIPT), "/no/such/plugin"),
])
def test_npd_refuses_what_is_wrong(config: Path, old: str, new: str, tmp_path: Path) -> None:
    text = config.read_text()
    assert old in text
    config.write_text(text.replace(old, new))
    with pytest.raises(Refused):
        statuses(config, tmp_path / "none", 1)


def test_the_shell_is_plain() -> None:
    done = subprocess.run(["shellcheck", str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (0, "")
