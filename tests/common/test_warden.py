"""The warden: whatever ends imagegen, nothing that a guarded tool started outlives it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imagegen.common.errors import ToolError
from imagegen.common.run import run, started
from tests.processes import eventually, living
from tests.verbs import ROOT

# A tool as Packer is one: a child in its session, one that left it, one whose parent is gone.
TOOL = """
sleep 300 &
echo $!
setsid sh -c 'echo $$; exec sleep 300' &
sh -c 'setsid sh -c "echo \\$\\$; trap \\"\\" TERM; sleep 300; sleep 300" & sleep 0.1'
wait
"""
OURS = """
import sys
from imagegen.common.run import run
run(["sh", "-c", sys.argv[1]], guarded=True, on_line=lambda line: print(line, flush=True))
"""


@pytest.fixture
def imagegen() -> Iterator[subprocess.Popen[bytes]]:
    """A process of ours that runs a guarded tool."""
    child = subprocess.Popen([sys.executable, "-c", OURS, TOOL], stdout=subprocess.PIPE,
                             env={**os.environ, "PYTHONPATH": str(ROOT)})
    yield child
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()


def grandchildren(child: subprocess.Popen[bytes]) -> list[int]:
    """The three sleepers that the tool has started; alive when this returns."""
    assert child.stdout is not None
    pids = [int(child.stdout.readline()) for _ in range(3)]
    assert all(living(pid) for pid in pids)
    return pids


def none_left(pids: list[int]) -> bool:
    return eventually(lambda: not any(living(pid) for pid in pids), 60)


@pytest.fixture(autouse=True)
def clean_up() -> Iterator[list[int]]:
    """Pids to end whatever a failing test leaves."""
    pids: list[int] = []
    yield pids
    for pid in pids:
        # two of them lead groups of their own, in which a shell's sleep would stay
        for kill in (os.killpg, os.kill):
            with suppress(ProcessLookupError):
                kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_nothing_outlives_imagegen(number: int, imagegen: subprocess.Popen[bytes],
                                   clean_up: list[int]) -> None:
    clean_up += grandchildren(imagegen)
    imagegen.send_signal(number)
    imagegen.wait(60)
    assert none_left(clean_up)


SCRATCH = """
import sys
from pathlib import Path
from imagegen.common.run import started
with started(["sh", "-c", "echo up; sleep 300"], guarded=True, scratch=Path(sys.argv[1])) as child:
    print(child.stdout.readline(), flush=True)
    input()
"""


@pytest.mark.parametrize("killed", [True, False])
def test_scratch_goes_with_a_killed_imagegen_only(tmp_path: Path, killed: bool) -> None:
    """An imagegen that lives removes its own folders, and may want to read them first."""
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    (scratch / "key").touch()
    argv, path = [sys.executable, "-c", SCRATCH, str(scratch)], {"PYTHONPATH": str(ROOT)}
    with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          env={**os.environ, **path}) as ours:
        assert ours.stdout is not None and b"up" in ours.stdout.readline()
        if killed:
            ours.kill()
        else:
            ours.communicate(b"\n")
    assert eventually(lambda: not scratch.exists(), 30) if killed else scratch.exists()


def test_without_a_warden_they_would(clean_up: list[int]) -> None:
    """The fault itself, or the test above would prove nothing."""
    with started(["sh", "-c", TOOL]) as child:
        clean_up += grandchildren(child)
    assert any(living(pid) for pid in clean_up)


def test_nothing_outlives_the_context(clean_up: list[int]) -> None:
    with started(["sh", "-c", TOOL], guarded=True) as child:
        clean_up += grandchildren(child)
    assert none_left(clean_up)


def test_nothing_outlives_the_tool(clean_up: list[int]) -> None:
    """It ends by itself and leaves a child behind, as a crashing Packer leaves QEMU."""
    lines: list[str] = []
    done = run(["sh", "-c", "setsid sh -c 'echo $$; exec sleep 300' & sleep 0.5; exit 5"],
               guarded=True, check=False, on_line=lines.append)
    clean_up.append(int(lines[0]))
    assert done.code == 5
    assert none_left(clean_up)


def test_a_tool_may_clean_up_when_it_is_ended(tmp_path: Path) -> None:
    script = f"trap 'echo swept >{tmp_path}/swept; exit 0' TERM; echo ready; sleep 300 & wait"
    with started(["sh", "-c", script], guarded=True) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"ready\n"
    assert (tmp_path / "swept").read_text() == "swept\n"


@pytest.mark.parametrize(("script", "code"), [("exit 0", 0), ("exit 9", 9), ("kill -9 $$", 137)])
def test_the_tools_end_is_told(script: str, code: int) -> None:
    assert run(["sh", "-c", script], guarded=True, check=False).code == code


def test_a_tool_that_is_not_there_is_said_so() -> None:
    with pytest.raises(ToolError, match="imagegen-nothing: No such file or directory"):
        run(["imagegen-nothing"], guarded=True)


def test_output_passes_through() -> None:
    done = run(["sh", "-c", "echo one; echo two >&2; cat"], guarded=True, env={"X": "1"})
    assert done.output == "one\ntwo\n"
