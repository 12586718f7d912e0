"""A page for each rule of the check: its title, how grave it is, what it reads, why, and the mend.

The pages of an area lie in a module of its name; each has `PAGES`, by the rules' names. None is
imported before somebody asks for a page.
"""

from __future__ import annotations

# how grave a rule's red is: an error makes the node red, a warning and an info never do
ERROR = "error"
WARNING = "warning"
INFO = "info"
SEVERITIES = (ERROR, WARNING, INFO)
AREAS = ("files", "kernel", "table", "node", "kubeproxy")


class Page:
    """What a rule's page says; whole sentences but for `title` and `reads`.

    `reads` names files, programs and netlink families; `source` a man page, a kernel file, a KEP.
    """

    __slots__ = ("mend", "reads", "severity", "source", "title", "why")

    def __init__(
        self, title: str, reads: str, why: str, mend: str, source: str, severity: str = ERROR
    ) -> None:
        self.title, self.reads, self.why, self.mend = title, reads, why, mend
        self.source, self.severity = source, severity


def pages() -> dict[str, Page]:
    """Every page, by the rule's name."""
    found: dict[str, Page] = {}
    for area in AREAS:
        module = __import__(f"{__name__}.{area}", fromlist=["PAGES"])
        found.update(module.PAGES)
    return found
