"""What `imagegen verify` prints: each clone's verdict, its IPVS table, and how long it took.

Every format is the one in which the node itself speaks.
"""

from __future__ import annotations

import json
from typing import Any, TextIO

from imagegen.boot.proof import Proof
from imagegen.boot.verify import NodeReport
from imagegen.node.formats import shaped
from imagegen.node.text import Look
from imagegen.node.words import counted
from imagegen.report.text import verdict_text

SHOWN_ROWS = 60
PLAIN = Look()


def shown_on(stream: TextIO) -> Look:
    """What a stream can show of a verdict."""
    from imagegen.report.words import look

    how = look(stream)
    return Look(how.colour, how.columns)


def proof_in(proof: Proof, shape: str, look: Look = PLAIN) -> str:
    """The proof in one of the check's formats; ends with a newline."""
    if shape == "text":
        return f"{proof_text(proof, look)}\n"
    if shape == "json":
        return f"{proof_json(proof)}\n"
    return shaped(shape, [*proof.verdicts, *_not_distinct(proof)], look)


def _not_distinct(proof: Proof) -> list[dict[str, Any]]:
    """What clones share and should not, as one verdict more, since no node can see it."""
    from imagegen.node.model import Fact, Outcome, finding
    from imagegen.node.verdict import assembled

    if not proof.shared:
        return []
    fact = Fact("clones.distinct", "distinct", (), {}, "clones that are one to their network "
                "take each other's addresses and leases", "imagegen, boot/distinct.py",
                "build the image anew: it was not sealed, or its first boot left something behind")
    found = [{**finding(fact, Outcome("red", "nodes of their own", sentence)),
              "title": "Clones are nodes of their own", "read": "the verdicts of all clones"}
             for sentence in proof.shared]
    first = proof.verdicts[0]
    return [assembled(first["level"], first["profile"], first["digest"], found,
                      {"hostname": "all clones"}, {"uptime": 0.0, "waited": 0.0, "check": 0.0}, [],
                      {"virtualServers": 0, "realServers": 0, "text": []})]


def proof_text(proof: Proof, look: Look = PLAIN) -> str:
    """For a person, the table first, the verdict's one line last."""
    parts = [_one(report, look) for report in proof.reports]
    return "\n\n".join([*parts, *(f"NOT DISTINCT: {sentence}" for sentence in proof.shared)])


def proof_json(proof: Proof) -> str:
    """One JSON line a clone: its verdict, with the seconds that only the outside can know."""
    return "\n".join(json.dumps({**json.loads(report.verdict),
                                 "secondsFromPowerOn": round(report.seconds_to_verdict, 1)})
                     for report in proof.reports)


def _one(report: NodeReport, look: Look) -> str:
    verdict: dict[str, Any] = json.loads(report.verdict)
    rows = verdict["table"]["text"]
    table = ["IPVS table:", *(f"  {row}" for row in rows[:SHOWN_ROWS])] if rows else []
    if len(rows) > SHOWN_ROWS:
        table.append(f"  … and {counted(len(rows) - SHOWN_ROWS, 'line')} more")
    took = f"{report.name}: verdict {report.seconds_to_verdict:.1f} s after power-on"
    return "\n".join([verdict_text(verdict, look).rstrip(), *table, took])
