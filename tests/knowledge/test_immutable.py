"""docs/immutable.md: its table is computed from kept verdicts."""

from __future__ import annotations

from tests.evidence.store import find_faults, read_evidence
from tests.guests.seen_immutable import DOCUMENT, PART, compute_document, read_rows


def test_every_row_is_computed_from_kept_verdicts() -> None:
    text = DOCUMENT.read_text()
    assert compute_document(text, read_rows()) == text


def test_kept_verdicts_agree_with_their_schema_their_findings_and_their_image() -> None:
    assert {seen.name: faults for seen in read_evidence(PART)
            if (faults := find_faults(seen))} == {}


def test_the_table_takes_the_place_of_the_one_before() -> None:
    text = "# Nodes\n\ntext | with | bars\n\n## What was seen\n\nOld words.\n\n| a |\n"
    new = compute_document(text, [])
    assert new.startswith("# Nodes\n\ntext | with | bars\n\n## What was seen\n\nWritten by")
    assert "Old words" not in new and compute_document(new, []) == new
