"""The verbs in a terminal and in a pipe: -v, colours, widths, carets, and readers that go away."""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import unicodedata
from pathlib import Path

import click
import pytest

from imagegen import __version__
from imagegen import cli as house
from imagegen.cli.group import cli
from imagegen.common import verbose
from imagegen.common.columns import breadth, excerpt, wrapped
from imagegen.common.errors import ToolError
from imagegen.common.run import run
from imagegen.report.words import Look, error_words
from tests.verbs import MINIMAL, PROFILES, ROOT, called, process

WRONG = ROOT / "tests/profile/wrong"
QUICK = str(PROFILES / "quickstart.yaml")
TOP = """extends: base.yaml
metadata: {name: top}
kubeProxy:
  config: {ipvs: {scheduler: wrr}}
check: null
"""


@pytest.fixture
def top(tmp_path: Path) -> str:
    (tmp_path / "base.yaml").write_bytes((PROFILES / "quickstart.yaml").read_bytes())
    (tmp_path / "top.yaml").write_text(TOP)
    return str(tmp_path / "top.yaml")


@pytest.mark.parametrize("verb", sorted(house.VERBS))
def test_every_verb_takes_what_all_take(verb: str) -> None:
    found = cli.get_command(click.Context(cli), verb)
    assert found is not None
    for command in (cli, found):
        options = [opt for param in command.params for opt in param.opts]
        for option in ("-v", "--verbose", "--no-color"):
            assert options.count(option) == 1, (command.name, option)


@pytest.mark.parametrize("argv", [("-v", "check"), ("check", "-v"), ("-v", "check", "--verbose")])
def test_verbose_says_what_is_read_and_which_file_wins(argv: tuple[str, ...], top: str) -> None:
    said, folder = called(*argv, top), Path(top).parent
    assert (said.code, said.out) == (0, "1 file: nothing found\n")
    lines = said.err.splitlines()
    assert all(re.match(r"\[ +[0-9]+\.[0-9]{3} s\] ", line) for line in lines)
    assert [line.partition("] ")[2] for line in lines] == [
        f"imagegen {__version__} in {ROOT}/imagegen, "
        f"Python {sys.version.split()[0]}",
        f"read {top}, {len(TOP)} bytes",
        f"{top}:1 extends {folder}/base.yaml",
        f"read {folder}/base.yaml, {(folder / 'base.yaml').stat().st_size} bytes",
        f"metadata.name is taken from {top}:2 and not from {folder}/base.yaml:8",
        f"kubeProxy.config.ipvs.scheduler is taken from {top}:4 and not from {folder}/base.yaml:27",
        f"check is taken away by {top}:5 from {folder}/base.yaml:33",
    ]
    assert called("check", top).err == ""


def test_verbose_changes_nothing_on_standard_output(top: str, tmp_path: Path) -> None:
    for argv in (("check", "--format", "json", top), ("explain", "scheduler", "--profile", top),
                 ("render", top, "-o", str(tmp_path / "out"))):
        loud, still = called(*argv, "-v"), called(*argv)
        assert loud.out == still.out and loud.err.count("read ") == 2
        assert still.err == ""
    assert f"wrote {tmp_path}/out, 4" in called("-v", "render", top, "-o", f"{tmp_path}/out").err


def test_verbose_says_what_is_run_and_how_it_ended(capsys: pytest.CaptureFixture[str]) -> None:
    verbose.listen()
    try:
        run(["sh", "-c", "exit 3", "a b\n"], check=False)
        with pytest.raises(ToolError):
            run(["sleep", "60"], timeout=0.1)
    finally:
        verbose.listen(on=False)
    run(["true"])
    lines = [line.partition("] ")[2] for line in capsys.readouterr().err.splitlines()]
    assert lines[0] == r"run sh -c 'exit 3' 'a b\n'"
    assert re.fullmatch(r"sh: exit 3 after 0\.[0-9]{3} s", lines[1])
    assert lines[2] == "run sleep 60"
    assert re.fullmatch(r"sleep: killed by SIGTERM after [0-9.]+ s", lines[3])
    assert len(lines) == 4


