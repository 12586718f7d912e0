"""What standard output can show. Imported only where it is a terminal."""

from __future__ import annotations

import os

from .text import Look

NARROWEST, WIDEST = 40, 200


def look(handle: int) -> Look:
    """Colours unless NO_COLOR (https://no-color.org) or a dumb terminal forbids; its columns."""
    plain = os.environ.get("NO_COLOR") or os.environ.get("TERM", "dumb") == "dumb"
    return Look(not plain, columns(handle))


def columns(handle: int) -> int | None:
    """COLUMNS or the terminal's, within what can be read; None where neither says."""
    wide = os.environ.get("COLUMNS", "")
    if not wide.isdigit() or int(wide) == 0:
        try:
            wide = str(os.get_terminal_size(handle).columns)
        except OSError:
            return None
    return min(WIDEST, max(NARROWEST, int(wide))) if int(wide) else None
