"""One fact, judged: whatever goes wrong inside a rule becomes `unknown`, never a traceback."""

from __future__ import annotations

from .model import UNKNOWN, CannotTell, Fact, Outcome
from .rules import RULES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node


def judged(fact: Fact, node: Node) -> Outcome:
    """What the fact's rule says."""
    rule = RULES.get(fact.rule)
    if rule is None:
        return Outcome(UNKNOWN, "a rule that this check knows",
                       f"the rule {fact.rule} is not known: the check is older than the facts",
                       "Take the check and its expectations from one image.")
    try:
        return rule.judge()(fact.expect, node)
    except CannotTell as reason:
        return Outcome(UNKNOWN, _expected(fact), str(reason), settles=rule.settles)
    except Exception as error:
        # a fault of the check must not pass for a fault of the node, nor for health
        return Outcome(UNKNOWN, _expected(fact), f"the check itself failed: "
                       f"{type(error).__name__}: {error}",
                       f"Look by hand, as `ipvs-check explain {fact.rule}` says, and report this "
                       "as a fault of the check.", settles=rule.settles)


def begin(node: Node, facts: list[Fact]) -> None:
    """Start the programs that these facts' rules will run; the rules themselves tell of trouble."""
    for fact in facts:
        try:
            RULES[fact.rule].begin(fact.expect, node)
        except Exception:
            continue


def _expected(fact: Fact) -> str:
    """In the words of the rule's page: what a fact expects is written for the rule alone."""
    from .brief import BRIEF

    return BRIEF[fact.rule][0]
