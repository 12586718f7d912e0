"""What could not be carried over, or was wrong on the old node: one sentence each."""

from __future__ import annotations

from dataclasses import dataclass, field

Path = tuple[str | int, ...]
_LONGEST = 400
MAX_NOTES = 500
# the sentences that sum up others, and the last
_OF_ALL = 2


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
    # fields of kube-proxy's configuration that hold its zero, and their values
    zeros: dict[str, str] = field(default_factory=dict)
    last: list[Note] = field(default_factory=list)

    def leave_at_default(self, name: str, value: str) -> None:
        """Remember a field whose zero kube-proxy takes for its own default: kubeadm writes every
        field, and twenty sentences of one kind would hide the others."""
        self.zeros[name] = value

    def add(self, text: str, *path: str | int) -> None:
        """Note a sentence; what a node's files hold in it cannot leave its line."""
        note = Note(plain(text), path)
        if len(self.kept) < MAX_NOTES - _OF_ALL or note in self.kept:
            self.kept[note] = None
        else:
            self.more += 1

    @property
    def found(self) -> list[Note]:
        """All of them, in their order."""
        rest = [Note(f"{self.more} more notes are left out")] if self.more else []
        return [*self.kept, *self._at_default(), *rest, *self.last]

    def close(self, text: str) -> None:
        """Note the sentence that stands last."""
        self.last = [Note(plain(text, 8 * _LONGEST))]

    def _at_default(self) -> list[Note]:
        shown = ", ".join(f"{name} ({value})" for name, value in self.zeros.items())
        return [Note(plain("kube-proxy takes its own default for what is 0 or false in its file, "
                           f"so the profile does not say it: {shown}", 4 * _LONGEST),
                     ("kubeProxy", "config"))] if shown else []


def plain(text: str, longest: int = _LONGEST) -> str:
    """One line without what would play with a terminal or end a comment."""
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return "".join(char if char.isprintable() else ascii(char)[1:-1] for char in cut)
