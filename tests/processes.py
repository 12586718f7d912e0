"""What /proc says of processes, for tests that must find none left."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable
from pathlib import Path


def children(parent: int | None = None, ended: bool = False) -> dict[int, str]:
    """The living child processes of a process (this one by default): pid -> command name.

    With `ended` those instead that nobody has waited for.
    """
    found = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            head, _, tail = stat.read_text().rpartition(")")
        except (FileNotFoundError, ProcessLookupError):
            continue
        state, ppid = tail.split()[:2]
        if int(ppid) == (parent or os.getpid()) and (state == "Z") == ended:
            found[int(stat.parent.name)] = head.partition("(")[2]
    return found


def hears_interrupts() -> None:
    """For a child before its program: a shell's background jobs are deaf to Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def living(pid: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def listening(pid: int) -> set[tuple[str, int]]:
    """The TCP addresses (hex, as in /proc/net/tcp and tcp6) and ports a process listens on."""
    handles = [str(handle.readlink()) for handle in Path(f"/proc/{pid}/fd").iterdir()]
    inodes = {handle.removeprefix("socket:[").removesuffix("]") for handle in handles}
    lines = [line.split() for family in ("tcp", "tcp6")
             for line in Path(f"/proc/{pid}/net/{family}").read_text().splitlines()[1:]]
    local = [fields[1] for fields in lines if fields[3] == "0A" and fields[9] in inodes]
    return {(where.split(":")[0], int(where.split(":")[1], 16)) for where in local}


def eventually(condition: Callable[[], bool], seconds: float = 120) -> bool:
    """Whether a condition comes true; the time is a bound for a hanging machine."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if condition():
            return True
        time.sleep(0.1)
    return condition()
