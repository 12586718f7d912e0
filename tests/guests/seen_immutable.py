"""The table at the end of docs/immutable.md: what `./dev wide` saw of each release's overlay."""

from __future__ import annotations

from dataclasses import astuple, dataclass, fields
from pathlib import Path

from imagegen.common.files import write_atomic

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/immutable.md"
HEAD = """\
## What was seen

Written by `./dev wide`, which bakes the image, boots it beside a real API server, writes to `/`,
boots again, and boots once more with the overlay switched off. *Written* is what of the disk's own
bytes had changed after the two boots.

"""


@dataclass(frozen=True, slots=True)
class Row:
    """One release, as it was seen; every value is text, as it stands in the table."""

    distribution: str
    kernel: str
    first_boot: str
    after_a_reboot: str
    written: str
    switched_off: str
    date: str


def rows(text: str) -> dict[str, Row]:
    """The rows of a document, by distribution."""
    lines = [line.strip("| ").split(" | ") for line in text.partition(HEAD)[2].splitlines()]
    found = [Row(*cells) for cells in lines[2:] if len(cells) == len(fields(Row))]
    return {row.distribution: row for row in found}


def document(text: str, known: dict[str, Row]) -> str:
    """The document with these rows as its table."""
    names = [field.name.replace("_", " ") for field in fields(Row)]
    table = [names, ["---"] * len(names), *(astuple(known[name]) for name in sorted(known))]
    body = "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    return f"{text.partition(HEAD)[0].rstrip()}\n\n{HEAD}{body}"


def record(row: Row, path: Path = DOCUMENT) -> None:
    """Put a row into the document, in place of the one that its distribution had."""
    text = path.read_text()
    write_atomic(path, document(text, rows(text) | {row.distribution: row}).encode())
