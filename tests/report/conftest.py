"""One Chromium for all tests of a page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.report.browser import Browser, browser


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Started once; each test opens its own page."""
    with browser() as one:
        yield one
