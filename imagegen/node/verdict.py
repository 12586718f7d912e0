"""All facts of a level, judged and put together into the verdict."""

from __future__ import annotations

import time

from .build import VERSION
from .identity import identity, uptime
from .judge import begin, judged
from .model import ERROR, OK, RED, RESULTS, UNKNOWN, CannotTell, Fact, Outcome, finding
from .rules import RULES
from .wait import settle

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from .state import Node

FORMAT = 1
GREEN = "green"


def verdict(node: Node, timeout: float, say: Callable[[str], None], began: float) -> dict[str, Any]:
    """Judge the node; `began` is when the check started, by the host's clock."""
    facts = [fact for fact in node.expectations.facts if node.level in fact.levels]
    waited = settle(node, facts, timeout, say)
    outcomes = {**waited.outcomes, **_rest(node, facts, waited.outcomes)}
    findings = [finding(fact, outcomes[fact.id]) for fact in facts]
    who, table = identity(node), _table(node)
    seconds = {"uptime": uptime(node), "waited": round(waited.seconds, 2),
               "check": round(node.host.monotonic() - began - waited.seconds, 3)}
    made = assembled(node.level, node.expectations.profile, node.expectations.digest, findings,
                     who, seconds, waited.lines, table)
    started = _started(node, facts)
    return {**made, "started": started} if started else made


def _started(node: Node, facts: list[Fact]) -> list[dict[str, Any]]:
    """Seconds after the kernel's start at which each unit of a fact became active, in this boot.

    Nothing is asked for it: a rule has read the units already.
    """
    if not any(fact.rule == "unit" for fact in facts):
        return []
    try:
        units = node.units()
    except CannotTell:
        return []
    return [{"unit": name, "seconds": round(unit.since, 2)}
            for name, unit in units.items() if unit.since > 0]


def _rest(node: Node, facts: list[Fact], known: dict[str, Outcome]) -> dict[str, Outcome]:
    """What waiting does not change; after it, because kube-proxy itself sets some sysctls."""
    asked = [fact for fact in facts if fact.id not in known or _not_asked(fact, known[fact.id])]
    asked.sort(key=_turn)
    begin(node, asked)
    try:
        return {fact.id: judged(fact, node) for fact in asked}
    finally:
        node.host.drop()


def _turn(fact: Fact) -> tuple[bool, bool]:
    """Dear ones come last, and before them those that wait for a program."""
    rule = RULES.get(fact.rule)
    return (rule.last, bool(rule.programs)) if rule else (False, False)


def _not_asked(fact: Fact, outcome: Outcome) -> bool:
    return RULES[fact.rule].last and outcome.settles


def assembled(
    level: str, profile: str, digest: str, findings: list[dict[str, str]], who: dict[str, Any],
    seconds: dict[str, float], waited_for: list[str], table: dict[str, Any],
) -> dict[str, Any]:
    """The verdict's JSON; `time` is this moment, in Unix seconds."""
    counts = dict.fromkeys(reversed(RESULTS), 0)
    for one in findings:
        counts[one["result"]] += 1
    return {
        "format": FORMAT, "level": level, "verdict": GREEN if healthy(findings) else RED,
        "time": int(time.time()), "profile": profile, "digest": digest, "checkVersion": VERSION,
        "node": who, "seconds": seconds, "waitedFor": waited_for,
        "findings": findings, "counts": counts, "table": table,
    }


def healthy(findings: list[dict[str, str]]) -> bool:
    """Whether every error rule is content, and there is one: only they decide.

    What is unknown to an error rule never passes for good.
    """
    grave = {one["result"] for one in findings if one["severity"] == ERROR}
    return OK in grave and RED not in grave and UNKNOWN not in grave


def _table(node: Node) -> dict[str, Any]:
    try:
        table = node.table()
    except CannotTell:
        return {"virtualServers": 0, "realServers": 0, "text": []}
    return {"virtualServers": table.count, "realServers": table.real_count, "text": table.shown()}
