"""`ipvs-check explain`: a rule's page, or all rules."""

from __future__ import annotations

from textwrap import wrap

from .model import InputProblem, filled
from .pages import OUTSIDE, general, pages

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from .model import Fact
    from .pages import Page

WIDTH = 80
PARTS = (("Reads", "reads"), ("Why it matters", "why"), ("How to mend it", "mend"),
         ("Source", "source"))


def overview(columns: int | None) -> str:
    """Every rule with its severity and title."""
    known = dict(sorted(pages().items()))
    width = max(map(len, known))
    rows = [f"{rule:{width}}  {page.severity:7}  {page.title}" for rule, page in known.items()]
    return "\n".join([*rows, "", *wrap(
        "`ipvs-check explain RULE` shows a rule's page; a fact's name, as a verdict has it, shows "
        "its rule's. Only errors make a node red.", columns or WIDTH)]) + "\n"


def explained(name: str, facts: Callable[[], list[Fact]], columns: int | None) -> str:
    """The page of a rule, or of the rule of a fact. Raises InputProblem for what is neither."""
    known = {**pages(), **OUTSIDE}
    if name in known:
        return page_text(name, known[name], columns)
    told = facts()
    fact = next((one for one in told if one.id == name), None)
    if fact is None:
        raise InputProblem(f"{name} is neither a rule nor a fact of this node; "
                           f"{_guess(name, [*known, *(one.id for one in told)])}")
    return _fact_text(fact, known[fact.rule if fact.rule in known else "unknown_rule"], columns)


def page_text(rule: str, page: Page, columns: int | None) -> str:
    """A rule's page where no fact is spoken of."""
    return _text(f"{rule} ({page.severity})", page.title, {
        name: general(getattr(page, name)) for _, name in PARTS}, columns)


def _fact_text(fact: Fact, page: Page, columns: int | None) -> str:
    parts = {name: filled(getattr(page, name), fact.expect) for _, name in PARTS}
    parts["why"] = f"{fact.reason[:1].upper()}{fact.reason[1:]}. {parts['why']}"
    return _text(f"{fact.id}, a fact of the rule {fact.rule} ({page.severity})", page.title, parts,
                 columns)


def _text(head: str, title: str, parts: dict[str, str], columns: int | None) -> str:
    width = columns or WIDTH
    lines = [head, "", *wrap(f"{title}.", width, initial_indent="  ", subsequent_indent="  ")]
    for words, name in PARTS:
        lines += ["", words, *wrap(parts[name], width, initial_indent="  ", subsequent_indent="  ",
                                   break_long_words=False, break_on_hyphens=False)]
    return "\n".join(lines) + "\n"


def _guess(name: str, known: list[str]) -> str:
    from difflib import get_close_matches

    near = get_close_matches(name[:80].lower().replace("-", "_"), known, 1) or get_close_matches(
        name[:80], known, 1)
    return f"did you mean {near[0]}?" if near else "`ipvs-check explain` lists the rules"
