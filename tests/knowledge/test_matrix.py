"""docs/matrix.md is computed from kept verdicts, and bears out what is called booted."""

from __future__ import annotations

from imagegen.knowledge.distributions import RELEASES, Proof
from tests.evidence.store import find_faults, read_evidence
from tests.guests.matrix import (
    DOCUMENT,
    PART,
    PLACES,
    SIDS_KERNEL,
    compute_document,
    read_rows,
)


def test_every_row_is_computed_from_a_kept_verdict() -> None:
    """A row that was typed by hand, or that was changed, is no row of any kept verdict."""
    assert DOCUMENT.read_text() == compute_document(read_rows())


def test_kept_verdicts_agree_with_their_schema_their_findings_and_their_image() -> None:
    assert {seen.name: faults for seen in read_evidence(PART)
            if (faults := find_faults(seen))} == {}


def test_every_verdict_has_a_place() -> None:
    assert {(row.distribution, row.kube_proxy) for row in read_rows()} <= set(PLACES)


def test_each_release_that_is_called_booted_was_seen_green_at_level_table() -> None:
    green = {row.distribution for row in read_rows()
             if (row.verdict, row.level) == ("green", "table")}
    assert green - {SIDS_KERNEL} == {r.title for r in RELEASES.values() if r.proof is Proof.BOOTED}
