"""For a person: a table, the worst first."""

from __future__ import annotations

from ..text import report

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """One table a verdict, a blank line between."""
    return "\n".join(report(verdict, look) for verdict in verdicts)
