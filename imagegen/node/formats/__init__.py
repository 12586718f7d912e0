"""The formats in which a verdict is heard, and the exit code that goes with each.

A format's function takes verdicts (the node's own one, or one of each node that was verified) and
how the reader can be written to; it is imported when it is asked for.
"""

from __future__ import annotations

from ..text import PLAIN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look

# options.py has the names, too, so that none of this is imported to read them
FORMATS = {
    "text": "table.shaped",
    "documentation": "documentation.shaped",
    "json": "documents.shaped",
    "junit": "junit.shaped",
    "tap": "tap.shaped",
    "nagios": "nagios.shaped",
    "prometheus": "prometheus.shaped",
    "npd": "npd.shaped",
}
# what these are read by knows exit codes of its own; the others end with 0 green, 1 red
GRADED = ("nagios", "npd")


def shaped(name: str, verdicts: list[dict[str, Any]], look: Look = PLAIN) -> str:
    """The verdicts in a format; `name` is one of FORMATS. Ends with a newline."""
    made: str = _function(*FORMATS[name].split("."))(verdicts, look)
    return made


def exit_code(name: str, verdicts: list[dict[str, Any]]) -> int:
    """What a program ends with after it has printed this format."""
    if name in GRADED:
        code: int = _function(name, "exit_code")(verdicts)
        return code
    return 0 if all(verdict["verdict"] == "green" for verdict in verdicts) else 1


def without_verdict(name: str, problem: str) -> tuple[str, int]:
    """What a format says where there is no verdict, and its exit code."""
    if name in GRADED:
        said: tuple[str, int] = _function(name, "without_verdict")(problem)
        return said
    return "", 2


def _function(module: str, function: str) -> Any:  # noqa: ANN401
    return getattr(__import__(f"{__name__}.{module}", fromlist=[function]), function)
