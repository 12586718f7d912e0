"""What a node's verdict says of a fault, and how a fault is done to a node."""

from __future__ import annotations

from typing import Any

from tests.guests.faults import Fault
from tests.guests.harness import NodeClone


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
