"""What -v shows: a line for each thing that is done, on standard error, with the seconds so far."""

from __future__ import annotations

import sys
import time

_since: float | None = None


def listen(*, on: bool = True) -> None:
    """From now on notes are shown, or no longer."""
    global _since
    _since = time.monotonic() if on else None


def heard() -> bool:
    """Whether anybody sees the notes: what is costly to say need not be worked out."""
    return _since is not None


def note(text: str) -> None:
    """A line, where they are shown; without what would play with the reader's terminal."""
    if _since is None:
        return
    plain = "".join(char if char.isprintable() else ascii(char)[1:-1] for char in text)
    sys.stderr.write(f"[{time.monotonic() - _since:7.3f} s] {plain}\n")
    sys.stderr.flush()
