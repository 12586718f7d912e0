"""One Chromium for all tests of a page, which is looked at with a mouse or as a phone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.report import fleet
from tests.report.browser import Browser, browser
from tests.report.pages import written


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Started once; each test opens its own page."""
    with browser() as one:
        yield one


@pytest.fixture
def page(chromium: Browser, tmp_path: Path) -> Browser:
    """A fleet of forty, some of it red, wide and light."""
    chromium.scheme("light")
    chromium.size(1280)
    chromium.open(written(tmp_path, *fleet.fleet(40)))
    return chromium


@pytest.fixture
def finger(chromium: Browser) -> Iterator[Browser]:
    """A phone of 400 pixels that is touched."""
    chromium.scheme("light")
    chromium.touch(on=True)
    chromium.size(400, 800)
    yield chromium
    chromium.touch(on=False)


@pytest.fixture
def quiet(chromium: Browser) -> Iterator[None]:
    """Whatever a test does, the page logs nothing and asks for nothing."""
    yield
    assert (chromium.console(), chromium.requests()) == ([], [])
