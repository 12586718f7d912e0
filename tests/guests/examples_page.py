"""docs/examples.md: in which profile each example of the documentation was booted, and what of it.

Written by the tests of `./dev wide` alone: a run on one release takes the place of that release's
column and of its profiles.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from imagegen.common.files import write_atomic
from imagegen.knowledge.pages import FieldPage

DOCUMENT = Path(__file__).resolve().parents[2] / "docs/examples.md"
RELEASES = ("11", "12", "13")
LONGEST = 60
HEAD = """\
# The documentation's examples, booted

Written by `./dev wide`. The example of every [field's page](fields/README.md), and every whole
profile that the documentation shows, is folded, by rule, into as few profiles as `imagegen check`
lets the examples share; each profile is baked, and its
sealed image booted beside a real etcd and kube-apiserver, until the node's own verdict is heard. A
file that only the reader has (a base image, a kube-proxy or kubelet by path or URL, with its
sha256) is replaced by one of the machine that builds.

"""
_PROFILES = ("release", "profile", "examples", "verdict", "level", "facts", "kernel", "date")
_LINE = re.compile(r"^\| (?!---|release \||example \|)(.*) \|$", re.M)


@dataclass(frozen=True, slots=True)
class Page:
    """The document's two tables: rows of profiles; each example's value, and its cell a release."""

    profiles: tuple[tuple[str, ...], ...]
    cells: Mapping[str, Mapping[str, str]]
    values: Mapping[str, str]


def row(release: str, number: int, examples: int, verdict: dict[str, Any]) -> tuple[str, ...]:
    """The row of a profile whose node has just been heard."""
    return (f"debian {release}", str(number), str(examples), verdict["verdict"], verdict["level"],
            str(len(verdict["findings"])), verdict["node"]["kernel"],
            datetime.now(UTC).date().isoformat())


def read(text: str) -> Page:
    """A document back to its tables."""
    lines = [re.split(r" \| ", line) for line in _LINE.findall(text)]
    profiles = tuple(tuple(parts) for parts in lines if len(parts) == len(_PROFILES))
    rest = {parts[0].strip("`"): parts[1:] for parts in lines if len(parts) != len(_PROFILES)}
    return Page(profiles, {path: dict(zip(RELEASES, parts[1:], strict=True))
                           for path, parts in rest.items()},
                {path: parts[0] for path, parts in rest.items()})


def updated(page: Page, release: str, profiles: list[tuple[str, ...]], cells: Mapping[str, str],
            pages: Mapping[str, FieldPage]) -> Page:
    """With what was seen on one release in the place of what was there of it."""
    kept = [one for one in page.profiles if one[0] != f"debian {release}"]
    inserted = sorted([*kept, *profiles], key=lambda one: (int(one[0][7:]), int(one[1])))
    known = {path: {**page.cells.get(path, {}), release: cell} for path, cell in cells.items()}
    values = {path: _shown(pages[path].example) if path in pages else "-" for path in cells}
    return Page(tuple(inserted), known, values)


def document(page: Page) -> str:
    """The whole document."""
    head = ("example", "value", *(f"debian {release}" for release in RELEASES))
    rows = [(f"`{path}`", page.values[path],
             *(cells.get(release) or "not run" for release in RELEASES))
            for path, cells in page.cells.items()]
    return (f"{HEAD}## Profiles\n\n{_table(_PROFILES, page.profiles)}\n"
            f"## Examples\n\n{_table(head, rows)}")


def _table(head: tuple[str, ...], rows: Any) -> str:
    lines = (head, ("---",) * len(head), *rows)
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    short = text if len(text) <= LONGEST else f"{text[:LONGEST]}…"
    return f"`{short.replace('`', ' ').replace('|', '¦')}`"


def record(release: str, profiles: list[tuple[str, ...]], cells: Mapping[str, str],
           pages: Mapping[str, FieldPage], path: Path = DOCUMENT) -> None:
    """Put what was seen on a release into the document."""
    known = read(path.read_text()) if path.exists() else Page((), {}, {})
    write_atomic(path, document(updated(known, release, profiles, cells, pages)).encode())
