"""For node_exporter's textfile collector, named as Prometheus' conventions ask.

https://prometheus.io/docs/practices/naming/ has them: base units, `_info`, `_timestamp_seconds`.
Facts are counted by rule; those that are well are not, so that a node has some ninety series.
"""

from __future__ import annotations

from ..model import ERROR, OK, RESULTS, SEVERITIES

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from typing import Any

    from ..text import Look

    Labels = dict[str, str]
    Sample = tuple[Labels, float]


def shaped(verdicts: list[dict[str, Any]], look: Look) -> str:
    """Every metric once, with a line a verdict; several nodes are told apart by `node`."""
    lines: list[str] = []
    several = len(verdicts) > 1
    for name, (words, samples) in METRICS.items():
        lines += [f"# HELP imagegen_{name} {words}", f"# TYPE imagegen_{name} gauge"]
        for verdict in verdicts:
            own = {"node": str(verdict["node"].get("hostname", ""))} if several else {}
            lines += [_line(name, {**own, **labels}, value) for labels, value in samples(verdict)]
    return "\n".join(lines) + "\n"


def _line(name: str, labels: Labels, value: float) -> str:
    inside = ",".join(f'{label}="{_escaped(text)}"' for label, text in labels.items())
    return f"imagegen_{name}{f'{{{inside}}}' if inside else ''} {value:.15g}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _info(verdict: dict[str, Any]) -> list[Sample]:
    return [({"level": verdict["level"], "profile": verdict["profile"],
              "digest": verdict["digest"], "version": verdict["checkVersion"]}, 1)]


def _findings(verdict: dict[str, Any]) -> Iterator[Sample]:
    """All pairs, so that a count that falls to nothing says 0."""
    for severity in SEVERITIES:
        for result in RESULTS:
            yield {"result": result, "severity": severity}, sum(
                one["result"] == result and one["severity"] == severity
                for one in verdict["findings"])


def _rules(verdict: dict[str, Any]) -> Iterator[Sample]:
    severities = {one["rule"]: one["severity"] for one in verdict["findings"]}
    for rule, severity in severities.items():
        for result in RESULTS:
            if result != OK and (result != "red" or severity == ERROR):
                yield {"rule": rule, "severity": severity, "result": result}, sum(
                    one["rule"] == rule and one["result"] == result
                    for one in verdict["findings"])


def _healthy(verdict: dict[str, Any]) -> list[Sample]:
    return [({"level": verdict["level"]}, verdict["verdict"] == "green")]


def _when(verdict: dict[str, Any]) -> list[Sample]:
    return [({}, verdict["time"])]


def _number(part: str, name: str) -> Callable[[dict[str, Any]], list[Sample]]:
    """A number of the verdict's."""
    return lambda verdict: [({}, verdict[part][name])]


METRICS: dict[str, tuple[str, Callable[[dict[str, Any]], Iterable[Sample]]]] = {
    "node_healthy": ("Whether the node is what its profile promises: 1 green, 0 red.", _healthy),
    "check_info": ("What was judged, by which check; always 1.", _info),
    "check_timestamp_seconds": ("When the node was judged, in Unix time.", _when),
    "check_duration_seconds": ("How long judging took, without waiting.",
                               _number("seconds", "check")),
    "check_wait_seconds": ("How long kube-proxy's table was waited for.",
                           _number("seconds", "waited")),
    "check_uptime_seconds": ("The node's uptime when it was judged.",
                             _number("seconds", "uptime")),
    "findings": ("Facts by the result of their check and the severity of their rule.", _findings),
    "rule_findings": ("Facts of a rule that are not well, by result.", _rules),
    "virtual_servers": ("Virtual servers in the IPVS table.", _number("table", "virtualServers")),
    "real_servers": ("Real servers in the IPVS table.", _number("table", "realServers")),
}
