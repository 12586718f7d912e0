"""What `imagegen verify` prints: each clone's verdict, its IPVS table, and how long it took."""

from __future__ import annotations

import json
from typing import Any

from imagegen.boot.proof import Proof
from imagegen.boot.verify import NodeReport
from imagegen.report.text import verdict_text

SHOWN_ROWS = 60


def proof_text(proof: Proof) -> str:
    """For a person, the table first, the verdict's one line last."""
    parts = [_one(report) for report in proof.reports]
    return "\n\n".join([*parts, *(f"NOT DISTINCT: {sentence}" for sentence in proof.shared)])


def proof_json(proof: Proof) -> str:
    """One JSON line a clone: its verdict, with the seconds that only the outside can know."""
    return "\n".join(json.dumps({**json.loads(report.verdict),
                                 "secondsFromPowerOn": round(report.seconds_to_verdict, 1)})
                     for report in proof.reports)


def _one(report: NodeReport) -> str:
    verdict: dict[str, Any] = json.loads(report.verdict)
    rows = verdict["table"]["text"]
    table = ["IPVS table:", *(f"  {row}" for row in rows[:SHOWN_ROWS])] if rows else []
    if len(rows) > SHOWN_ROWS:
        table.append(f"  … and {len(rows) - SHOWN_ROWS} lines more")
    took = f"{report.name}: verdict {report.seconds_to_verdict:.1f} s after power-on"
    return "\n".join([verdict_text(verdict).rstrip(), *table, took])
