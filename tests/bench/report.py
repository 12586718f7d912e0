"""A fleet's page: written from 2,000 verdicts, opened and used in a real Chromium."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

from tests.bench.ratios import Row, median_of, process, table
from tests.report import fleet
from tests.report.browser import Browser, browser

NODES, FACTS, SERVICES = 2_000, 102, 125
IMAGEGEN = (sys.executable, "-m", "imagegen")


def reports() -> str:
    """The whole process that writes the page, and the page, for 20 and for 2,000 nodes."""
    with tempfile.TemporaryDirectory(prefix="imagegen-bench-") as name, browser() as chromium:
        folder = Path(name)
        pages = {count: _written(folder, count) for count in (20, NODES)}
        return "\n".join([_writing(folder), _using(chromium, pages), _sizes(folder, pages)])


def _written(folder: Path, count: int) -> Path:
    """Verdicts of 102 facts and 500 lines of table each, as JSON lines, and their page."""
    more = FACTS - len(fleet.facts())
    with (folder / f"{count}.jsonl").open("w") as file:
        for one in fleet.fleet(count, services=SERVICES, more=more):
            file.write(json.dumps(one) + "\n")
    page = folder / f"{count}.html"
    process([*IMAGEGEN, "report", str(folder / f"{count}.jsonl"), "-o", str(page)])()
    return page


def _writing(folder: Path) -> str:
    def verb(count: int) -> float:
        return median_of(3, process([*IMAGEGEN, "report", str(folder / f"{count}.jsonl"),
                                     "-o", str(folder / "again.html"), "--force"]))

    reading = (sys.executable, "-c", "import json, sys; [json.loads(line) for line in "
               "open(sys.argv[1])]", str(folder / f"{NODES}.jsonl"))
    return table("imagegen report (whole processes)", [
        Row(f"json.loads of {NODES:,} verdicts", median_of(3, process(reading))),
        Row("imagegen report, 20 verdicts", verb(20)),
        Row(f"imagegen report, {NODES:,} verdicts", verb(NODES)),
    ])


def _using(chromium: Browser, pages: dict[int, Path]) -> str:
    """Seconds from the address to the drawn page, and from a key to what it shows."""
    chromium.size(1280)
    few, many = (median_of(5, lambda path=path: chromium.open(path)) for path in pages.values())
    return table("the page in Chromium", [
        Row("open 20 verdicts", few),
        Row(f"open {NODES:,} verdicts", many, "under 2 s"),
        Row("facts of all", median_of(3, lambda: _pressed(chromium, "f", "#facts-title"))),
        Row("differences of all", median_of(3, lambda: _pressed(
            chromium, "d", "#differences-title"))),
        Row("search all", median_of(3, lambda: _sought(chromium))),
    ])


def _pressed(chromium: Browser, key: str, shown: str) -> None:
    chromium.keys(key)
    chromium.soon("document.querySelector(arguments[0])", shown)


def _sought(chromium: Browser) -> None:
    """The word typed, and every node that has it in a finding counted; then all are shown again."""
    chromium.keys("/", *"wlc at")
    chromium.soon("document.getElementById('count').textContent.startsWith('100 of')")
    chromium.click("#clear")
    chromium.run("document.activeElement.blur()")


def _sizes(folder: Path, pages: dict[int, Path]) -> str:
    rows = [f"| {count:,} | {(folder / f'{count}.jsonl').stat().st_size / 1e6:.1f} "
            f"| {page.stat().st_size / 1e6:.2f} |" for count, page in pages.items()]
    return "\n".join(["### size, MB", "", "| verdicts | as JSON | as a page |", "|---:|---:|---:|",
                      *rows, ""])
