"""Where a verdict goes, and that no reader, no host and no folder can hang or break it."""

from __future__ import annotations

import json
import os
import threading
from pathlib import Path
from typing import Any

import pytest

from imagegen.node import outputs
from imagegen.node.formats import shaped
from imagegen.node.model import LEVELS, LOOKS_AT
from imagegen.node.text import PLAIN, Look, console_line, printable, report
from tests.node.verdicts import finding, made

GREEN = made(finding("a", "ok"), finding("b", "warning"))
RED = made(finding("a", "ok"), finding("b", "unknown"), finding("c", "red"), finding("d", "red"))


@pytest.mark.parametrize(("results", "verdict"), [
    (["ok"], "green"), (["ok", "warning"], "green"), (["ok", "red"], "red"),
    (["ok", "unknown"], "red"), ([], "red"), (["warning"], "red"),
])
def test_green_only_without_red_and_unknown(results: list[str], verdict: str) -> None:
    assert made(*(finding("a", result) for result in results))["verdict"] == verdict


@pytest.mark.parametrize(("findings", "verdict"), [
    ([("ok", "error"), ("unknown", "warning")], "green"),
    ([("ok", "error"), ("warning", "info")], "green"),
    ([("ok", "warning"), ("ok", "info")], "red"),
    ([("ok", "warning"), ("unknown", "error")], "red"),
])
def test_only_error_rules_decide(findings: list[tuple[str, str]], verdict: str) -> None:
    made_of = [finding("a", result, severity=severity) for result, severity in findings]
    assert made(*made_of)["verdict"] == verdict


def test_a_verdicts_one_line_names_what_made_it_red() -> None:
    light, grave = finding("light", "unknown", severity="info"), finding("grave", "unknown")
    assert "grave is 0" in console_line(made(light, grave))
    assert "(+" not in console_line(made(light, grave))


def test_console_lines() -> None:
    assert console_line(GREEN) == ("GREEN level table, 2 facts, 12 virtual servers "
                                   "(profile quickstart 3f9a3f9a3f9a)")
    assert console_line(RED) == "RED level table: c is 0, expected 1 (+2 more)"
    assert console_line(made()) == "RED level table: nothing was judged"


def test_b8_the_report_folds_what_is_ok_and_ends_with_the_worst_on_a_terminal() -> None:
    def results(look: Look) -> list[str]:
        return [line.split()[0] for line in report(RED, look).splitlines()
                if line[:1].isupper()][1:]

    assert results(PLAIN) == ["RED", "RED", "UNKNOWN"]
    assert results(Look(False, 100)) == ["UNKNOWN", "RED", "RED"]
    assert "1 ok" in report(RED, Look(False, 100)).splitlines()[-1]
    assert "`ipvs-check show --format documentation` shows every fact" in report(RED)


@pytest.mark.parametrize("level", LEVELS)
def test_b8_a_level_is_named_as_what_is_looked_at(level: str) -> None:
    lines = report({**RED, "level": level}).splitlines()
    assert lines[1] == f"level {level} looks at {LOOKS_AT[level]}"


def test_the_report_has_the_worst_first() -> None:
    lines = report(RED).splitlines()
    assert lines[0].startswith("RED  level table  profile quickstart  node n1")
    assert [line.split()[0] for line in lines if line[:1].isupper()][1:] == [
        "RED", "RED", "UNKNOWN"]
    assert "           expected: 1\n           read: /proc\n           why: w\n" in report(RED)
    assert "remedy: r" in report(RED)
    assert "2 red, 1 unknown, 1 ok; 12 virtual servers" in lines[-1]


def test_a_terminal_cannot_be_steered() -> None:
    assert printable("a\x1b[2Jb\nc\u202e") == "a\\x1b[2Jb\\nc\\u202e"
    assert "\x1b" not in report(made({**finding("\x1b]0;x", "red"), "saw": "\x1b[2J"}))


def deliver(root: Path, verdict: dict[str, Any], said: list[str] | None = None) -> None:
    outputs.deliver(verdict, str(root), str(root / "run/imagegen/verdict.json"),
                    (said if said is not None else []).append)


def test_the_file_is_there_at_once_and_readable(tmp_path: Path) -> None:
    before = os.umask(0o077)
    deliver(tmp_path, RED)
    deliver(tmp_path, GREEN)
    os.umask(before)
    path = tmp_path / "run/imagegen/verdict.json"
    assert json.loads(path.read_text()) == GREEN
    assert path.stat().st_mode & 0o777 == 0o644
    assert sorted(one.name for one in path.parent.iterdir()) == ["verdict.json", "verdict.npd"]
    assert (path.parent / "verdict.npd").read_text().startswith("0 GREEN level table, 2 facts")


def test_a_verdict_that_is_kept_elsewhere_leaves_no_line_for_npd(tmp_path: Path) -> None:
    outputs.deliver(RED, str(tmp_path), str(tmp_path / "own/verdict.json"), print)
    assert [one.name for one in tmp_path.rglob("*.*")] == ["verdict.json"]


def test_a_textfile_only_where_node_exporter_looks(tmp_path: Path) -> None:
    deliver(tmp_path, GREEN)
    folder = tmp_path / "var/lib/prometheus/node-exporter"
    assert not folder.exists()
    folder.mkdir(parents=True)
    deliver(tmp_path, RED)
    text = (folder / "imagegen.prom").read_text()
    assert 'imagegen_node_healthy{level="table"} 0\n' in text
    assert 'imagegen_findings{result="red",severity="error"} 2\n' in text


def test_a_profiles_name_cannot_break_the_textfile() -> None:
    verdict = {**GREEN, "profile": 'a"b\\c\nd'}
    assert 'profile="a\\"b\\\\c\\nd",' in shaped("prometheus", [verdict])


def port(root: Path) -> Path:
    path = root / "dev/virtio-ports/org.imagegen.verdict"
    path.parent.mkdir(parents=True)
    os.mkfifo(path)
    return path


def test_the_whole_verdict_goes_through_a_port_that_takes_it_in_pieces(tmp_path: Path) -> None:
    path, verdict = port(tmp_path), made(finding("a", "ok"), rows=5000)
    heard: list[bytes] = []
    held = os.open(path, os.O_RDWR)  # there is a host before the node writes
    reader = threading.Thread(target=lambda: heard.append(path.read_bytes()))
    reader.start()
    deliver(tmp_path, verdict)
    os.close(held)
    reader.join()
    assert len(heard[0]) > 400_000
    assert heard[0].count(b"\n") == 1
    assert json.loads(heard[0]) == verdict


def test_a_host_that_does_not_read_does_not_hang_the_node(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(outputs, "PORT_SECONDS", 0.3)
    path, said = port(tmp_path), list[str]()
    opened = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    try:
        deliver(tmp_path, made(finding("a", "ok"), rows=5000), said)
    finally:
        os.close(opened)
    assert said == ["/dev/virtio-ports/org.imagegen.verdict: the host did not read the verdict "
                    "within 0.3 s"]


def test_a_port_that_nobody_opened_is_told_of(tmp_path: Path) -> None:
    said: list[str] = []
    port(tmp_path)
    deliver(tmp_path, GREEN, said)
    assert len(said) == 1
    assert "No such device" in said[0]


def test_the_console_gets_one_line(tmp_path: Path) -> None:
    console = tmp_path / "dev/console"
    console.parent.mkdir()
    console.write_text("")
    deliver(tmp_path, RED)
    assert console.read_bytes() == b"imagegen: RED level table: c is 0, expected 1 (+2 more)\r\n"
