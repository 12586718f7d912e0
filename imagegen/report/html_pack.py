"""Many verdicts as little JSON: what they share is said once.

A fleet's nodes differ in few findings. Facts (why, source, title) are kept once, findings once, and
a node is the list that most nodes of its kind have, and what differs from it.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable
from typing import Any

from imagegen.report.html_causes import Cause, Causes
from imagegen.report.html_document import FindingRead, VerdictRead
from imagegen.report.html_read import Named, Unread
from imagegen.report.html_table import MOST_LINES, Tables
from imagegen.report.html_words import Words, shown
from imagegen.report.verdict import Result

RESULTS = (Result.RED, Result.UNKNOWN, Result.WARNING, Result.OK)  # worst first; by their place
WAIT = re.compile(r"(.{1,200}?) (\d{1,9}(?:\.\d{1,9})?) s: (.*)", re.S)
MOST_LISTED = 60
NAME = 120


class Packer:
    """Takes verdicts one by one, so that a fleet's text is never held as a whole."""

    def __init__(self) -> None:
        self._words = Words()
        self._tables = Tables()
        self._facts: dict[tuple[int, ...], int] = {}
        self._findings: dict[tuple[int, ...], int] = {}
        self._fact_of: list[int] = []
        self._nodes: list[dict[str, Any]] = []
        self._lists: list[tuple[int, ...]] = []
        self._causes = Causes()
        self._seen: set[bytes] = set()

    def add(self, named: Named) -> bool:
        """One verdict more; not where it is there already, whatever file it came from this time."""
        numbers = tuple(map(self._finding, named.verdict.findings))
        digest = _digest_of(named.verdict, numbers)
        if digest in self._seen:
            return False
        self._seen.add(digest)
        self._causes.add(len(self._nodes), named.verdict, numbers)
        self._lists.append(numbers)
        self._nodes.append(self._node(named))
        return True

    def causes(self) -> list[Cause]:
        """What makes nodes red, what makes most of them red first."""
        return self._causes.grouped()

    def packed(self, unread: Iterable[Unread]) -> dict[str, Any]:
        """The page's first block."""
        shapes, nodes = self._shaped()
        return {
            "results": [result.value for result in RESULTS],
            "words": self._words.all,
            "facts": [number for fact in self._facts for number in fact],
            "findings": [number for finding in self._findings for number in finding],
            "shapes": shapes, "nodes": nodes,
            "causes": [[len(one.nodes), one.finding, len(one.facts)] for one in self.causes()],
            "unread": [{"source": shown(one.source, 300), "said": [_told(each) for each in
                                                                   one.errors]} for one in unread],
        }

    def tables(self) -> dict[str, Any]:
        """The second block, which is read when a table is first looked at."""
        return self._tables.packed()

    def _finding(self, one: FindingRead) -> int:
        fact = tuple(map(self._words.number, (
            one.id, one.rule, one.why, one.source, one.title, one.severity, one.read)))
        number = self._facts.setdefault(fact, len(self._facts))
        finding = (number, RESULTS.index(one.result), *map(
            self._words.number, (one.expected, one.saw, one.remedy)))
        known = self._findings.setdefault(finding, len(self._findings))
        if known == len(self._fact_of):
            self._fact_of.append(number)
        return known

    def _shaped(self) -> tuple[list[list[int]], list[dict[str, Any]]]:
        """Lists of the same facts in the same order share their most usual findings."""
        kinds: dict[tuple[int, ...], list[int]] = {}
        for place, numbers in enumerate(self._lists):
            facts = tuple(self._fact_of[number] for number in numbers)
            kinds.setdefault(facts, []).append(place)
        shapes, nodes = [], list(self._nodes)
        for shape, places in enumerate(kinds.values()):
            columns = zip(*(self._lists[place] for place in places), strict=True)
            usual = [Counter(column).most_common(1)[0][0] for column in columns]
            shapes.append(usual)
            for place in places:
                nodes[place] = {**nodes[place], "shape": shape,
                                "differs": _differs(usual, self._lists[place])}
        return shapes, nodes

    def _node(self, named: Named) -> dict[str, Any]:
        verdict, who, table = named.verdict, named.verdict.node, named.verdict.table
        return {
            "name": shown(who.hostname, NAME), "source": shown(named.source, 300),
            "green": verdict.green, "level": verdict.level.value,
            "profile": shown(verdict.profile, NAME), "digest": shown(verdict.digest, NAME),
            "check": shown(verdict.check_version, NAME), "kernel": shown(who.kernel, NAME),
            "machine": shown(who.machine_id, NAME), "boot": shown(who.boot_id, NAME),
            "instance": shown(who.instance_id, NAME),
            "addresses": _listed(who.addresses), "keys": _listed(who.ssh_host_keys),
            **_times(verdict),
            "servers": [min(table.virtual_servers, 2**53), min(table.real_servers, 2**53)],
            "lines": [min(len(table.text), MOST_LINES), len(table.text)],
            "table": self._tables.add(table.text) if table.text else None,
        }


def _digest_of(verdict: VerdictRead, numbers: tuple[int, ...]) -> bytes:
    """The same for one verdict that was collected twice: from the node, and by `imagegen verify`,
    which adds the seconds from power-on.
    """
    others = verdict.model_dump(exclude={"findings", "seconds_from_power_on"})
    return hashlib.sha256(repr((others, numbers)).encode()).digest()


def _told(error: Any) -> str:  # noqa: ANN401
    place = f"{error.where.file}:{error.where.line}:{error.where.column}: " if error.where else ""
    return shown(f"{place}{error.what}", 600)


def _times(verdict: VerdictRead) -> dict[str, Any]:
    seconds = verdict.seconds
    return {
        "uptime": seconds.uptime, "waited": seconds.waited, "checked": seconds.check,
        "time": verdict.time or None, "power": verdict.seconds_from_power_on,
        "waits": [_wait(line) for line in verdict.waited_for[:MOST_LISTED]],
        "started": [[shown(one.unit, NAME), one.seconds] for one in
                    sorted(verdict.started, key=lambda one: (one.seconds, one.unit))
                    [:MOST_LISTED]],
    }


def _wait(line: str) -> list[Any]:
    """What was waited for, how long, and what was seen meanwhile."""
    found = WAIT.fullmatch(line)
    if found is None:
        return [shown(line, 600), None, ""]
    return [shown(found[1], NAME), float(found[2]), shown(found[3], 600)]


def _listed(texts: list[str]) -> list[str]:
    more = [f"… and {len(texts) - MOST_LISTED} more"] if len(texts) > MOST_LISTED else []
    return [*(shown(text, NAME) for text in texts[:MOST_LISTED]), *more]


def _differs(usual: list[int], own: tuple[int, ...]) -> list[int]:
    """Place and finding, one after the other."""
    return [number for place, (one, other) in enumerate(zip(usual, own, strict=True))
            if one != other for number in (place, other)]
