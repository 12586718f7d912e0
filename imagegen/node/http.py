"""A plain HTTP/1.0 GET on a socket: http.client's import is dearer than the whole request."""

from __future__ import annotations

import socket
import time

from .model import CannotTell

TIMEOUT = 10.0  # seconds for the whole answer
LIMIT = 64 << 20  # bytes; the metrics of 10,000 services are a few megabytes


def get(address: str, path: str, stop: bytes = b"") -> tuple[int, bytes]:
    """Status and body from `address` (`host:port`). Raises CannotTell where nobody answers."""
    host, _, port = address.rpartition(":")
    try:
        with socket.create_connection((host.strip("[]"), int(port)), TIMEOUT) as connection:
            request = f"GET {path} HTTP/1.0\r\nHost: {address}\r\nConnection: close\r\n\r\n"
            connection.sendall(request.encode())
            answer = _received(connection, stop)
    except (OSError, ValueError) as error:
        raise CannotTell(f"http://{address}{path}: {_said(error)}") from None
    return _split(answer, f"http://{address}{path}")


def _received(connection: socket.socket, stop: bytes) -> bytes:
    """The answer up to its end or to the whole line that starts with `stop`."""
    answer = bytearray()
    looked = 0
    deadline = time.monotonic() + TIMEOUT
    while len(answer) < LIMIT and time.monotonic() < deadline:
        part = connection.recv(262144)
        answer += part
        if not part or (stop and _has_line(answer, stop, looked)):
            return bytes(answer)
        looked = max(0, len(answer) - 4096)
    raise OSError("the answer does not end")


def _has_line(answer: bytearray, stop: bytes, start: int) -> bool:
    found = answer.find(b"\n" + stop, start)
    # the lines that belong together stand together: all of them, up to the next name
    return found >= 0 and answer.find(b"\n#", found + 1) >= 0


def _split(answer: bytes, where: str) -> tuple[int, bytes]:
    head, _, body = answer.partition(b"\r\n\r\n")
    words = head.split(None, 2)
    if len(words) < 2 or not words[0].startswith(b"HTTP/") or not words[1].isdigit():
        raise CannotTell(f"{where}: the answer is not HTTP")
    return int(words[1]), body


def _said(error: Exception) -> str:
    if isinstance(error, socket.timeout):
        return f"no answer within {TIMEOUT:g} s"
    return getattr(error, "strerror", None) or str(error)
