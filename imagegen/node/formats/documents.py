"""JSON: what schema/verdict-v1.schema.json describes."""

from __future__ import annotations

import json

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..text import Look


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """One verdict over many lines for a person's eyes; several as lines of one object each."""
    if len(verdicts) == 1:
        return json.dumps(verdicts[0], indent=1) + "\n"
    return "".join(json.dumps(verdict) + "\n" for verdict in verdicts)
