"""Measured seconds as a table of ratios."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured, in seconds (the median or the best of its runs), and what is aimed at."""

    name: str
    seconds: float
    aim: str = ""


def median_of(runs: int, work: Callable[[], object]) -> float:
    """The median seconds of so many runs."""
    return statistics.median(seconds_of(work) for _ in range(runs))


def best_of(rounds: int, works: Sequence[Callable[[], object]]) -> list[float]:
    """The least seconds of each: what the work itself costs, on a machine that others use as well.

    The works take turns, so that a busy minute falls on all of them.
    """
    taken = [[seconds_of(work) for work in works] for _ in range(rounds)]
    return [min(each) for each in zip(*taken, strict=True)]


def seconds_of(work: Callable[[], object]) -> float:
    """Seconds on the wall."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def process(argv: Sequence[str]) -> Callable[[], object]:
    """A whole process, its output thrown away; Python keeps its bytecode, as it does for users."""
    env = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return lambda: subprocess.run(argv, check=True, stdout=subprocess.DEVNULL, env=env,
                                  stderr=subprocess.DEVNULL)


def table(title: str, rows: Sequence[Row]) -> str:
    """A Markdown table; every ratio is to the first row."""
    base = rows[0].seconds
    lines = [f"### {title}", "", "| what | seconds | ratio | aim |", "|---|---:|---:|---|"]
    lines += [f"| {row.name} | {row.seconds:.3f} | {row.seconds / base:.2f} | {row.aim} |"
              for row in rows]
    return "\n".join([*lines, ""])
