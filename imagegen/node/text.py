"""A verdict as plain text: one line for a console, a table for a person, worst first."""

from __future__ import annotations

from .model import ERROR, OK, RED, RESULTS, SEVERITIES, UNKNOWN

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any


def printable(text: object) -> str:
    """Text that a terminal cannot be steered by: what is read on a node may hold anything."""
    return "".join(one if one.isprintable() else repr(one)[1:-1] for one in str(text))


def console_line(verdict: dict[str, Any]) -> str:
    """`GREEN level table, 41 facts, …` or the worst finding and how many more there are."""
    if verdict["verdict"] == "green":
        servers = verdict["table"]["virtualServers"]
        return (f"GREEN level {verdict['level']}, {len(verdict['findings'])} facts, "
                f"{servers} virtual servers (profile {printable(verdict['profile'])} "
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


def report(verdict: dict[str, Any], details: bool = True) -> str:
    """The whole verdict: a head, the findings with what was seen and what to do, the counts."""
    lines = [f"{verdict['verdict'].upper()}  level {verdict['level']}  "
             f"profile {printable(verdict['profile'])}  "
             f"node {printable(verdict['node'].get('hostname', ''))}"]
    lines += [f"waited for {printable(line)}" for line in verdict["waitedFor"]]
    findings = sorted_findings(verdict)
    width = min(48, max([len(one["id"]) for one in findings], default=0))
    for one in findings:
        lines.append(f"{one['result'].upper():8} {printable(one['id']):{width}}  "
                     f"{printable(one['saw'])}")
        if details and one["result"] != OK:
            lines += [f"{'':8}   {word}: {printable(one[word])}"
                      for word in ("expected", "why", "remedy") if one[word]]
    lines.append(_counts(verdict))
    return "\n".join(lines) + "\n"


def _counts(verdict: dict[str, Any]) -> str:
    counts, seconds, table = verdict["counts"], verdict["seconds"], verdict["table"]
    parts = ", ".join(f"{counts[result]} {result}" for result in RESULTS if counts[result])
    return (f"{parts or 'nothing judged'}; {table['virtualServers']} virtual servers, "
            f"{table['realServers']} real servers; checked in {seconds['check']:.1f} s, waited "
            f"{seconds['waited']:.1f} s, {seconds['uptime']:.0f} s after boot")
