"""Where a verdict goes: a file, console, logins, node_exporter, the host behind a virtual port."""

from __future__ import annotations

import json
import os
import select
import time

from .text import console_line

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

VERDICT = "/run/imagegen/verdict.json"
# beside it: the exit code and the line that a Node Problem Detector's plugin passes on
NPD = "/run/imagegen/verdict.npd"
MOTD = "/run/motd.d/imagegen"
CONSOLE = "/dev/console"
TEXTFILES = "/var/lib/prometheus/node-exporter"
PORT = "/dev/virtio-ports/org.imagegen.verdict"
PORT_SECONDS, CONSOLE_SECONDS = 10.0, 2.0


def deliver(verdict: dict[str, Any], root: str, output: str, say: Callable[[str], None]) -> None:
    """Write the verdict to every place that is there. Raises OSError only for the file itself."""
    data = json.dumps(verdict, separators=(",", ":")).encode() + b"\n"
    write_atomic(output, data)
    if output == root + VERDICT:
        quietly(lambda: _npd(root, verdict), say)
        quietly(lambda: _motd(root, verdict), say)
    quietly(lambda: _console(root, verdict), say)
    quietly(lambda: _textfile(root, verdict), say)
    quietly(lambda: _port(root, data, say), say)


def quietly(act: Callable[[], None], say: Callable[[str], None]) -> None:
    """A place that fails is told of; the verdict stands without it."""
    try:
        act()
    except OSError as error:
        say(f"{error.filename or 'an output'}: {error.strerror}")


def write_atomic(path: str, data: bytes) -> None:
    """The old file or the new one, readable by all. Raises OSError."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    new = f"{path}.{os.getpid()}"
    handle = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o644)
    try:
        with os.fdopen(handle, "wb") as file:
            os.fchmod(file.fileno(), 0o644)
            file.write(data)
        os.replace(new, path)
    except BaseException:
        os.unlink(new)
        raise


def write_within(path: str, data: bytes, seconds: float) -> bool:
    """Write all of it to a device, within a time; False where the other side does not read.

    Raises OSError.
    """
    handle = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_NOCTTY)
    deadline = time.monotonic() + seconds
    try:
        while data:
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            select.select([], [handle], [], min(left, 0.5))
            try:
                data = data[os.write(handle, data[:32768]):]
            except BlockingIOError:
                # a port that nobody has opened is writable to select and refuses all the same
                time.sleep(min(left, 0.1))
        return True
    finally:
        os.close(handle)


def _console(root: str, verdict: dict[str, Any]) -> None:
    path = root + CONSOLE
    if os.path.exists(path):
        write_within(path, f"imagegen: {console_line(verdict)}\r\n".encode(), CONSOLE_SECONDS)


def _npd(root: str, verdict: dict[str, Any]) -> None:
    from .formats.npd import exit_code, shaped

    write_atomic(root + NPD, f"{exit_code([verdict])} {shaped([verdict])}".encode())


def _motd(root: str, verdict: dict[str, Any]) -> None:
    # what a green boot without an old text need not import
    if verdict["verdict"] != "green" or os.path.lexists(root + MOTD):
        from .motd import tell

        tell(root, verdict)


def _port(root: str, data: bytes, say: Callable[[str], None]) -> None:
    path = root + PORT
    if os.path.exists(path) and not write_within(path, data, PORT_SECONDS):
        say(f"{PORT}: the host did not read the verdict within {PORT_SECONDS:g} s")


def _textfile(root: str, verdict: dict[str, Any]) -> None:
    folder = root + TEXTFILES
    if os.path.isdir(folder):
        from .formats import shaped

        write_atomic(f"{folder}/imagegen.prom", shaped("prometheus", [verdict]).encode())
