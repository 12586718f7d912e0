"""A page for each rule of the check: its title, how grave it is, what it reads, why, and the mend.

The pages of an area lie in a module of its name; each has `PAGES`, by the rules' names. None is
imported before somebody asks for a page; what every verdict says of them lies in brief.py.
"""

from __future__ import annotations

from ..model import ERROR, INFO, SEVERITIES, UNKNOWN_RULE, WARNING

__all__ = ["ERROR", "INFO", "OUTSIDE", "SEVERITIES", "WARNING", "Page", "general", "pages"]
AREAS = ("files", "kernel", "table", "node", "kubeproxy", "api")
TITLE_LIMIT = 60  # characters: a title stands in one line of a table


class Page:
    """What a rule's page says; whole sentences but for `title` and `reads`.

    `title` says how it is on a healthy node. `reads` names files, programs and netlink families;
    `{name}` in it, in `why` and in `mend` stands for what a fact expects under that key.
    `source` names a man page, a kernel file, a KEP.
    """

    __slots__ = ("mend", "reads", "severity", "source", "title", "why")

    def __init__(
        self, title: str, reads: str, why: str, mend: str, source: str, severity: str = ERROR
    ) -> None:
        self.title, self.reads, self.why, self.mend = title, reads, why, mend
        self.source, self.severity = source, severity


_INPUT = Page(
    "The check was told what to expect",
    "/usr/lib/imagegen/expectations.json and /etc/imagegen/node.json",
    "Without its expectations the check can say nothing of the node, and nothing is not good.",
    "Mend the file that the finding names; the image brings expectations.json, node.json is the "
    "node's own.",
    "imagegen/node/expectations.py",
)
_UNKNOWN = Page(
    "A rule that this check does not know",
    "nothing",
    "The expectations are newer than the check, so a fact goes unproven.",
    "Bring both from one image: /usr/lib/imagegen/ipvs-check.pyz and expectations.json.",
    "imagegen/node/rules/__init__.py",
)
# what a verdict may speak of without a rule of its own
OUTSIDE = {"input": _INPUT, UNKNOWN_RULE: _UNKNOWN}


def pages() -> dict[str, Page]:
    """Every page, by the rule's name."""
    found: dict[str, Page] = {}
    for area in AREAS:
        module = __import__(f"{__name__}.{area}", fromlist=["PAGES"])
        found.update(module.PAGES)
    return found


def general(text: str) -> str:
    """The text where no fact is spoken of: `{name}` becomes NAME."""
    import re

    return re.sub(r"\{([a-zA-Z]+)\}", lambda found: found[1].upper(), text)
