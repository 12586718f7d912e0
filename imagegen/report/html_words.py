"""Text of a node as a page may show it, each text kept once."""

from __future__ import annotations

from imagegen.node.text import printable

LONGEST = 8_000


def shown(text: str, longest: int = LONGEST) -> str:
    """No character that steers (control, bidi, unpaired surrogate): its escape stands for it.

    A text without end is cut, and says so.
    """
    if len(text) > longest:
        text = f"{text[:longest]} … and {len(text) - longest} characters more"
    return text if text.isprintable() else "\n".join(map(printable, text.split("\n")))


class Words:
    """Texts by number; the same text has the same number."""

    def __init__(self) -> None:
        self.all: list[str] = []
        self._raw: dict[str, int] = {}
        self._shown: dict[str, int] = {}

    def number(self, text: str) -> int:
        """The text's number, new or known."""
        known = self._raw.get(text)
        if known is None:
            clean = shown(text)
            known = self._shown.setdefault(clean, len(self.all))
            if known == len(self.all):
                self.all.append(clean)
            if len(text) <= LONGEST:
                self._raw[text] = known
        return known
