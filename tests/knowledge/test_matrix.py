"""docs/matrix.md is what `./dev wide` writes, and bears out what is called booted."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from imagegen.knowledge.distributions import RELEASES, Proof
from tests.guests.matrix import DOCUMENT, PLACES, SIDS_KERNEL, Row, document, record, rows

ROW = Row("debian 12", "1.34.4", "green", "table", "6.1.0-1-cloud-amd64", "252", "3.11", "22.4",
          "2026-11-25")


def test_a_row_takes_the_place_of_the_old_one_and_leaves_the_others(tmp_path: Path) -> None:
    path = tmp_path / "matrix.md"
    other = dataclasses.replace(ROW, distribution="debian 13")
    for row in (ROW, other, dataclasses.replace(ROW, verdict="red")):
        record(row, path)
    assert [row.verdict for row in rows(path.read_text()).values()] == ["red", "green"]
    assert list(rows(path.read_text())) == [("debian 12", "1.34.4"), ("debian 13", "1.34.4")]


def test_nobody_wrote_it_by_hand() -> None:
    text = DOCUMENT.read_text()
    assert text == document(rows(text))
    assert set(rows(text)) <= set(PLACES)


def test_each_release_that_is_called_booted_was_seen_green_at_level_table() -> None:
    green = {row.distribution for row in rows(DOCUMENT.read_text()).values()
             if (row.verdict, row.level) == ("green", "table")}
    assert green - {SIDS_KERNEL} == {r.title for r in RELEASES.values() if r.proof is Proof.BOOTED}
