"""The Test Anything Protocol, version 13 (testanything.org), with its YAML diagnostics."""

from __future__ import annotations

import json

from ..model import ERROR, OK, RED, UNKNOWN
from ..text import printable

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from ..text import Look

WORDS = ("rule", "severity", "result", "read", "expected", "saw", "why", "remedy", "source")


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """One stream; a warning is a good test with a diagnostic, a verdict of nothing bails out."""
    several = len(verdicts) > 1
    tests = [(one, verdict["node"].get("hostname", "") if several else "")
             for verdict in verdicts for one in verdict["findings"]]
    lines = ["TAP version 13", f"1..{len(tests)}"]
    for number, (one, node) in enumerate(tests, 1):
        lines += _test(number, one, node)
    if not all(verdict["findings"] for verdict in verdicts):
        lines.append("Bail out! Nothing was judged")
    return "\n".join(lines) + "\n"


def _test(number: int, one: dict[str, str], node: str) -> Iterator[str]:
    bad = one["result"] == RED or (one["result"] == UNKNOWN and one["severity"] == ERROR)
    skip = " # SKIP unknown" if one["result"] == UNKNOWN and not bad else ""
    name = " ".join(part for part in (node, one["id"], one["title"]) if part)
    yield f"{'not ok' if bad else 'ok'} {number} - {_plain(name)}{skip}"
    if one["result"] != OK:
        yield "  ---"
        # a JSON text is a YAML scalar, whatever stands in it
        yield from (f"  {word}: {json.dumps(one[word])}" for word in WORDS if one[word])
        yield "  ..."


def _plain(text: str) -> str:
    r"""A description cannot hold `#`, which begins a directive, nor `\` before it."""
    return printable(text).replace("\\", "\\\\").replace("#", "\\#")
