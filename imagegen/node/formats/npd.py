"""For the Node Problem Detector's custom plugin monitor: an exit code and a short line.

It takes 0 for healthy, 1 for a problem and all else for unknown, cuts the line at
`max_output_length` bytes (80 unless it is told otherwise) and kills a plugin after `timeout`
(node-problem-detector pkg/custompluginmonitor/plugin/plugin.go).
"""

from __future__ import annotations

from ..text import GOOD, NOTED, PLAIN, TROUBLED, console_line, printable, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look

HEALTHY, PROBLEM, UNKNOWN = 0, 1, 2
CODES = {GOOD: HEALTHY, NOTED: HEALTHY, TROUBLED: PROBLEM}
LIMIT = 80  # bytes


def shaped(verdicts: list[dict[str, Any]], look: Look = PLAIN) -> str:
    """At most 80 bytes of ASCII and a newline."""
    worst = max(verdicts, key=_rank)
    return _line(console_line(worst).replace(f"RED level {worst['level']}: ", "RED: "))


def exit_code(verdicts: list[dict[str, Any]]) -> int:
    """0 green, 1 red, 2 where only something unknown stands against green."""
    return CODES.get(state(max(verdicts, key=_rank)), UNKNOWN)


def without_verdict(problem: str) -> tuple[str, int]:
    """Unknown, in words."""
    return _line(problem), UNKNOWN


def _rank(verdict: dict[str, Any]) -> int:
    return (HEALTHY, UNKNOWN, PROBLEM).index(CODES.get(state(verdict), UNKNOWN))


def _line(words: str) -> str:
    text = printable(words).encode("ascii", "replace").decode()
    return f"{text if len(text) <= LIMIT else text[:LIMIT - 3] + '...'}\n"
