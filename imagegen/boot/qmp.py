"""A few lines of QMP, QEMU's control protocol: one JSON object a line over a unix socket."""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from imagegen.common.errors import ToolError

REPLY_SECONDS = 60.0


class QmpError(ToolError):
    """QEMU refused a command, or its control socket is gone."""


def connect_unix(path: Path, seconds: float, alive: Callable[[], bool] = lambda: True,
                 ) -> socket.socket:
    """A connection to a socket that its server may not have made yet.

    Raises QmpError when `seconds` pass, or `alive` says that nobody will make it any more.
    """
    deadline = time.monotonic() + seconds
    while True:
        channel = socket.socket(socket.AF_UNIX)
        try:
            channel.connect(str(path))
            return channel
        except OSError as error:
            channel.close()
            if time.monotonic() > deadline or not alive():
                raise QmpError(f"{path.name} does not answer ({error.strerror or error})") from None
        time.sleep(0.02)


class Qmp:
    """One control connection. `events` keeps what QEMU told unasked, oldest first."""

    def __init__(self, channel: socket.socket) -> None:
        self._channel = channel
        self._buffer = b""
        self.events: list[dict[str, Any]] = []
        self._channel.settimeout(REPLY_SECONDS)
        self._next()  # the greeting
        self.command("qmp_capabilities")

    def command(self, name: str, /, **arguments: Any) -> Any:  # noqa: ANN401  as QEMU answers
        """Run one command and give what it returns. Raises QmpError."""
        request = {"execute": name, "arguments": arguments}
        try:
            self._channel.sendall(json.dumps(request).encode() + b"\n")
            while "return" not in (answer := self._next()):
                if "error" in answer:
                    raise QmpError(f"QEMU refused {name}: {answer['error'].get('desc')}")
                self.events.append(answer)
        except OSError as error:
            raise QmpError(f"QEMU did not answer {name} ({error})") from None
        return answer["return"]

    def status(self) -> str:
        """QEMU's run state: running, paused, inmigrate, postmigrate, internal-error, …"""
        return str(self.command("query-status")["status"])

    def migrate(self, uri: str, seconds: float = 120.0) -> None:
        """Send the machine's state to `uri` and wait until it is out. Raises QmpError."""
        self.command("migrate", uri=uri)
        self._migrated("migrate", seconds)

    def migrate_incoming(self, uri: str, seconds: float = 120.0) -> None:
        """Take a machine's state from `uri` and wait until it is in. Raises QmpError."""
        self.command("migrate-incoming", uri=uri)
        self._migrated("migrate-incoming", seconds)

    def _migrated(self, name: str, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while (state := self.command("query-migrate").get("status")) != "completed":
            if state == "failed" or time.monotonic() > deadline:
                raise QmpError(f"{name}: {state or 'no answer'} after at most {seconds:g} s")
            time.sleep(0.02)

    def quit(self) -> None:
        """End QEMU at once; one that is gone already is no error."""
        with suppress(QmpError):
            self.command("quit")

    def close(self) -> None:
        """Leave the socket; QEMU goes on."""
        self._channel.close()

    def _next(self) -> dict[str, Any]:
        while b"\n" not in self._buffer:
            data = self._receive()
            if not data:
                raise QmpError("QEMU closed its control socket")
            self._buffer += data
        line, _, self._buffer = self._buffer.partition(b"\n")
        message: dict[str, Any] = json.loads(line)
        return message

    def _receive(self) -> bytes:
        try:
            return self._channel.recv(65536)
        except OSError as error:
            raise QmpError(f"QEMU does not answer ({error})") from None
