"""Verdicts as the check gives them, of every state, and one that holds what it should not."""

from __future__ import annotations

from typing import Any

from jsonschema import Draft202012Validator

from imagegen.node.verdict import assembled
from imagegen.report.verdict_schema import schema


def _closed(part: Any) -> Any:
    """The schema that refuses what it does not name: a reader may, the check's tests must."""
    if isinstance(part, list):
        return [_closed(one) for one in part]
    if not isinstance(part, dict):
        return part
    closed = {key: _closed(one) for key, one in part.items()}
    return closed | {"additionalProperties": False} if part.get("type") == "object" else closed


_VALIDATOR = Draft202012Validator(_closed(schema()))


def validated(verdict: dict[str, Any]) -> dict[str, Any]:
    """The verdict itself. Raises jsonschema's error where the published schema is not kept."""
    _VALIDATOR.validate(verdict)
    return verdict


def finding(name: str, result: str, rule: str = "sysctl", severity: str = "error",
            ) -> dict[str, str]:
    """A finding in a few letters."""
    return {"id": name, "rule": rule, "title": f"Title of {rule}", "severity": severity,
            "result": result, "read": "/proc", "expected": "1", "saw": "0", "why": "w",
            "remedy": "r", "source": "s"}


def made(*findings: dict[str, str], rows: int = 0, host: str = "n1") -> dict[str, Any]:
    """A verdict of level table, with so many rows of a table."""
    return assembled("table", "quickstart", "3f9a" * 16, list(findings), {"hostname": host},
                     {"uptime": 61.2, "waited": 7.1, "check": 0.9}, ["api_service 7.1 s: none yet"],
                     {"virtualServers": 12, "realServers": 17, "text": ["x" * 99] * rows})


HOSTILE_TEXT = "<&>\"'|#\\ \n\x1b[2J\x00]]>\ud800 ü 漢 \u202e\ufffe --- ... %s {x}"
HOSTILE = {**finding(f"id{HOSTILE_TEXT}", "red", f"rule{HOSTILE_TEXT}"),
           **dict.fromkeys(("title", "saw", "expected", "why", "remedy", "read", "source"),
                           HOSTILE_TEXT)}
STATES = {
    "green": made(finding("a", "ok"), finding("b", "ok", "swap")),
    "noted": made(finding("a", "ok"), finding("b", "warning"),
                  finding("c", "unknown", "loopback", "warning")),
    "red": made(finding("a", "ok"), finding("b", "unknown"), finding("c", "red"),
                finding("d", "red"), finding("e", "warning")),
    "unknown": made(finding("a", "ok"), finding("b", "unknown")),
    "nothing": made(),
    "hostile": {**made(finding("a", "ok"), HOSTILE, finding("z", "ok")),
                "profile": HOSTILE_TEXT, "digest": HOSTILE_TEXT,
                "node": {"hostname": HOSTILE_TEXT}},
}
