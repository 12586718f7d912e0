"""How a long step tells a person that it lives; drawn by the command line, silent in tests."""

from __future__ import annotations

from typing import Protocol


class Progress(Protocol):
    """Told of steps and of the last line that the work in hand printed."""

    def step(self, title: str) -> None:
        """A new step begins; the one before it is done."""

    def line(self, text: str) -> None:
        """The last line that the step's tool or guest printed."""


class Silent:
    """Says nothing."""

    def step(self, title: str) -> None:
        """Ignored."""

    def line(self, text: str) -> None:
        """Ignored."""
