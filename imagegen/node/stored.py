"""A verdict read back, to be shown in another format; what lacks something is refused."""

from __future__ import annotations

import json

from .model import ERROR, LEVELS, RESULTS, SEVERITIES, InputProblem
from .verdict import FORMAT, GREEN, healthy

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

TEXTS = ("profile", "digest", "checkVersion")
WORDS = ("id", "rule", "expected", "saw", "why", "remedy", "source")
NUMBERS = {"seconds": ("uptime", "waited", "check"), "table": ("virtualServers", "realServers"),
           "counts": RESULTS}


def stored(data: bytes, where: str) -> dict[str, Any]:
    """The verdict. Raises InputProblem where it is none, or is green against its own findings."""
    try:
        top: dict[str, Any] = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InputProblem(f"{where} is not JSON: {error}") from None
    _need(isinstance(top, dict) and top.get("format") == FORMAT, where, f"format {FORMAT}")
    # a check that was older gave no time and no titles
    top.setdefault("time", 0)
    for name in TEXTS:
        _need(isinstance(top.get(name), str), where, f"a text {name}")
    _need(top.get("level") in LEVELS, where, "a level")
    _need(_number(top["time"]), where, "a time")
    for part, names in NUMBERS.items():
        holder = top.get(part)
        _need(isinstance(holder, dict) and all(_number(holder.get(name)) for name in names),
              where, f"numbers under {part}")
    _need(_texts(top.get("waitedFor")), where, "waitedFor")
    node = top.get("node")
    _need(isinstance(node, dict) and isinstance(node.get("hostname", ""), str), where, "a node")
    _need(isinstance(top.get("findings"), list), where, "findings")
    top["findings"] = [_finding(one, where) for one in top["findings"]]
    _need(top.get("verdict") == (GREEN if healthy(top["findings"]) else "red"), where,
          "a verdict that its findings bear out")
    return top


def _finding(one: object, where: str) -> dict[str, str]:
    _need(isinstance(one, dict), where, "findings that are objects")
    told: dict[str, Any] = dict(one)  # type: ignore[call-overload]
    for word, usual in (("title", ""), ("severity", ERROR), ("read", "")):
        told.setdefault(word, usual)
    _need(all(isinstance(told.get(word), str) for word in (*WORDS, "title", "read")), where,
          "whole findings")
    _need(told.get("result") in RESULTS and told["severity"] in SEVERITIES, where,
          "results and severities that are known")
    return told


def _need(there: bool, where: str, what: str) -> None:
    if not there:
        raise InputProblem(f"{where} is no verdict: it lacks {what}")


def _number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value < 1e15


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)
