"""Whether somebody keeps the kernel's clock right: adjtimex(2), which no file tells."""

from __future__ import annotations

import os

from .model import CannotTell

# systemd-timesyncd(8) touches it when a server has set the clock
TIMESYNCD = "/run/systemd/timesync/synchronized"
# TIME_ERROR: nobody keeps the clock, or he does no more (adjtimex(2), return value)
TIME_ERROR = 5
TIMEX_BYTES = 256  # struct timex has 208; modes, the first field, is 0: only ask


def synchronised() -> bool:
    """True where a time client keeps the clock. Raises CannotTell where the kernel is silent."""
    if os.path.exists(TIMESYNCD):
        return True
    try:
        import ctypes

        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(TIMEX_BYTES))
    except (ImportError, OSError, AttributeError) as error:
        raise CannotTell(f"the clock cannot be asked: {error}") from None
    if state < 0:
        raise CannotTell("the kernel does not tell the state of its clock")
    return bool(state != TIME_ERROR)
