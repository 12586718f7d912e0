"""What could not be carried over, or was wrong on the old node: one sentence each."""

from __future__ import annotations

from dataclasses import dataclass, field

Path = tuple[str | int, ...]
_LONGEST = 400
MAX_NOTES = 500


@dataclass(frozen=True, slots=True)
class Note:
    """A sentence, and the place in the profile that it speaks of (empty: the whole)."""

    text: str
    path: Path = ()


@dataclass(slots=True)
class Notes:
    """The notes so far, each once; nobody reads more of them than so many."""

    kept: dict[Note, None] = field(default_factory=dict)
    more: int = 0

    def add(self, text: str, *path: str | int) -> None:
        """Note a sentence; what a node's files hold in it cannot leave its line."""
        note = Note(plain(text), path)
        if len(self.kept) < MAX_NOTES or note in self.kept:
            self.kept[note] = None
        else:
            self.more += 1

    @property
    def found(self) -> list[Note]:
        """All of them, in their order."""
        rest = [Note(f"{self.more} more notes are left out")] if self.more else []
        return [*self.kept, *rest]


def plain(text: str) -> str:
    """One line without what would play with a terminal or end a comment."""
    cut = text if len(text) <= _LONGEST else f"{text[:_LONGEST]}…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