@pytest.mark.parametrize("argv", [("--no-color", "check"), ("check", "--no-color")])
def test_no_color_goes_before_all_else(argv: tuple[str, ...]) -> None:
    forced = {"FORCE_COLOR": "1"}
    coloured = process("check", "overlap.yaml", cwd=WRONG, env=forced)
    assert coloured.out.startswith("\x1b[1;31merror[cluster-ranges-overlap]\x1b[0m: the pod range")
    plain = process(*argv, "overlap.yaml", cwd=WRONG, env=forced)
    assert "\x1b" not in plain.out
    assert re.sub(r"\x1b\[[0-9;]*m", "", coloured.out) == plain.out


def test_errors_of_every_verb_have_colours(tmp_path: Path) -> None:
    argv = ("render", "several.yaml", "-o", str(tmp_path / "out"))
    said = process(*argv, cwd=WRONG, env={"FORCE_COLOR": "1"})
    assert said.err.count("\x1b[1;31merror[") == 6
    assert re.sub(r"\x1b\[[0-9;]*m", "", said.err) == (WRONG / "several.txt").read_text()


MACHINE = [*(("check", "--format", form, "several.yaml") for form in ("json", "sarif", "github")),
           ("schema",), ("completion", "bash"),
           ("diff", "--format", "json", QUICK, str(PROFILES / "recipe.yaml"))]


@pytest.mark.parametrize("argv", MACHINE, ids=" ".join)
def test_what_programs_read_is_never_broken_or_coloured(argv: tuple[str, ...]) -> None:
    narrow = process(*argv, cwd=WRONG, env={"COLUMNS": "40", "FORCE_COLOR": "1"})
    assert narrow == process(*argv, cwd=WRONG)
    assert narrow.out and "\x1b" not in narrow.out


PROSE = [("--help",), ("build", "--help"), ("check", "--help"), ("explain",), ("explain", "rules"),
         ("explain", "os"), ("explain", "kubeProxy.config.ipvs.tcpTimeout"),
         ("check", *sorted(path.name for path in WRONG.glob("n*.yaml"))),
         ("diff", QUICK, str(PROFILES / "recipe.yaml"))]


def on_a_terminal(*argv: str, columns: int) -> str:
    """What the real process writes to a terminal that is so wide."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    env = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "TERM": "dumb"}
    verb = subprocess.Popen([sys.executable, "-m", "imagegen", *argv], cwd=WRONG, env=env,
                            stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    said = b""
    with contextlib.suppress(OSError):  # as Linux tells the end of a terminal
        while part := os.read(ours, 1 << 16):
            said += part
    os.close(ours)
    verb.wait()
    return said.decode().replace("\r\n", "\n")


@pytest.mark.parametrize("columns", [40, 80, 200])
@pytest.mark.parametrize("argv", PROSE, ids=lambda argv: " ".join(argv)[:24])
def test_text_fits(argv: tuple[str, ...], columns: int) -> None:
    """But for what must stay whole: a word, a place, an example, a quotation of the file."""
    said = on_a_terminal(*argv, columns=columns)
    room = min(columns, 100)
    long = [line for line in said.splitlines() if breadth(line) > room]
    assert [line for line in long if len(line.split()) > 2
            and not line.startswith(("  ", "Usage: "))] == []
    assert len(said.splitlines()) > 5
    if columns > 40 and argv[0] != "check":
        assert [line for line in long if "imagegen" not in line and len(line.split()) > 2] == []


def test_a_sentence_is_broken_on_a_terminal_only() -> None:
    wide = process("check", "overlap.yaml", cwd=WRONG, env={"COLUMNS": "60"}).out
    assert max(map(len, wide.splitlines())) > 150
    assert on_a_terminal("check", "overlap.yaml", columns=60) == """\
error[cluster-ranges-overlap]: the pod range 10.244.0.0/16
  and the service range 10.0.0.0/8 overlap, so kube-proxy
  and the network plugin would claim the same addresses
overlap.yaml:7:12
    podCIDR: 10.244.0.0/16
             ^
hint: take both from the cluster: the API server's and the
      network plugin's

