"""Seconds from power-on to verdict, side by side."""

from __future__ import annotations

from collections.abc import Mapping


def side_by_side(seconds: Mapping[str, float]) -> str:
    """One row a way to a node; the ratio is to the first."""
    first = next(iter(seconds.values()))
    rows = [f"{name:<8} {value:8.1f} s from power-on to verdict  x {value / first:.2f}"
            for name, value in seconds.items()]
    return "\n".join(rows)
