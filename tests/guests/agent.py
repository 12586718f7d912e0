"""The hand of the tests inside a guest: one JSON request a line, one JSON answer a line.

It runs on the guest's own Python (3.9 or newer, nothing but the standard library), comes with a
test's seed, and is no part of any image. After a clone the host's end of the port is a new one;
until the host is there a read gives nothing.
"""

import base64
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

# the oldest Python that this runs on is 3.9
Answer = dict[str, Any]
PORT = "/dev/virtio-ports/org.imagegen.agent"


def run(argv: list[str], stdin: str = "", timeout: float = 60.0) -> Answer:
    """Run a command; all streams travel as base64."""
    try:
        done = subprocess.run(argv, input=base64.b64decode(stdin), timeout=timeout, check=False,
                              capture_output=True)
    except subprocess.TimeoutExpired as error:
        return {"code": None, "stdout": encoded(error.stdout), "stderr": encoded(error.stderr)}
    return {"code": done.returncode, "stdout": encoded(done.stdout), "stderr": encoded(done.stderr)}


def read(path: str) -> Answer:
    """A file's bytes."""
    return {"data": encoded(Path(path).read_bytes())}


def write(path: str, data: str, mode: int) -> Answer:
    """Put bytes into a file, and make the folder for it."""
    target = Path(path)
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(base64.b64decode(data))
    target.chmod(mode)
    return {}


def clock(now: float) -> Answer:
    """Set the clock: a clone wakes at the time of its freeze."""
    time.clock_settime(time.CLOCK_REALTIME, now)
    return {}


def encoded(data: Any) -> str:
    return base64.b64encode(data or b"").decode()


OPERATIONS: dict[str, Callable[..., Answer]] = {
    "run": run, "read": read, "write": write, "clock": clock}


def answer(line: bytes) -> bytes:
    """The answer to one request; what goes wrong is an answer, too."""
    request = json.loads(line)
    try:
        result = OPERATIONS[request.pop("do")](**request.pop("with"))
    except Exception as error:
        result = {"error": f"{type(error).__name__}: {error}"}
    return json.dumps({**result, "id": request["id"]}).encode() + b"\n"


def send(port: int, data: bytes) -> None:
    while data:
        data = data[os.write(port, data):]


def serve(port: int) -> None:
    """Answer for ever."""
    rest = b""
    while True:
        data = os.read(port, 1 << 16)
        if not data:
            rest = b""
            time.sleep(0.02)
            continue
        *lines, rest = (rest + data).split(b"\n")
        for line in lines:
            send(port, answer(line))


if __name__ == "__main__":
    serve(os.open(sys.argv[1] if len(sys.argv) > 1 else PORT, os.O_RDWR))
