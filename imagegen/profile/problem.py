"""A finding of a lint."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """The path of the value at fault (or of its key), what is wrong and what to do."""

    path: tuple[str | int, ...]
    what: str
    hint: str
    of_key: bool = False
