"""Waiting for kube-proxy's table: as long as it may still come, and saying for what."""

from __future__ import annotations

from .judge import begin, judged
from .model import RED, TABLE, UNKNOWN, CannotTell, Fact, Outcome
from .rules import RULES
from .rules.unit import hopeless

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .state import Node

FIRST_PAUSE, LONGEST_PAUSE = 0.5, 3.0
SAY_AGAIN = 15.0  # seconds between two lines that say the same


class Waited:
    """How the waiting ended: outcomes by fact id, seconds, and a line for each fact waited for."""

    __slots__ = ("lines", "outcomes", "seconds")

    def __init__(self) -> None:
        self.outcomes: dict[str, Outcome] = {}
        self.seconds = 0.0
        self.lines: list[str] = []


def settle(node: Node, facts: list[Fact], timeout: float, say: Callable[[str], None]) -> Waited:
    """Judge the facts that kube-proxy brings about, again and again until none can settle more."""
    waited, history = Waited(), _History(say)
    facts = [fact for fact in facts if fact.rule in RULES and RULES[fact.rule].settles]
    if node.level != TABLE or not facts:
        return waited
    host, start, pause = node.host, node.host.monotonic(), FIRST_PAUSE
    while True:
        began = host.monotonic()
        # the first look is no waiting
        waited.seconds = began - start if waited.outcomes else 0.0
        waited.outcomes = look(node, facts, first=not waited.outcomes)
        pending = [fact for fact in facts if waited.outcomes[fact.id].settles]
        history.saw(waited.seconds, pending, waited.outcomes)
        if not pending or waited.seconds >= timeout or _given_up(node, facts, waited, say):
            waited.lines = history.told()
            return waited
        history.tell(waited.seconds, timeout, pending, waited.outcomes)
        # a look that is dear must not take the node's time from kube-proxy
        pause_now = max(pause, host.monotonic() - began)
        host.sleep(max(0.0, min(pause_now, start + timeout - host.monotonic())))
        pause = min(pause * 1.5, LONGEST_PAUSE)


def look(node: Node, facts: list[Fact], first: bool = False) -> dict[str, Outcome]:
    """One look at all of them; each dear one only once those before it are content, or at the end.

    The first look hopes that nothing is to be waited for, and begins what the dear ones run.
    """
    node.refresh()
    if first:
        begin(node, [fact for fact in facts if RULES[fact.rule].last])
    outcomes = {fact.id: judged(fact, node) for fact in facts if not RULES[fact.rule].last}
    waiting = any(outcome.settles for outcome in outcomes.values())
    for fact in facts:
        if RULES[fact.rule].last:
            outcomes[fact.id] = (
                Outcome(UNKNOWN, fact.rule, "not asked before the rest is there", settles=True)
                if waiting else judged(fact, node)
            )
            # a first sync that has not ended would keep those after it at looking again
            waiting = waiting or outcomes[fact.id].settles
    if waiting:
        node.host.drop()
    return outcomes


def _given_up(node: Node, facts: list[Fact], waited: Waited, say: Callable[[str], None]) -> bool:
    """Whether the table cannot come."""
    reason = _other_mode(facts, waited.outcomes) or _no_start(node)
    if reason:
        say(f"not waiting for the table: {reason}")
    return bool(reason)


def _other_mode(facts: list[Fact], outcomes: dict[str, Outcome]) -> str:
    """kube-proxy runs, and itself says that it will make no IPVS table."""
    for fact in facts:
        outcome = outcomes[fact.id]
        if fact.rule == "proxy_mode" and outcome.result == RED and not outcome.settles:
            return outcome.saw
    return ""


def _no_start(node: Node) -> str:
    """kube-proxy will not start by itself, or has no way to its cluster."""
    kube_proxy = node.expectations.kube_proxy
    if not kube_proxy.unit:
        return ""  # a pod comes whenever its cluster sends it
    try:
        unit = node.units()[kube_proxy.unit]
    except CannotTell:
        return ""
    if unit.job:
        return ""
    if kube_proxy.kubeconfig and not node.exists(kube_proxy.kubeconfig):
        return f"{kube_proxy.kubeconfig} is not there"
    return hopeless(kube_proxy.unit, unit)


class _History:
    """What was waited for, and what has been said of it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._last: dict[str, tuple[float, str]] = {}  # fact id: seconds, what was seen
        self._pending: list[str] = []
        self._said, self._said_at = "", 0.0

    def saw(self, seconds: float, pending: list[Fact], outcomes: dict[str, Outcome]) -> None:
        """A look has ended: what was pending before it was waited for up to now."""
        for name in self._pending:
            self._last[name] = (seconds, self._last[name][1])
        self._pending = [fact.id for fact in pending]
        for fact in pending:
            self._last[fact.id] = (seconds, outcomes[fact.id].saw)

    def tell(
        self, seconds: float, timeout: float, pending: list[Fact], outcomes: dict[str, Outcome]
    ) -> None:
        """A line of progress, when it is a new one or the last is a while ago."""
        first = pending[0]
        more = f" (and {len(pending) - 1} more)" if len(pending) > 1 else ""
        line = f"{first.rule}: {outcomes[first.id].saw}{more}"
        if line != self._said or seconds - self._said_at >= SAY_AGAIN:
            self._say(f"waiting, {seconds:.1f} of {timeout:g} s, for {line}")
            self._said, self._said_at = line, seconds

    def told(self) -> list[str]:
        """`api_service 7.1 s: no virtual server …` as the verdict keeps it, and said once more."""
        lines = [f"{name} {seconds:.1f} s: {saw}" for name, (seconds, saw) in self._last.items()
                 if seconds > 0]
        for line in lines:
            self._say(f"waited for {line}")
        return lines
