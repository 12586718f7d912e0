"""The check's few nouns: a fact, how it was judged, and the finding that is reported.

Plain classes, because importing dataclasses costs a tenth of the whole check on an emulated node.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

OK = "ok"
RED = "red"
WARNING = "warning"
UNKNOWN = "unknown"
RESULTS = (RED, UNKNOWN, WARNING, OK)  # as they are shown: worst first

# how grave a rule's red is: an error makes the node red, a warning and an info never do
ERROR = "error"
INFO = "info"
SEVERITIES = (ERROR, WARNING, INFO)
UNKNOWN_RULE = "unknown_rule"  # the page of a finding whose rule has none

BAKE = "bake"
KERNEL = "kernel"
TABLE = "table"
LEVELS = (BAKE, KERNEL, TABLE)
# what a level judges, in words that are no statement about the node; the report's page has the same
LOOKS_AT = {BAKE: "files, packages and modules in the guest that builds the image",
            KERNEL: "the kernel's side of a booted node, without a cluster",
            TABLE: "the whole node of a cluster, with kube-proxy and its IPVS table"}


class CannotTell(Exception):
    """The node would not say; the sentence becomes the finding, whose result is `unknown`."""


class InputProblem(Exception):
    """The check's own input (expectations, node.json, an option) is missing or wrong."""


class Fact:
    """One thing that is true of a healthy node, as the expectations give it."""

    __slots__ = ("expect", "id", "levels", "reason", "remedy", "rule", "source")

    def __init__(
        self, id: str, rule: str, levels: tuple[str, ...], expect: dict[str, Any],
        reason: str = "", source: str = "", remedy: str = "",
    ) -> None:
        self.id, self.rule, self.levels, self.expect = id, rule, levels, expect
        self.reason, self.source, self.remedy = reason, source, remedy


class Outcome:
    """What a rule says of one fact; `settles` where a little more waiting may mend it."""

    __slots__ = ("expected", "remedy", "result", "saw", "settles")

    def __init__(
        self, result: str, expected: str, saw: str, remedy: str = "", settles: bool = False
    ) -> None:
        self.result, self.expected, self.saw = result, expected, saw
        self.remedy, self.settles = remedy, settles


def ok(expected: str, saw: str) -> Outcome:
    """The node is as the fact says."""
    return Outcome(OK, expected, saw)


def red(expected: str, saw: str, remedy: str = "") -> Outcome:
    """It is not, and waiting will not mend it."""
    return Outcome(RED, expected, saw, remedy)


def not_yet(expected: str, saw: str, remedy: str = "") -> Outcome:
    """It is not, but kube-proxy may still be at work."""
    return Outcome(RED, expected, saw, remedy, settles=True)


def warning(expected: str, saw: str, remedy: str = "") -> Outcome:
    """The node works, and somebody should look at it."""
    return Outcome(WARNING, expected, saw, remedy)


def finding(fact: Fact, outcome: Outcome) -> dict[str, str]:
    """A fact and its outcome as the verdict's JSON has them.

    The one place that keeps a rule whose page is no error's from ever being red, and that chooses
    the remedy: a rule that has seen what is wrong knows better than the fact, which was written
    before. Two of them would contradict each other.
    """
    from .brief import BRIEF

    title, severity, reads = BRIEF.get(fact.rule) or BRIEF[UNKNOWN_RULE]
    result = WARNING if outcome.result == RED and severity != ERROR else outcome.result
    return {
        "id": fact.id,
        "rule": fact.rule,
        "title": title,
        "severity": severity,
        "result": result,
        "read": filled(reads, fact.expect).replace("`", ""),
        "expected": outcome.expected,
        "saw": outcome.saw,
        "why": fact.reason,
        "remedy": "" if result == OK else outcome.remedy or fact.remedy,
        "source": fact.source,
    }


def filled(text: str, expect: dict[str, Any]) -> str:
    """The text with what a fact expects in the places of its keys: `{name}`."""
    for key, value in expect.items():
        text = text.replace(f"{{{key}}}", _spelled(value))
    return text


def _spelled(value: object) -> str:
    """A value as a person writes it: a list's items, and no word of Python's."""
    if isinstance(value, (list, tuple)):
        return ", ".join(map(_spelled, value)) or "none"
    return {"True": "yes", "False": "no", "None": "none"}.get(str(value), str(value))
