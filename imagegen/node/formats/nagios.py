"""A line for Nagios, Icinga and their like: state, the worst finding, performance data.

Format and exit codes: https://www.monitoring-plugins.org/doc/guidelines.html
"""

from __future__ import annotations

from ..text import GOOD, NOTED, TROUBLED, console_line, printable, state

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
NAMES = ("OK", "WARNING", "CRITICAL", "UNKNOWN")
CODES = {GOOD: OK, NOTED: WARNING, TROUBLED: CRITICAL}
LIMIT = 1000  # characters of words; Nagios reads 8 KB at most


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """One line, of the worst verdict; the data of all are added up."""
    worst = max(verdicts, key=lambda verdict: _rank(_code(verdict)))
    return f"{_said(_code(worst), console_line(worst))} | {_data(verdicts)}\n"


def exit_code(verdicts: list[dict[str, Any]]) -> int:
    """0 OK, 1 WARNING (green, with something to look at), 2 CRITICAL (red), 3 UNKNOWN."""
    return max((_code(verdict) for verdict in verdicts), key=_rank)


def without_verdict(problem: str) -> tuple[str, int]:
    """UNKNOWN, in words."""
    return f"{_said(UNKNOWN, problem)}\n", UNKNOWN


def _code(verdict: dict[str, Any]) -> int:
    return CODES.get(state(verdict), UNKNOWN)


def _rank(code: int) -> int:
    """A red that was seen is worse than what could not be."""
    return (OK, WARNING, UNKNOWN, CRITICAL).index(code)


def _said(code: int, words: str) -> str:
    # a bar ends the words
    return f"IPVS {NAMES[code]} - {printable(words).replace('|', '/')[:LIMIT]}"


def _data(verdicts: list[dict[str, Any]]) -> str:
    def total(part: str, name: str) -> float:
        return sum(float(verdict[part][name]) for verdict in verdicts)

    limits = {"red": ";;0;0", "unknown": ";;;0", "warning": ";0;;0", "ok": ";;;0"}
    counted = [f"{name}={total('counts', name):.0f}{limit}" for name, limit in limits.items()]
    sizes = [f"{label}={total('table', name):.0f};;;0" for label, name in
             (("virtual_servers", "virtualServers"), ("real_servers", "realServers"))]
    times = [f"{name}={total('seconds', name):.3f}s;;;0" for name in ("check", "waited")]
    return " ".join([*counted, *sizes, *times])
