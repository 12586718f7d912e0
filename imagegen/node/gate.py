"""The gate: the kubelet waits until the node is green, somebody opens it, or the time is over.

imagegen-gate.service runs it at a boot. What it says goes to the journal and to the console. Its
state lies in a file: `held`, `open` or `late`, and a sentence.
"""

from __future__ import annotations

import os

from .model import TABLE, InputProblem
from .text import console_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .host import Host

VERDICT = "/run/imagegen/verdict.json"
SETTINGS = "/etc/imagegen/node.json"
STATE = "/run/imagegen/gate"
BY_HAND = "/run/imagegen/gate-open"
ARGUMENT = "imagegen.gate=open"
HELD, OPEN, LATE = "held", "open", "late"
PAUSE = 1.0  # seconds between two looks
WAY_OUT = f"`touch {BY_HAND}`, or boot with {ARGUMENT} on the kernel's command line"
OPENED, OVERDUE = 0, 1


def hold(root: str, host: Host, timeout: float, say: Callable[[str], None]) -> int:
    """Return when the kubelet may start: 0 with a reason, 1 where `timeout` seconds are over.

    Whatever cannot be read is no reason to open, and none to hold for longer than that.
    """
    if state(root)[0] in (OPEN, LATE):
        return OPENED  # once a boot: a kubelet that starts anew is not held again
    look, began, told = Look(root), host.monotonic(), ""
    while True:
        reason = look.reason()
        if reason:
            return _ended(root, OPEN, f"the kubelet starts: {reason}", look, say)
        left = began + timeout - host.monotonic()
        if left <= 0:
            return _ended(root, LATE, f"the time is over: the kubelet starts after {timeout:g} s, "
                          f"and this node is not green: {look.line}", look, say)
        if look.line != told:
            told = look.line
            _held(root, timeout, told, say)
        host.sleep(min(PAUSE, left))


def state(root: str) -> tuple[str, str]:
    """The gate's word and its sentence; empty where no gate is at work."""
    word, _, sentence = _text(root + STATE).strip().partition(" ")
    return word, sentence


def _held(root: str, timeout: float, line: str, say: Callable[[str], None]) -> None:
    sentence = f"the kubelet waits until this node is green, {timeout:g} s at most"
    _keep(root, HELD, sentence, say)
    say(f"{sentence}: {line}")
    say(f"`ipvs-check show` says all; to start it all the same: {WAY_OUT}")


def _ended(root: str, word: str, sentence: str, look: Look, say: Callable[[str], None]) -> int:
    _keep(root, word, sentence, say)
    say(sentence)
    from .motd import tell

    try:
        tell(root, look.verdict)
    except OSError as error:
        say(f"{error.filename or 'the motd'}: {error.strerror}")
    return OVERDUE if word == LATE else OPENED


def _keep(root: str, word: str, sentence: str, say: Callable[[str], None]) -> None:
    from .outputs import write_atomic

    try:
        write_atomic(root + STATE, f"{word} {sentence}\n".encode())
    except OSError as error:
        say(f"{STATE}: {error.strerror}")


class Look:
    """What decides, as it is now: `verdict` is None where there is none, `line` speaks of it."""

    __slots__ = ("_root", "_seen", "line", "verdict")

    def __init__(self, root: str) -> None:
        self._root = root
        self._seen: tuple[int, ...] = ()
        self.verdict: dict[str, Any] | None = None
        self.line = "there is no verdict yet"

    def reason(self) -> str:
        """Why the gate is open, or empty."""
        self._read()
        if os.path.lexists(self._root + BY_HAND):
            return f"{BY_HAND} is there ({self.line})"
        if ARGUMENT in _text(self._root + "/proc/cmdline").split():
            return f"the kernel was given {ARGUMENT} ({self.line})"
        if self.verdict is not None and self.verdict["verdict"] == "green":
            return self.line
        return ""

    def _level(self) -> str:
        """What this node is to reach, as the check itself takes it."""
        from .expectations import node_settings

        try:
            return node_settings(_text(self._root + SETTINGS).encode(), SETTINGS).level or TABLE
        except InputProblem:
            return TABLE

    def _read(self) -> None:
        """The verdict, where it is another than at the last look."""
        try:
            now = os.stat(self._root + VERDICT)
            seen = (now.st_ino, now.st_mtime_ns, now.st_size)
            if seen == self._seen:
                return
            with open(self._root + VERDICT, "rb") as file:
                data = file.read()
        except FileNotFoundError:
            return
        except OSError as error:
            self.verdict, self.line = None, f"{VERDICT} cannot be read: {error.strerror}"
            return
        self._seen = seen
        self._judge(data)

    def _judge(self, data: bytes) -> None:
        from .stored import stored

        self.verdict = None
        try:
            found = stored(data, VERDICT)
        except (InputProblem, KeyError, TypeError, ValueError) as problem:
            self.line = str(problem)
            return
        self.line, level = console_line(found), self._level()
        if found["level"] == level:
            self.verdict = found
        else:
            self.line += f" (this node is to reach level {level})"


def _text(path: str) -> str:
    try:
        with open(path, "rb") as file:
            return file.read().decode("utf-8", "replace")
    except OSError:
        return ""