1 file: 1 error
"""


def test_an_error_s_log_is_not_broken() -> None:
    error = ToolError("make failed (exit 2): make all\n  | " + "a b " * 40, hint="x " * 40)
    lines = error_words(error, Look(columns=40)).splitlines()
    assert lines[:2] == ["error: make failed (exit 2): make all", "  | " + "a b " * 40]
    assert lines[2].startswith("hint: x x") and lines[3].startswith("      x x")


@pytest.mark.parametrize(("line", "column"), [
    ("名前: 値", 5), ("  - 名前\t: x", 3), ("a: é́x", 6), ("k: \U0001f600!", 5),
    ("\tk: v", 5), ("k: 名" * 60, 150), ("x" * 300, 300), ("x", 9), ("a\x1b[2Jb: c", 9),
])
@pytest.mark.parametrize("room", [38, 78, 100])
def test_the_caret_stands_under_its_character(line: str, column: int, room: int) -> None:
    shown, caret = excerpt(line, column, room).splitlines()
    assert breadth(shown) <= room + 2 and "\x1b" not in shown and "\t" not in shown
    at = breadth(caret) - 1
    under = [char for number, char in enumerate(shown) if breadth(shown[:number]) == at
             and unicodedata.category(char) != "Mn"]
    assert under[:1] == list(line[column - 1:column])


def test_breadth_is_in_columns() -> None:
    assert [breadth(text) for text in ("ab", "名前", "é", "e\u0301", "\uff21")] == [2, 4, 1, 1, 2]
    assert wrapped("名前 名前 名前", 9) == "名前 名前\n  名前"
    assert wrapped("one two", None) == "one two"


GONE = ("import os, sys; r, w = os.pipe(); os.close(r); os.dup2(w, {stream}); "
        "sys.argv[0] = 'imagegen'; from imagegen.__main__ import main; main()")


def cut(*argv: str, stream: int = 1) -> tuple[int, str, str]:
    """A verb whose reader has gone before it says a word."""
    done = subprocess.run([sys.executable, "-c", GONE.format(stream=stream), *argv], cwd=WRONG,
                          capture_output=True, text=True, check=False,
                          env={**os.environ, "PYTHONPATH": str(ROOT)})
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("argv", [
    ("--help",), ("-h",), ("--version",), ("check", "--help"), ("explain",), ("explain", "rules"),
    ("schema",), ("check", "overlap.yaml"), ("check", "--format", "json", "overlap.yaml", QUICK),
    ("init", "--yes", "-o", "-"), ("completion", "fish"), ("diff", QUICK, QUICK),
], ids=" ".join)
def test_a_reader_that_has_gone_is_no_error(argv: tuple[str, ...]) -> None:
    assert cut(*argv) == (141, "", "")


def test_a_reader_of_errors_may_go_as_well(tmp_path: Path) -> None:
    code, out, err = cut("render", "overlap.yaml", "-o", str(tmp_path / "out"), stream=2)
    assert (code, out, err) == (141, "", "")


@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_head_ends_a_long_listing(unbuffered: str) -> None:
    """More than a pipe holds, so that the verb is still writing."""
    line = f"{sys.executable} -m imagegen schema | head -n 1; echo ${{PIPESTATUS[0]}}"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, text=True,
                          check=True, env={**os.environ, "PYTHONUNBUFFERED": unbuffered})
    assert (done.stdout, done.stderr) == ("{\n141\n", "")


def test_a_tool_s_broken_pipe_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def verb() -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setitem(cli.commands, "fail", click.Command("fail", callback=verb))
    said = called("fail")
    assert (said.code, said.err) == (3, "error: Broken pipe\n")


@pytest.mark.parametrize(("closed", "code"), [("<&-", 2), (">&-", 2), (">&- 2>&- <&-", 2)])
def test_closed_streams_are_empty_ones(closed: str, code: int, tmp_path: Path) -> None:
    script = f'{sys.executable} -m imagegen check overlap.yaml - {closed}'
    done = subprocess.run(["sh", "-c", script], cwd=WRONG, capture_output=True, text=True,
                          env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)
    assert (done.returncode, "Traceback" in done.stderr) == (code, False)
    assert "<stdin> is empty" in done.stdout or ">" in closed


@pytest.mark.parametrize("argv", ["--help", "schema", "explain rules"])
def test_a_full_disk_is_told(argv: str) -> None:
    done = subprocess.run(["sh", "-c", f"{sys.executable} -m imagegen {argv} >/dev/full"], cwd=ROOT,
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (
        3, "error: the disk is full\nhint: make room and run the same command again\n")


def test_a_pipe_is_a_profile(tmp_path: Path) -> None:
    """As bash's <(…) gives one."""
    (tmp_path / "p.yaml").write_bytes(MINIMAL)
    line = f"{sys.executable} -m imagegen check --format json <(cat {tmp_path}/p.yaml)"
    done = subprocess.run(["bash", "-c", line], cwd=ROOT, capture_output=True, check=False)
    assert (done.returncode, json.loads(done.stdout)["findings"]) == (0, [])
