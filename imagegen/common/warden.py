"""Stands between imagegen and a tool that starts programs of its own, such as Packer or apt.

Run as `python warden.py FD SCRATCH COMMAND…`: starts the command in this process group, and ends
the whole group when the command ends, or when the pipe FD closes because imagegen is gone, even by
SIGKILL; in that case it removes the folder SCRATCH (unless it is '') too.
It imports next to nothing, since it runs before every guarded tool.
"""

from __future__ import annotations

import os
import select
import signal
import sys
import time

GRACE_SECONDS = 10.0
_PR_SET_CHILD_SUBREAPER = 36


def main() -> None:
    """Exits as the command did; 128 + N where signal N ended it."""
    pipe, scratch, argv = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
    import ctypes

    # what the command leaves behind becomes our child, so that nothing escapes by losing its parent
    ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    child = _spawned(argv)
    code = _watch(child, pipe, scratch)
    _end(2.0)
    os._exit(code)


def _spawned(argv: list[str]) -> int:
    """The command's pid; a SIGTERM that comes meanwhile waits until we know whom to end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    try:
        child = os.posix_spawnp(argv[0], argv, os.environ, setsigmask=())
    except OSError as error:
        print(f"{argv[0]}: {error.strerror}", flush=True)  # noqa: T201  our log reads it
        os._exit(127)
    signal.signal(signal.SIGTERM, lambda *_: _stopped(""))
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})
    return child


def _watch(child: int, pipe: int, scratch: str) -> int:
    """The exit code of the command; ends it when the pipe closes."""
    while True:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            code = os.waitstatus_to_exitcode(status)
            return code if code >= 0 else 128 - code
        if select.select([pipe], [], [], 0.1)[0]:
            _stopped(scratch)


def _stopped(scratch: str) -> None:
    _end(GRACE_SECONDS)
    if scratch:
        import shutil

        shutil.rmtree(scratch, ignore_errors=True)
    os._exit(128 + signal.SIGTERM)


def _end(grace: float) -> None:
    """SIGTERM to all that descends from us, time to clean up, then SIGKILL."""
    deadline = time.monotonic() + grace
    _signal_all(signal.SIGTERM)
    while time.monotonic() < deadline and _descendants():
        _reap()
        time.sleep(0.05)
    while _descendants():
        _signal_all(signal.SIGKILL)
        _reap()
        time.sleep(0.02)


def _signal_all(number: signal.Signals) -> None:
    for pid in _descendants():
        try:
            os.kill(pid, number)
        except ProcessLookupError:
            continue


def _reap() -> None:
    try:
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass
    except ChildProcessError:
        return


def _descendants() -> list[int]:
    """Every living process below this one, read from /proc (stat: pid (comm) state ppid)."""
    children: dict[int, list[int]] = {}
    for entry in os.listdir("/proc"):  # noqa: PTH208  pathlib costs a start-up
        if entry.isdigit() and (parent := _parent(entry)):
            children.setdefault(parent, []).append(int(entry))
    found, queue = list[int](), [os.getpid()]
    while queue:
        below = children.get(queue.pop(), [])
        found += below
        queue += below
    return found


def _parent(pid: str) -> int:
    try:
        with open(f"/proc/{pid}/stat", errors="replace") as file:  # noqa: PTH123
            state, parent = file.read().rpartition(")")[2].split()[:2]
    except OSError:
        return 0
    return 0 if state == "Z" else int(parent)


if __name__ == "__main__":
    main()
