"""Profiles with the examples of field pages in them."""

from __future__ import annotations

from typing import Any

from imagegen.knowledge.pages import FieldPage
from imagegen.pages.examples import put_example
from tests.profiles import document


def grafted(path: str, page: FieldPage) -> dict[str, Any]:
    """The smallest profile with a page's example in it, and what goes beside the example."""
    data = document()
    put_example(data, path, page)
    return data
