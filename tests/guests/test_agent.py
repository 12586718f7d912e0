"""The tests' agent, run on this machine over a pseudo-terminal in place of a virtio port."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import tty
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from imagegen.common.errors import ToolError
from tests.guests.harness import Agent


def pump(source: int, sink: int) -> None:
    with suppress(OSError):
        while data := os.read(source, 4096):
            while data:
                data = data[os.write(sink, data):]


@pytest.fixture
def agent() -> Iterator[Agent]:
    ours, theirs = os.openpty()
    tty.setraw(theirs)
    here, there = socket.socketpair()
    script = Path(__file__).with_name("agent.py")
    with here, there, subprocess.Popen(
            [sys.executable, "-E", "-S", str(script), os.ttyname(theirs)]) as child:
        for pair in ((ours, there.fileno()), (there.fileno(), ours)):
            threading.Thread(target=pump, args=pair, daemon=True).start()
        yield Agent(here)
        child.kill()
    os.close(ours)
    os.close(theirs)


def test_a_command_and_its_streams(agent: Agent) -> None:
    done = agent.call("run", argv=["sh", "-c", "cat; echo bad >&2; exit 3"], stdin="aGk=")
    assert (done["code"], done["stdout"], done["stderr"]) == (3, "aGk=", "YmFkCg==")


def test_a_command_that_does_not_end(agent: Agent) -> None:
    assert agent.call("run", argv=["sleep", "60"], timeout=0.2)["code"] is None


def test_files(agent: Agent, tmp_path: Path) -> None:
    path = tmp_path / "a" / "b"
    agent.call("write", path=str(path), data="AP8K", mode=0o640)
    assert path.read_bytes() == b"\x00\xff\n" and path.stat().st_mode & 0o777 == 0o640
    assert agent.call("read", path=str(path))["data"] == "AP8K"


def test_what_goes_wrong_is_an_answer(agent: Agent, tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="FileNotFoundError"):
        agent.call("read", path=str(tmp_path / "none"))
    with pytest.raises(ToolError, match="FileNotFoundError"):
        agent.call("run", argv=["no-such-command"])
    with pytest.raises(ToolError, match="KeyError"):
        agent.call("dance")


def test_a_megabyte_both_ways(agent: Agent, tmp_path: Path) -> None:
    data = "QUJD" * 350_000
    agent.call("write", path=str(tmp_path / "big"), data=data, mode=0o600)
    assert agent.call("read", path=str(tmp_path / "big"))["data"] == data


def test_a_silent_agent_is_an_error_in_time() -> None:
    here, there = socket.socketpair()
    with here, there:
        with pytest.raises(ToolError, match="does not answer"):
            Agent(here).call("read", seconds=0.1, path="/x")
        with pytest.raises(ToolError, match="did not answer within 0"):
            Agent(here).await_first(0)
        there.close()
        with pytest.raises(ToolError, match="takes no request"):
            Agent(here).call("read", path="/x")
