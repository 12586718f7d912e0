"""docs/red-rules.md: when each rule of the check was last seen red on a booted node.

Every fault that is done to a booted node is recorded in docs/evidence/red.json, with the finding as
the node gave it and the digest of the rule's source. The page is computed from that file.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from imagegen.common.files import write_atomic
from tests.evidence.rule_sources import compute_rule_digest
from tests.evidence.store import FOLDER, ROOT, describe_run, is_recording

KEPT = FOLDER / "red.json"
DOCUMENT = ROOT / "docs/red-rules.md"
HEAD = """\
# Each rule, seen red on a booted node

Written by `./dev wide`. A test boots a healthy node, does one fault to it, and reads the node's
own verdict: the rule below gave the result below, and no rule gave a false alarm. *digest* is that
of the rule's source at that moment. A test fails where a rule's source has changed since.
[docs/evidence/red.json](evidence/red.json) holds each finding as the node gave it.

"""
_COLUMNS = ("rule", "fault", "result", "seen", "commit", "kernel", "digest")


@dataclass(frozen=True, slots=True)
class RedRule:
    """One fault that was done to a booted node, and what its rule said of it."""

    fault: str
    rule: str
    commit: str
    date: str
    kernel: str
    image: str
    digest: str
    finding: Mapping[str, Any]


def record_finding(fault: str, verdict: Mapping[str, Any], finding: Mapping[str, Any],
                   path: Path = KEPT, document: Path = DOCUMENT) -> None:
    """Keep what a booted node said of a fault, if this run records."""
    if not is_recording():
        return
    commit, date = describe_run()
    seen = RedRule(fault, finding["rule"], commit, date, verdict["node"]["kernel"],
                   verdict["digest"], compute_rule_digest(finding["rule"]), finding)
    known = {one.fault: one for one in read_red_rules(path)} | {fault: seen}
    rows = [asdict(known[name]) for name in sorted(known)]
    write_atomic(path, (json.dumps(rows, indent=1, ensure_ascii=False) + "\n").encode())
    write_atomic(document, compute_document(list(known.values())).encode())


def read_red_rules(path: Path = KEPT) -> list[RedRule]:
    """Every recorded fault, by its name."""
    return [RedRule(**row) for row in json.loads(path.read_text())] if path.exists() else []


def compute_document(seen: list[RedRule]) -> str:
    """The page of these faults, by rule and then by fault."""
    rows = [(f"[{one.rule}](check/{one.rule}.md)", one.fault, one.finding["result"], one.date,
             one.commit, one.kernel, one.digest)
            for one in sorted(seen, key=lambda one: (one.rule, one.fault))]
    lines = (_COLUMNS, ("---",) * len(_COLUMNS), *rows)
    return HEAD + "".join(f"| {' | '.join(line)} |\n" for line in lines)


def find_outdated_rules(seen: list[RedRule]) -> dict[str, str]:
    """The rules whose newest sight is of another source, with the faults to do again."""
    faults: dict[str, list[str]] = {}
    current = set()
    for one in seen:
        faults.setdefault(one.rule, []).append(one.fault)
        if one.digest == compute_rule_digest(one.rule):
            current.add(one.rule)
    return {rule: ", ".join(names) for rule, names in faults.items() if rule not in current}
