"""Address ranges without the ipaddress module, whose import an emulated node would feel."""

from __future__ import annotations

import socket


def within(packed: bytes, ranges: list[str] | None) -> bool:
    """Whether a packed address lies in one of the ranges. Raises OSError for a wrong one."""
    return any(_holds(text, packed) for text in ranges or ())


def _holds(text: str, packed: bytes) -> bool:
    base, _, length = text.partition("/")
    first = socket.inet_pton(socket.AF_INET6 if ":" in base else socket.AF_INET, base)
    rest = 8 * len(first) - int(length)
    return len(first) == len(packed) and (
        int.from_bytes(first, "big") >> rest == int.from_bytes(packed, "big") >> rest)
