"""Other programs: run, heard, and never left behind; some are begun before they are asked for.

Not the subprocess module: its import alone costs what three such programs cost.
"""

from __future__ import annotations

import os
import select
import time

from .model import CannotTell

ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "SYSTEMD_COLORS": "0"}


class Programs:
    """Those that have been begun, by their command lines."""

    def __init__(self) -> None:
        self._begun: dict[tuple[str, ...], tuple[int, int]] = {}

    def begin(self, argv: list[str]) -> None:
        """Start what `output` will be asked for; another CPU runs it meanwhile."""
        words = tuple(argv)
        if words in self._begun:
            return
        try:
            self._begun[words] = _spawned(argv)
        except CannotTell:
            return  # who asks for it hears why

    def output(self, argv: list[str], timeout: float) -> tuple[int, bytes]:
        """Exit code and both streams of a program. Raises CannotTell where it does not finish."""
        reader, child = self._taken(argv) or _spawned(argv)
        try:
            text = _read_all(reader, time.monotonic() + timeout)
        finally:
            os.close(reader)
            code = _ended(child)
        if text is None:
            raise CannotTell(f"{' '.join(argv)} did not finish within {timeout:g} s")
        return code, text

    def _taken(self, argv: list[str]) -> tuple[int, int] | None:
        words = tuple(argv)
        return self._begun.pop(words) if words in self._begun else None

    def drop(self) -> None:
        """End what was begun and not asked for: a later question is to have a later answer."""
        for reader, child in self._begun.values():
            os.close(reader)
            _end(child)
        self._begun.clear()


def _spawned(argv: list[str]) -> tuple[int, int]:
    """Start a program; its output's reading end and its process id."""
    reader, writer = os.pipe()
    actions = [
        (os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0),
        (os.POSIX_SPAWN_DUP2, writer, 1),
        (os.POSIX_SPAWN_DUP2, writer, 2),
    ]
    try:
        # a group of its own, so that what it started goes with it
        child = os.posix_spawnp(argv[0], argv, ENVIRONMENT, file_actions=actions, setpgroup=0)
    except OSError as error:
        os.close(reader)
        raise CannotTell(f"{argv[0]} cannot be run: {error.strerror}") from None
    finally:
        os.close(writer)
    return reader, child


def _read_all(reader: int, deadline: float) -> bytes | None:
    """Everything up to the end of the stream; None where the deadline comes first."""
    parts: list[bytes] = []
    while select.select([reader], [], [], max(0.0, deadline - time.monotonic()))[0]:
        part = os.read(reader, 65536)
        if not part:
            return b"".join(parts)
        parts.append(part)
    return None


def _ended(child: int) -> int:
    """The exit code of a program whose output has ended or that is too late: one second more."""
    pause = 0.001
    while pause < 1:
        done, status = os.waitpid(child, os.WNOHANG)
        if done:
            return _code(status)
        time.sleep(pause)
        pause *= 2
    return _end(child)


def _end(child: int) -> int:
    """The exit code of a program that is ended now, with all that it started."""
    import signal

    os.killpg(child, signal.SIGKILL)  # a child that has ended keeps its group until it is heard
    return _code(os.waitpid(child, 0)[1])


def _code(status: int) -> int:
    return -os.WTERMSIG(status) if os.WIFSIGNALED(status) else os.WEXITSTATUS(status)
