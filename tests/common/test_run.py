"""The one way to start another program: its output, its end, and what is said where it fails."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from imagegen.common import run as run_module
from imagegen.common.errors import ToolError
from imagegen.common.run import LAST_LINES, environment, need, run, started
from tests.processes import eventually, living
from tests.verbs import ROOT

SH = ("sh", "-c")
# a shell that starts a sleep beside itself, says its pid and waits
PARENT = 'sleep 300 & echo "$!"; wait'


def test_output_comes_line_by_line_and_both_streams_together(tmp_path: Path) -> None:
    heard: list[str] = []
    log = tmp_path / "log"
    done = run([*SH, "echo one; echo two >&2; printf three"], log=log, on_line=heard.append)
    assert heard == ["one", "two", "three"]
    assert (done.code, done.output) == (0, "one\ntwo\nthree\n")
    assert log.read_text() == "$ sh -c 'echo one; echo two >&2; printf three'\none\ntwo\nthree\n"


def test_odd_bytes_are_shown_and_break_nothing() -> None:
    assert run([*SH, r"printf 'a\377b\n'"]).output == "a\ufffdb\n"


def test_a_failure_says_command_code_and_last_lines(tmp_path: Path) -> None:
    with pytest.raises(ToolError) as caught:
        run([*SH, "seq 1 100; exit 7"], log=tmp_path / "log")
    lines = str(caught.value).splitlines()
    assert lines[0] == "error: sh failed (exit 7): sh -c 'seq 1 100; exit 7'"
    assert lines[1:-1] == [f"  | {n}" for n in range(101 - LAST_LINES, 101)]
    assert lines[-1] == f"hint: the whole log is {tmp_path}/log"


def test_a_signal_is_named() -> None:
    with pytest.raises(ToolError, match=r"sh failed \(killed by SIGKILL\)"):
        run([*SH, "kill -9 $$"])


def test_unchecked_it_only_tells() -> None:
    assert run([*SH, "echo no; exit 3"], check=False).code == 3


def test_a_program_that_is_not_there_or_may_not_run(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="imagegen-nothing is not installed"):
        run(["imagegen-nothing"])
    (tmp_path / "data").touch()
    with pytest.raises(ToolError, match="may not be run"):
        run([str(tmp_path / "data")])


def test_a_missing_tool_names_its_package() -> None:
    with pytest.raises(ToolError) as caught:
        need("imagegen-nothing", "some-package")
    assert caught.value.hint == "apt-get install some-package"
    assert need("sh", "dash").startswith("/")


def test_sbin_is_searched(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/usr/bin")
    assert need("mke2fs", "e2fsprogs").endswith("sbin/mke2fs")


def test_secrets_of_ours_are_not_handed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("IMAGEGEN_TEST_TOKEN", "secret")
    output = run(["env"], env={"GIVEN": "1"}).output
    assert "IMAGEGEN_TEST_TOKEN" not in output
    assert "GIVEN=1\n" in output and "LC_ALL=C.UTF-8\n" in output
    assert "IMAGEGEN_TEST_TOKEN" not in environment()


def test_standard_input_is_closed() -> None:
    assert run(["cat"], timeout=60).output == ""


@pytest.mark.parametrize("guarded", [False, True])
def test_a_deadline_ends_it_and_what_it_started(guarded: bool) -> None:
    pids: list[str] = []
    with pytest.raises(ToolError, match=r"sh did not finish within 1 s and was stopped"):
        run([*SH, PARENT], timeout=1, on_line=pids.append, guarded=guarded)
    assert eventually(lambda: not living(int(pids[0])), 30)


def test_a_deadline_ends_a_guarded_tool_whose_child_left_its_session() -> None:
    """Such a child holds our pipe, and a mere kill of the group would wait for it for ever."""
    pids: list[str] = []
    with pytest.raises(ToolError, match="did not finish"):
        run([*SH, "setsid sh -c 'echo $$; exec sleep 300'"], timeout=1, on_line=pids.append,
            guarded=True)
    assert eventually(lambda: not living(int(pids[0])), 30)


def test_an_error_in_the_reader_ends_the_tool() -> None:
    pids: list[str] = []

    def stumble(line: str) -> None:
        pids.append(line)
        raise ValueError(line)

    with pytest.raises(ValueError):
        run([*SH, PARENT], on_line=stumble)
    assert eventually(lambda: not living(int(pids[0])), 30)


def test_a_started_child_is_gone_with_its_context() -> None:
    with started([*SH, PARENT]) as child:
        assert child.stdout is not None
        sleeper = int(child.stdout.readline())
        assert living(child.pid) and living(sleeper)
    assert not living(child.pid)
    assert eventually(lambda: not living(sleeper), 30)


def test_a_child_that_will_not_end_is_killed() -> None:
    with started([*SH, "trap '' TERM; echo ready; sleep 300 & wait; sleep 300"]) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    assert child.returncode == -signal.SIGKILL


def test_an_unguarded_child_dies_with_us(tmp_path: Path) -> None:
    script = ("from imagegen.common.run import run\n"
              "run(['sh', '-c', 'echo $$; exec sleep 300'],"
              " on_line=lambda l: print(l, flush=True))")
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE,
                              env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert parent.stdout is not None
    child = int(parent.stdout.readline())
    assert living(child)
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert eventually(lambda: not living(child), 30)


def test_a_log_that_cannot_be_written_is_no_silence(tmp_path: Path) -> None:
    with pytest.raises(OSError):
        run(["true"], log=tmp_path / "none" / "log")
    assert stat.S_ISDIR(tmp_path.stat().st_mode)


def test_while_all_ends_nothing_starts_but_what_tidies() -> None:
    with run_module.ending():
        with pytest.raises(ToolError, match="stopped, since imagegen ends"):
            run(["true"])
        assert run(["echo", "tidy"], tidies=True).output == "tidy\n"
    assert run(["echo", "again"]).output == "again\n"


def test_a_thread_s_child_that_is_deaf_is_ended_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(run_module, "GRACE_SECONDS", 0.5)
    script, heard = "trap '' TERM; echo up; while :; do sleep 1; done", threading.Event()
    with ThreadPoolExecutor(1) as pool:
        done = pool.submit(run, ["sh", "-c", script], on_line=lambda _: heard.set(), check=False)
        assert heard.wait(60)
        with run_module.ending():
            assert done.result(60).code == -signal.SIGKILL
