"""Counts as a person says them."""

from __future__ import annotations


def counted(count: int, one: str, more: str = "") -> str:
    """`1 entry`, `2 entries`; what many are called is said where an s would not do."""
    return f"{count} {one if count == 1 else more or one + 's'}"
