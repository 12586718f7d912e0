"""The table at the end of docs/immutable.md: what was seen of each release's overlay.

Each row is computed from the verdicts that are kept below docs/evidence/immutable.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import astuple, dataclass, fields
from pathlib import Path
from typing import Any

from imagegen.bake.build import BuiltImage
from imagegen.common.files import write_atomic
from tests.evidence.store import (
    FOLDER,
    ROOT,
    Evidence,
    collect_evidence,
    is_recording,
    keep_evidence,
    read_evidence,
)

PART, WRITTEN = "immutable", "bytes written"
FIRST, SECOND, SWITCHED_OFF = "first boot", "after a reboot", "switched off"
DOCUMENT = ROOT / "docs/immutable.md"
HEAD = """\
## What was seen

Written by `./dev wide`, which bakes the image, boots it beside a real API server, writes to `/`,
boots again, and boots once more with the overlay switched off. *Written* is what of the disk's own
bytes had changed after the two boots. Each row is computed from the verdicts of those boots, which
are kept in [evidence/immutable](evidence/immutable). *sources* is `same` where this version of
imagegen renders the same bytes from the same profile; otherwise the row speaks of older code.

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
    image: str
    commit: str
    sources: str


def record(release: str, image: BuiltImage, verdicts: Mapping[str, Mapping[str, Any]],
           written: int) -> None:
    """Keep what the boots of a release said and write the table, if this run records."""
    if not is_recording():
        return
    keep_evidence(collect_evidence(PART, f"debian-{release}", image, verdicts,
                                   {WRITTEN: str(written)}))
    text = DOCUMENT.read_text()
    write_atomic(DOCUMENT, compute_document(text, read_rows()).encode())


def read_rows(folder: Path = FOLDER) -> list[Row]:
    """The row of each release whose verdicts are kept."""
    return [compute_row(one) for one in read_evidence(PART, folder)]


def compute_row(seen: Evidence) -> Row:
    """The row of one release; every value comes from the verdicts or the image's manifest."""
    settings, last = seen.image["profile"], seen.verdicts[SWITCHED_OFF]
    green = [f"{seen.verdicts[at]['level']} {seen.verdicts[at]['verdict']}"
             for at in (FIRST, SECOND)]
    red = [one["id"] for one in last["findings"] if one["result"] != "ok"]
    return Row(f"{settings['os']['distribution']} {settings['os']['release']}",
               last["node"]["kernel"], *green, f"{seen.notes[WRITTEN]} bytes",
               f"{' '.join(red)} {last['verdict']}", seen.date, seen.image["sha256"][:12],
               seen.commit, seen.sources)


def compute_document(text: str, rows: list[Row]) -> str:
    """The document with these rows as its table."""
    names = [field.name.replace("_", " ") for field in fields(Row)]
    table = [names, ["---"] * len(names), *map(astuple, rows)]
    body = "".join(f"| {' | '.join(cells)} |\n" for cells in table)
    return f"{text.partition(HEAD.splitlines()[0])[0].rstrip()}\n\n{HEAD}{body}"
