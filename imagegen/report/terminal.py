"""What a stream can show: colours, and how wide its lines may be."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TextIO

NARROWEST, WIDEST = 40, 100
USUAL = 80


@dataclass(frozen=True, slots=True)
class Look:
    """How text is shown; no columns: a line is not broken, since a program may read it."""

    colour: bool = False
    columns: int | None = None


def look(stream: TextIO) -> Look:
    """What a stream can show."""
    return Look(colours(stream), columns(stream))


def colours(stream: TextIO) -> bool:
    """Whether colours will be seen as colours.

    NO_COLOR (https://no-color.org) goes before FORCE_COLOR (https://force-color.org), which makes
    a terminal of a pipe.
    """
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR", "") not in ("", "0"):
        return True
    return stream.isatty() and os.environ.get("TERM") != "dumb"


def columns(stream: TextIO) -> int | None:
    """COLUMNS or the terminal's, within what can be read well; None where neither says."""
    if not (os.environ.get("COLUMNS", "").isdigit() or stream.isatty()):
        return None
    return min(WIDEST, max(NARROWEST, shutil.get_terminal_size((USUAL, 24)).columns))
