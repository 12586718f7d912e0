"""What a stream can show: colours, and how wide its lines may be.

`imagegen --help` asks here, too, so nothing is imported that costs.
"""

from __future__ import annotations

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import TextIO

NARROWEST, WIDEST = 40, 100
USUAL = 80


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


def columns(stream: TextIO) -> int:
    """For a page: COLUMNS or the terminal's, within what can be read well; 80 where neither says.
    """
    wide = os.environ.get("COLUMNS", "")
    if not wide.isdigit() or int(wide) == 0:
        try:
            wide = str(os.get_terminal_size(stream.fileno()).columns or USUAL)
        except (OSError, ValueError):
            return USUAL
    return min(WIDEST, max(NARROWEST, int(wide)))
