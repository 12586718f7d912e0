"""A verdict as plain text: one line for a console, a table of what is not well for a person."""

from __future__ import annotations

from .model import ERROR, LOOKS_AT, OK, RED, RESULTS, SEVERITIES, UNKNOWN, WARNING
from .words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

HUES = {RED: "1;31", UNKNOWN: "1;35", WARNING: "1;33", OK: "32"}
DETAILS = ("expected", "read", "why", "remedy", "source")
# the states of a whole verdict
GOOD, NOTED, TROUBLED, UNTOLD = "good", "noted", "troubled", "untold"
WIDEST_ID = 48


class Look:
    """How text is shown: with colours or not, and how many columns there are.

    Without columns a line is not broken, since a program may read it.
    """

    __slots__ = ("colour", "columns")

    def __init__(self, colour: bool = False, columns: int | None = None) -> None:
        self.colour, self.columns = colour, columns


PLAIN = Look()


def printable(text: object) -> str:
    """Text that a terminal cannot be steered by: what is read on a node may hold anything."""
    said = str(text)
    if said.isprintable():  # nearly always, and one question instead of one for each letter
        return said
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in said)


def state(verdict: dict[str, Any]) -> str:
    """Good, good with something to look at, red, or only not to be told."""
    if verdict["verdict"] == "green":
        return GOOD if all(one["result"] == OK for one in verdict["findings"]) else NOTED
    return TROUBLED if any(one["result"] == RED for one in verdict["findings"]) else UNTOLD


def console_line(verdict: dict[str, Any]) -> str:
    """`GREEN level table, 41 facts, …` or the worst finding and how many more there are."""
    if verdict["verdict"] == "green":
        servers = verdict["table"]["virtualServers"]
        return (f"GREEN level {verdict['level']}, {counted(len(verdict['findings']), 'fact')}, "
                f"{counted(servers, 'virtual server')} (profile {printable(verdict['profile'])} "
                f"{printable(verdict['digest'][:12])})")
    worst = [one for one in sorted_findings(verdict)
             if one["result"] in (RED, UNKNOWN) and one["severity"] == ERROR]
    if not worst:
        return f"RED level {verdict['level']}: nothing was judged"
    first, more = worst[0], f" (+{len(worst) - 1} more)" if len(worst) > 1 else ""
    said = f"{first['saw']}, expected {first['expected']}"
    joint = " is " if first["rule"] == "sysctl" else ": "
    return f"RED level {verdict['level']}: {printable(first['id'])}{joint}{printable(said)}{more}"


def sorted_findings(verdict: dict[str, Any]) -> list[dict[str, Any]]:
    """The findings, worst and gravest first, otherwise in the order of the facts."""
    return sorted(verdict["findings"], key=lambda one: (
        RESULTS.index(one["result"]), SEVERITIES.index(one["severity"])))


def report(verdict: dict[str, Any], look: Look = PLAIN) -> str:
    """A head, the findings that are not ok with what was seen and what to do, the counts.

    What is ok is a number in the counts: eighty such lines hide the one that matters. A terminal
    shows the end of what is printed, so that there the gravest finding comes last.
    """
    lines = [head(verdict, look), _level(verdict)]
    lines += [f"waited for {printable(line)}" for line in verdict["waitedFor"]]
    findings = [one for one in sorted_findings(verdict) if one["result"] != OK]
    width = min(WIDEST_ID, max([len(one["id"]) for one in findings], default=0))
    for one in reversed(findings) if look.columns is not None else findings:
        lines += _row(one, width, look)
    if findings:
        rule = printable(findings[0]["rule"])
        lines.append(f"`ipvs-check explain {rule}` says more of a rule; `ipvs-check show --format "
                     "documentation` shows every fact")
    lines.append(counts(verdict))
    return "\n".join(lines) + "\n"


def _level(verdict: dict[str, Any]) -> str:
    level = verdict["level"]
    return f"level {level} looks at {LOOKS_AT[level]}"


def head(verdict: dict[str, Any], look: Look) -> str:
    """`GREEN  level table  profile quickstart  node n1`."""
    hue = OK if verdict["verdict"] == "green" else RED
    return (f"{coloured(verdict['verdict'].upper(), look, hue)}  level {verdict['level']}  "
            f"profile {printable(verdict['profile'])}  "
            f"node {printable(verdict['node'].get('hostname', ''))}")


def _row(one: dict[str, Any], width: int, look: Look) -> Iterator[str]:
    """Result, fact, what was seen; below it what else there is to say of one that is not well."""
    name, saw = printable(one["id"]), printable(one["saw"])
    result = coloured(f"{one['result'].upper():8}", look, one["result"])
    # in a narrow terminal what was seen would be a column of a few letters
    if look.columns and look.columns < 9 + width + 2 + 30:
        yield f"{result} {name}"
        yield from wrapped(saw, look, 11, 13)
    else:
        first, *more = wrapped(f"{name:{width}}  {saw}", look, 9, 11 + width)
        yield f"{result} {first.lstrip()}"
        yield from more
    if one["result"] != OK:
        for word in DETAILS:
            if one[word]:
                yield from wrapped(f"{word}: {printable(one[word])}", look, 11, 13)


def coloured(text: str, look: Look, result: str = "") -> str:
    """The text in a result's colour; the text is the result unless it is given."""
    hue = HUES.get(result or text)
    return f"\x1b[{hue}m{text}\x1b[0m" if look.colour and hue else text


def wrapped(text: str, look: Look, first: int, rest: int) -> list[str]:
    """Lines of the columns there are, behind `first` and then `rest` blanks."""
    if look.columns is None or first + len(text) <= look.columns:
        return [" " * first + text]
    from textwrap import wrap

    return wrap(text, max(look.columns, rest + 20), initial_indent=" " * first,
                subsequent_indent=" " * rest, break_on_hyphens=False, drop_whitespace=True)


def counts(verdict: dict[str, Any]) -> str:
    """`2 red, 40 ok; 12 virtual servers, …; checked in 0.9 s, …`."""
    found, seconds, table = verdict["counts"], verdict["seconds"], verdict["table"]
    parts = ", ".join(f"{found[result]} {result}" for result in RESULTS if found[result])
    return (f"{parts or 'nothing judged'}; {counted(table['virtualServers'], 'virtual server')}, "
            f"{counted(table['realServers'], 'real server')}; checked in "
            f"{seconds['check']:.1f} s, waited {seconds['waited']:.1f} s, "
            f"{seconds['uptime']:.0f} s after boot")
