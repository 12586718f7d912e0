"""Of each rule's page what every verdict says: title, severity, and what is read.

The packer writes the table out into this file, so that a node imports one module and not the pages.
"""

from __future__ import annotations

from .pages import OUTSIDE, pages

BRIEF = {rule: (page.title, page.severity, page.reads)
         for rule, page in sorted({**pages(), **OUTSIDE}.items())}
