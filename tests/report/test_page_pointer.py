"""The page with a mouse and with a finger: what is pressed opens at the first time."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.report import fleet
from tests.report.browser import Browser
from tests.report.pages import written

pytestmark = pytest.mark.usefixtures("quiet")
OPENED = "document.getElementById('node-title').innerText.endsWith(arguments[0])"


def test_the_first_click_opens_a_node_and_so_does_the_next(page: Browser) -> None:
    """The mouse on the list as it was opened, and again after the list has had the focus."""
    for place, name in ((2, "node-0005"), (5, "node-0038"), (1, "node-0033")):
        page.click(".row", place)
        page.soon(OPENED, name)
        assert page.text(".row.chosen .name") == name
        assert page.count(".row.chosen") == 1


def test_the_first_tap_opens_a_node_and_so_does_the_next(finger: Browser, tmp_path: Path) -> None:
    finger.open(written(tmp_path, *fleet.fleet(40)))
    for place, name in ((2, "node-0005"), (5, "node-0038")):
        finger.tap(".row", place)
        finger.soon(OPENED, name)
        assert finger.run("return getComputedStyle(document.getElementById('list')).display"
                          ) == "none"
        finger.tap(".back")
        finger.soon("document.getElementById('list').checkVisibility()")


def test_a_page_that_redraws_under_the_pointer_is_seen(page: Browser) -> None:
    """The fault that the two tests above are for, put back into the page."""
    page.run("const list = document.getElementById('list'); list.addEventListener('focus', () => "
             "list.firstChild.replaceChildren(...[...list.firstChild.children].map((one) => "
             "one.cloneNode(true))))")
    page.click(".row", 2)
    assert page.text("#node-title").split()[-1] == "node-0013"


def test_a_search_that_ends_under_the_pointer_takes_no_click_away(page: Browser) -> None:
    """The list is drawn anew a moment after the last key: not between press and release."""
    x, y = page.point_of(".row", 2)
    mouse = {"x": x, "y": y, "button": "left", "clickCount": 1}
    page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {**mouse, "type": "mousePressed"})
    page.driver.execute_async_script(
        "const done = arguments[0], search = document.getElementById('search');"
        "search.value = 'node-00'; search.dispatchEvent(new Event('input'));"
        "setTimeout(done, 300)")
    page.driver.execute_cdp_cmd("Input.dispatchMouseEvent", {**mouse, "type": "mouseReleased"})
    page.soon(OPENED, "node-0005")
    page.soon("location.hash.includes('q=node-00')")


def test_the_parts_of_a_node_are_one_press_away(page: Browser) -> None:
    """Facts that hold and the node's identity are folded, so that what is wrong comes first."""
    assert page.count(".holding .finding") == 0
    assert not page.run("return document.querySelector('.identity .grid').checkVisibility()")
    page.click(".holding summary")
    page.soon("document.querySelectorAll('.holding .finding').length === arguments[0]",
              len(fleet.facts()) - 2)
    page.click(".jumps .link", 3)
    assert page.run("return document.activeElement.id") == "identity"
    page.click("#identity")
    page.soon("document.querySelector('.identity .grid').checkVisibility()")


def test_the_search_comes_into_sight_with_its_form(page: Browser) -> None:
    page.turn_wheel("#node-title", 150)
    page.soon("window.scrollY === 150")  # a part of the search is still in sight
    page.keys("/")
    page.soon("document.getElementById('filter').getBoundingClientRect().top >= 0")


def test_no_level_reads_as_a_fact(chromium: Browser, tmp_path: Path) -> None:
    """Of a node whose kube-proxy does not run the page said that kube-proxy had synced."""
    chromium.open(written(tmp_path, fleet.verdict(4, (0, 1, 2, 3))))
    lead = chromium.text(".lead")
    assert lead.startswith("2 red and 1 unknown findings make this node red.")
    assert "A check of level “table” looks at" in lead and "synced" not in lead


def test_the_chart_of_the_boot_fits_a_phone(finger: Browser, tmp_path: Path) -> None:
    finger.open(written(tmp_path, fleet.verdict(4)))
    heights = finger.run(
        "return [...document.querySelectorAll('.chart text')].filter((one) => "
        "one.checkVisibility()).map((one) => one.getBoundingClientRect().height)")
    assert len(heights) > 5 and min(heights) >= 11
    assert finger.run("const chart = document.querySelector('.chart.narrow'); return "
                      "chart.getBoundingClientRect().right <= innerWidth")
