"""Why nodes are red: facts that fail on the same nodes are one cause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from imagegen.report.html_document import FindingRead, VerdictRead
from imagegen.report.verdict import Result

WRONG = (Result.RED, Result.UNKNOWN)


def is_deciding(one: FindingRead) -> bool:
    """Whether a node with this finding cannot be green."""
    return one.grave and one.result in WRONG


@dataclass(frozen=True, slots=True)
class Cause:
    """The facts that fail together, the nodes by number, and the usual finding of the first fact.
    """

    facts: tuple[str, ...]
    nodes: tuple[int, ...]
    finding: int
    said: FindingRead


@dataclass(slots=True)
class _Fact:
    nodes: list[int] = field(default_factory=list)
    findings: Counter[int] = field(default_factory=Counter)
    said: dict[int, FindingRead] = field(default_factory=dict)


class Causes:
    """Takes the nodes one by one."""

    def __init__(self) -> None:
        self._facts: dict[str, _Fact] = {}

    def add(self, node: int, verdict: VerdictRead, numbers: tuple[int, ...]) -> None:
        """The facts that make this node red; `numbers` are those of its findings."""
        if verdict.green:
            return
        for one, number in zip(verdict.findings, numbers, strict=True):
            if is_deciding(one):
                fact = self._facts.setdefault(one.id, _Fact())
                fact.findings[number] += 1
                fact.said.setdefault(number, one)
                if not fact.nodes or fact.nodes[-1] != node:
                    fact.nodes.append(node)

    def grouped(self) -> list[Cause]:
        """The cause of most nodes first; among equals, in the order of the check."""
        together: dict[tuple[int, ...], list[str]] = {}
        for name, fact in self._facts.items():
            together.setdefault(tuple(fact.nodes), []).append(name)
        causes = [self._cause(tuple(names), nodes) for nodes, names in together.items()]
        return sorted(causes, key=lambda one: -len(one.nodes))

    def _cause(self, names: tuple[str, ...], nodes: tuple[int, ...]) -> Cause:
        first = self._facts[names[0]]
        usual = first.findings.most_common(1)[0][0]
        return Cause(names, nodes, usual, first.said[usual])
