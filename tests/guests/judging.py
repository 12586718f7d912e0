"""What a node's verdict says of a fault, and how a fault is done to a node."""

from __future__ import annotations

import json
from typing import Any

from tests.evidence.red_rules import record_finding
from tests.guests.faults import ASLEEP, RESTART, Fault
from tests.guests.harness import CHECK, NodeClone

# as at a boot and by hand: it waits for what kube-proxy is about to do
WAITING = (*CHECK[:-1], "--level", "table")
# a link is kept as a link; what was not there is taken away again
_KEEP = """
if [ -e "$1" ] || [ -L "$1" ]; then
    mkdir -p /root/kept
    cp -a --parents "$1" /root/kept
fi
"""
_PUT_BACK = """
rm -rf "$1"
if [ -e "/root/kept$1" ] || [ -L "/root/kept$1" ]; then
    cp -a "/root/kept$1" "$1"
fi
"""


def not_ok(verdict: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The findings that are not ok, by their fact."""
    return {f["id"]: f for f in verdict["findings"] if f["result"] != "ok"}


def inflict(node: NodeClone, fault: Fault) -> None:
    """Do it to the node; what it overwrites is kept beside."""
    for path in _touched(fault):
        node.run(["sh", "-c", _KEEP, "keep", path])
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
    record_finding(fault.name, verdict, finding)


def mended_right(node: NodeClone, fault: Fault, level: str = "table") -> None:
    """After its mend the node is green, and nothing that the fault brought down is still so."""
    if fault.mend is None:
        return
    for path in _touched(fault):
        node.run(["sh", "-c", _PUT_BACK, "put-back", path])
    for argv in fault.mend:
        node.run(argv, timeout=120)
    if ASLEEP in fault.commands:
        node.run(["pkill", "-CONT", "kube-proxy"])
        node.run(RESTART, timeout=120)
    verdict, = waited(node) if level == "table" else [node.check(level)]
    assert_green(verdict)
    bad = not_ok(verdict)
    left = {fault.red, *fault.also}.intersection(bad)
    assert left == set(fault.leaves), {name: bad[name]["saw"] for name in bad}


def _touched(fault: Fault) -> list[str]:
    return [*(path for path, _text in fault.files), *fault.keeps]


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
    # pytest explains no assertion outside a test's own file
    assert (verdict["verdict"], bad) == ("green", {}), f"{verdict['verdict']}: {bad}"
