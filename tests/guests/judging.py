"""What a node's verdict says of a fault, and how a fault is done to a node."""

from __future__ import annotations

import json
from typing import Any

from tests.guests.faults import Fault
from tests.guests.harness import CHECK, NodeClone

# as at a boot and by hand: it waits for what kube-proxy is about to do
WAITING = (*CHECK[:-1], "--level", "table")


def not_ok(verdict: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings that are not ok, by their fact."""
    return {f["id"]: f for f in verdict["findings"] if f["result"] != "ok"}


def inflict(node: NodeClone, fault: Fault) -> None:
    """Do it to the node."""
    for path, text in fault.files:
        node.write(path, text.encode())
    for argv in fault.commands:
        node.run(argv)


def judged_right(node: NodeClone, fault: Fault, level: str = "table") -> None:
    """On a node with this fault its fact is red, with words that help, and no other is."""
    inflict(node, fault)
    verdict = node.check(level)
    bad = not_ok(verdict)
    assert fault.red in bad, sorted(bad)
    assert bad[fault.red]["result"] == fault.result
    grave = {finding["result"] for finding in bad.values()} - {"warning"}
    assert verdict["verdict"] == ("red" if grave else "green")
    assert set(bad) <= {fault.red, *fault.also}, {k: v["saw"] for k, v in bad.items()}
    finding = bad[fault.red]
    assert fault.says in f"{finding['saw']} {finding['remedy']} {finding['expected']}"
    assert finding["remedy"] and finding["why"]


def waited(node: NodeClone, times: int = 1) -> list[dict[str, Any]]:
    """The verdicts of this many checks, one after the other on the node."""
    line = " ".join(WAITING)
    done = node.run(["sh", "-c", f"for i in $(seq {times}); do {line}; echo; done"],
                    timeout=320.0 * times)
    found = [json.loads(text) for text in done.stdout.split("\n\n") if text.strip()]
    assert len(found) == times, done.stderr
    return found


def assert_green(verdict: dict[str, Any]) -> None:
    """Nothing is red or unknown; a warning may be."""
    bad = {name: one["saw"] for name, one in not_ok(verdict).items() if one["result"] != "warning"}
    assert (verdict["verdict"], bad) == ("green", {})
