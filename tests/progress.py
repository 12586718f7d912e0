"""A progress that keeps what a person would see."""

from __future__ import annotations


class Told:
    """The steps and the lines, in their order."""

    def __init__(self) -> None:
        self.steps: list[str] = []
        self.lines: list[str] = []

    def step(self, title: str) -> None:
        """A step began."""
        self.steps.append(title)

    def line(self, text: str) -> None:
        """A tool said something."""
        self.lines.append(text)
