"""One at a time: a lock that the kernel drops with its holder, whatever ends it."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from imagegen.common.progress import Progress


@contextmanager
def alone(path: Path, progress: Progress, doing: str) -> Iterator[None]:
    """Hold the lock file `path`; says so where another holds it (`doing`: what that one does)."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress.step(f"waiting for another imagegen that is {doing}")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
