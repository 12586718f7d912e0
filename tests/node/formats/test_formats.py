"""What a format says, its exit code, and verdicts that are read back."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from imagegen.node import options
from imagegen.node.cli import main
from imagegen.node.formats import FORMATS, GRADED, exit_code, shaped, without_verdict
from imagegen.node.formats.prometheus import METRICS
from imagegen.node.model import InputProblem
from imagegen.node.stored import stored
from imagegen.node.terminal import columns, look
from imagegen.node.text import Look, report
from tests.node.verdicts import STATES, finding, made
from tests.report.test_verdict import GOOD, odd, places

CODES = {  # state: of any format, of nagios, of npd
    "green": (0, 0, 0), "noted": (0, 1, 0), "red": (1, 2, 1), "unknown": (1, 3, 2),
    "nothing": (1, 3, 2), "hostile": (1, 2, 1),
}


def test_the_command_line_knows_every_format() -> None:
    assert list(options.FORMATS) == list(FORMATS)
    assert all(f"{name}" in options.USAGE for name in FORMATS)


@pytest.mark.parametrize("name", FORMATS)
@pytest.mark.parametrize("state", STATES)
def test_exit_codes(name: str, state: str) -> None:
    usual, nagios, npd = CODES[state]
    wanted = {"nagios": nagios, "npd": npd}.get(name, usual)
    assert exit_code(name, [STATES[state]]) == wanted
    assert shaped(name, [STATES[state]]).endswith("\n")


@pytest.mark.parametrize(("states", "nagios", "npd"), [
    (["green", "noted"], 1, 0), (["unknown", "green"], 3, 2), (["unknown", "red"], 2, 1),
    (["noted", "unknown"], 3, 2),
])
def test_of_several_the_worst_counts(states: list[str], nagios: int, npd: int) -> None:
    verdicts = [STATES[state] for state in states]
    assert (exit_code("nagios", verdicts), exit_code("npd", verdicts)) == (nagios, npd)


def test_nagios() -> None:
    assert shaped("nagios", [STATES["red"]]) == (
        "IPVS CRITICAL - RED level table: c is 0, expected 1 (+2 more) | red=2;;0;0 unknown=1;;;0 "
        "warning=1;0;;0 ok=1;;;0 virtual_servers=12;;;0 real_servers=17;;;0 check=0.900s;;;0 "
        "waited=7.100s;;;0\n")
    assert shaped("nagios", [STATES["green"]]).startswith("IPVS OK - GREEN level table, 2 facts")
    assert without_verdict("nagios", "there | is none") == (
        "IPVS UNKNOWN - there / is none\n", 3)


def test_npd() -> None:
    assert shaped("npd", [STATES["red"]]) == "RED: c is 0, expected 1 (+2 more)\n"
    long = made(finding("n" * 99, "red"))
    assert shaped("npd", [long]) == f"RED: {'n' * 72}...\n"
    assert without_verdict("npd", "none") == ("none\n", 2)


def test_prometheus_tells_rules_apart_and_says_zero() -> None:
    text = shaped("prometheus", [STATES["red"]])
    assert 'imagegen_rule_findings{rule="sysctl",severity="error",result="red"} 2\n' in text
    assert 'imagegen_findings{result="unknown",severity="warning"} 0\n' in text
    assert f"imagegen_check_timestamp_seconds {STATES['red']['time']}\n" in text
    assert 'result="ok"' not in text.partition("rule_findings")[2]


def test_several_nodes_are_told_apart() -> None:
    two = [made(finding("a", "ok"), host=name) for name in ("n1", "n2")]
    assert 'imagegen_virtual_servers{node="n2"} 12\n' in shaped("prometheus", two)
    assert shaped("prometheus", two).count("# TYPE") == len(METRICS)
    assert "ok 2 - n2 a Title of sysctl\n" in shaped("tap", two)


def test_documentation_says_everything() -> None:
    text = shaped("documentation", [STATES["red"]])
    assert "\nTitle of sysctl [sysctl, error]\n  ok a\n           read: /proc\n" in text
    assert text.count("remedy: r") == 5


def test_a_narrow_table_breaks_its_lines_and_a_pipe_does_not() -> None:
    one = {**finding("sysctl.net.ipv4.ip_forward", "red"), "saw": "word " * 60}
    verdict = made(one, finding("a", "ok"))
    for columns_there in (40, 80, 120):
        lines = report(verdict, Look(False, columns_there)).splitlines()
        rows = [line for line in lines if line.startswith((" ", "RED      "))]
        assert max(map(len, rows)) <= columns_there
        assert "\x1b" not in "".join(lines)
    assert max(map(len, report(verdict).splitlines())) > 300


def test_colours_are_asked_for_and_stand_on_the_result_only() -> None:
    text = report(STATES["red"], Look(True, 80))
    assert "\x1b[1;31mRED     \x1b[0m c" in text
    assert "\x1b[32mOK      \x1b[0m a" not in text
    assert shaped("documentation", [STATES["red"]], Look(True)).count("\x1b[1;31m") == 3


@pytest.mark.parametrize(("environment", "colour"), [
    ({"TERM": "xterm"}, True), ({"TERM": "dumb"}, False), ({}, False),
    ({"TERM": "xterm", "NO_COLOR": "1"}, False), ({"TERM": "xterm", "NO_COLOR": ""}, True),
])
def test_no_color_is_honoured(environment: dict[str, str], colour: bool,
                              monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("TERM", "NO_COLOR", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert look(-1).colour is colour
    assert columns(-1) is None
    monkeypatch.setenv("COLUMNS", "77")
    assert columns(-1) == 77


def on_a_terminal(*words: str, **environment: str) -> str:
    """What the check prints where standard output is a terminal of 60 columns."""
    import fcntl
    import pty
    import struct
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 60, 0, 0))
    done = subprocess.Popen([sys.executable, "-m", "imagegen.node", *words], stdout=theirs,
                            env={"PATH": os.environ["PATH"], "TERM": "xterm", **environment})
    os.close(theirs)
    parts = []
    while True:
        try:
            part = os.read(ours, 65536)
        except OSError:
            break
        if not part:
            break
        parts.append(part)
    done.wait()
    os.close(ours)
    return b"".join(parts).decode()


def test_a_real_terminal(kept: Path) -> None:
    text = on_a_terminal("show", str(kept))
    assert "\x1b[1;31mRED\x1b[0m  level table" in text
    assert "\x1b" not in on_a_terminal("show", str(kept), NO_COLOR="1")
    explained = on_a_terminal("explain", "sysctl")
    assert 40 < max(map(len, explained.splitlines())) <= 60


@pytest.fixture
def kept(tmp_path: Path) -> Path:
    path = tmp_path / "verdict.json"
    path.write_text(json.dumps(STATES["red"]))
    return path


def said(capfd: pytest.CaptureFixture[str], *words: str) -> tuple[int, str, str]:
    code = main(list(words))
    return code, *capfd.readouterr()


@pytest.mark.parametrize("name", FORMATS)
def test_a_kept_verdict_is_shown_as_it_was_said(
    name: str, kept: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert said(capfd, "show", str(kept), "--format", name) == (
        exit_code(name, [STATES["red"]]), shaped(name, [STATES["red"]]), "")


def test_show_writes_a_file_whole_or_not_at_all(
    kept: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    target = kept.parent / "new/ipvs.prom"
    assert said(capfd, "show", str(kept), "--format=prometheus", f"--output={target}")[1] == ""
    assert target.read_text() == shaped("prometheus", [STATES["red"]])
    assert [one.name for one in target.parent.iterdir()] == ["ipvs.prom"]


@pytest.mark.parametrize(("name", "code", "out"), [
    ("text", 2, ""), ("nagios", 3, "IPVS UNKNOWN - {path} cannot be read"),
    ("npd", 2, "{path} cannot"),
])
def test_no_verdict_is_never_a_good_one(
    name: str, code: int, out: str, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "no"
    found = said(capfd, "show", str(path), "--format", name)
    assert found[0] == code
    assert found[1].startswith(out.format(path=path)[:70])
    assert "cannot be read: No such file" in found[2]


def test_a_verdict_too_old_is_none(kept: Path, capfd: pytest.CaptureFixture[str]) -> None:
    old = {**STATES["green"], "time": 1_000_000_000}
    kept.write_text(json.dumps(old))
    assert said(capfd, "show", str(kept), "--format=npd")[0] == 0
    code, out, _ = said(capfd, "show", str(kept), "--format=nagios", "--max-age=3600")
    assert code == 3
    assert " s old" in out
    kept.write_text(json.dumps(STATES["green"]))
    assert said(capfd, "show", str(kept), "--format=nagios", "--max-age=1e9")[0] == 0


@pytest.mark.parametrize("words", [
    ["show", "a", "b"], ["show", "--level", "table"], ["show", "--max-age", "soon"],
    ["show", "--max-age=-1"], ["run", "--format", "moon"], ["run", "a"], ["show", "--max-age=nan"],
    ["explain", "a", "b"], ["run", "--max-age", "1"], ["show", "--format"],
])
def test_wrong_words(words: list[str], capfd: pytest.CaptureFixture[str]) -> None:
    code, out, err = said(capfd, *words)
    assert (code, out) == (2, "")
    assert err.startswith("imagegen: error: ")


def test_a_verdict_from_standard_input(kept: Path) -> None:
    done = subprocess.run([sys.executable, "-m", "imagegen.node", "show", "-", "--format=npd"],
                          stdin=kept.open(), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (1, "RED: c is 0, expected 1 (+2 more)\n")


def test_a_verdict_of_an_older_check_is_shown() -> None:
    old = copy.deepcopy(STATES["red"])
    del old["time"]
    for one in old["findings"]:
        for name in ("title", "severity", "read"):
            del one[name]
    again = stored(json.dumps(old).encode(), "f")
    for name in FORMATS:
        assert exit_code(name, [again]) == exit_code(name, [STATES["red"]])
        assert shaped(name, [again])


def test_a_green_against_its_findings_is_refused() -> None:
    lie = {**STATES["red"], "verdict": "green"}
    with pytest.raises(InputProblem, match="findings bear out"):
        stored(json.dumps(lie).encode(), "f")


@settings(deadline=None)
@given(st.sampled_from(places(GOOD)), odd, st.booleans())
def test_any_damage_is_shown_or_refused(
    place: tuple[str | int, ...], value: object, removed: bool
) -> None:
    document: Any = copy.deepcopy(GOOD)
    holder = document
    for key in place[:-1]:
        holder = holder[key]
    if removed:
        del holder[place[-1]]
    else:
        holder[place[-1]] = value
    try:
        found = stored(json.dumps(document).encode(), "f")
    except InputProblem:
        return
    for name in FORMATS:
        assert shaped(name, [found], Look(True, 60)).endswith("\n")


def test_the_graded_formats_are_formats() -> None:
    assert set(GRADED) <= FORMATS.keys()
