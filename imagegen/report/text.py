"""A node's verdict for a person, as the node itself prints it."""

from __future__ import annotations

from typing import Any

from imagegen.node.text import Look, report

PLAIN = Look()


def verdict_text(verdict: dict[str, Any], look: Look = PLAIN) -> str:
    """Head, findings (red first) with what was seen and what to do, counts; ends with a newline.

    `verdict` is the check's JSON; `imagegen.report.verdict.parse` tells whether it really is.
    """
    return report(verdict, look)
