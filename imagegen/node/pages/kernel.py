"""The pages of the rules of this area."""

from __future__ import annotations

from . import Page

PAGES: dict[str, Page] = {}
