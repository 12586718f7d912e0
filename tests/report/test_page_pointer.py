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
