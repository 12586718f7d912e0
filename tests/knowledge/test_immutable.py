"""docs/immutable.md: its table is what `./dev wide` writes, and nobody else."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.guests.seen_immutable import DOCUMENT, Row, document, record, rows

ROW = Row("debian 12", "6.1.0", "table green", "table green", "0 bytes", "root.overlay red", "2026")


def test_the_document_is_what_is_written() -> None:
    text = DOCUMENT.read_text()
    assert document(text, rows(text)) == text


def test_a_row_takes_the_place_of_the_one_before(tmp_path: Path) -> None:
    path = tmp_path / "d.md"
    path.write_text("# Nodes\n\ntext | with | bars\n")
    for name, kernel in (("12", "6.1.0"), ("12", "6.1.1"), ("11", "5.10")):
        record(replace(ROW, distribution=f"debian {name}", kernel=kernel), path)
    text = path.read_text()
    assert text.startswith("# Nodes\n\ntext | with | bars\n\n## What was seen\n")
    assert [(row.distribution, row.kernel) for row in rows(text).values()] == [
        ("debian 11", "5.10"), ("debian 12", "6.1.1")]
