"""How old verdicts are: at the top, in the list, at the node, and on paper."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import pytest

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written
from tests.report.test_page import paper

pytestmark = pytest.mark.usefixtures("quiet")
DAY = 86_400


def aged(days: float, number: int = 1, faults: tuple[int, ...] = ()) -> dict[str, Any]:
    """A verdict of so many days ago, by the clock of this machine."""
    return {**fleet.verdict(number, faults), "time": int(time.time() - days * DAY)}


def flagged(page: Browser, selector: str) -> str:
    return " ".join(page.text(f"{selector} .badge").split())


def test_old_verdicts_are_flagged(chromium: Browser, tmp_path: Path) -> None:
    chromium.scheme("light")
    chromium.size(1280)
    chromium.open(written(tmp_path, aged(400, 1), aged(9, 2), aged(0.2, 3), aged(3.2, 4)))
    judged = chromium.text("#judged")
    assert judged.endswith("2 verdicts older than a week")
    assert "the oldest 13 months ago, the newest 4 hours ago" in judged
    old = chromium.run("return [...document.querySelectorAll('.row')].map((one) => "
                       "one.querySelector('.old')?.innerText ?? '')")
    assert old == ["13 months old", "9 days old", "", ""]
    chromium.click(".row", 1)
    assert flagged(chromium, ".about") == "! 9 days ago"
    chromium.click(".row", 3)
    assert "(3 days ago)" in chromium.text(".about") and chromium.count(".about .badge") == 0


def test_young_verdicts_are_not_flagged(chromium: Browser, tmp_path: Path) -> None:
    chromium.open(written(tmp_path, aged(0.2, 1), aged(6.9, 2)))
    assert chromium.count("#judged .badge") == chromium.count(".old") == 0


@pytest.mark.parametrize(("change", "flag"), [
    ({"time": 0}, "without a time"), ({"time": None}, "without a time"),
    ({"time": int(time.time()) + 3 * DAY}, "in the future")])
def test_a_clock_that_is_wrong_is_told(chromium: Browser, tmp_path: Path, change: dict[str, Any],
                                       flag: str) -> None:
    chromium.size(1280)
    chromium.open(written(tmp_path, {**aged(1, 1), **change}, aged(1, 2)))
    assert flagged(chromium, "#judged") == f"! 1 verdict {flag}"
    chromium.click(".row", 0)
    assert chromium.count(".about .badge") == 1
    chromium.open(written(tmp_path, {**aged(1, 1), **change}))
    said = "No verdict says when it was given" if change["time"] in (0, None) else f"! {flag}"
    assert said in " ".join(chromium.text("#judged").split())


def test_paper_has_dates_and_numbers(chromium: Browser, tmp_path: Path) -> None:
    text = paper_of(chromium, written(tmp_path, *[
        {**fleet.verdict(n, (0,)), "time": fleet.TIME + n * DAY} for n in range(1, 9)]))
    assert "imagegen report, verdicts of 2025-10-10 08:53 to 2025-10-17 08:53 UTC" in text
    sheets = text.count("imagegen report, verdicts of")
    assert sheets > 1 and all(f"page {n} of {sheets}" in text for n in range(1, sheets + 1))
    assert "Printed 20" in text and "Judged 2025-10-12 08:53:20 UTC" in text
    assert not set("▼▲▾▸") & set(text)


def paper_of(chromium: Browser, path: Path) -> str:
    chromium.open(path)
    return paper(chromium)
