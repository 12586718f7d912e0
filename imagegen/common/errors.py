"""The one error type for what a user can mend, and the exit codes of every verb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class ExitCode(IntEnum):
    """What the process says to a script."""

    GOOD = 0
    UNHEALTHY = 1
    WRONG_INPUT = 2
    TOOL_FAILED = 3
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a user's file: line and column count from 1; `text` is the line itself."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        """`file:line:column`, the line, and a caret under the column."""
        head = f"{self.file}:{self.line}:{self.column}"
        start = max(0, self.column - 61)
        line = self.text[start : start + 100].replace("\t", " ")
        # what would move the reader's cursor or turn the line around is only hinted at
        shown = "".join(char if char.isprintable() else "?" for char in line).rstrip()
        return f"{head}\n  {shown}\n  {' ' * (self.column - 1 - start)}^"


class ImagegenError(Exception):
    """What is wrong, where, and what to do about it."""

    exit_code = ExitCode.TOOL_FAILED

    def __init__(self, what: str, *, where: Place | None = None, hint: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint

    def __str__(self) -> str:
        parts = [f"error: {self.what}"]
        if self.where is not None:
            parts.append(str(self.where))
        if self.hint:
            parts.append(f"hint: {self.hint}")
        return "\n".join(parts)


class InputError(ImagegenError):
    """The user's input is wrong; nothing was built."""

    exit_code = ExitCode.WRONG_INPUT


class InputErrors(InputError):
    """Several wrong things in one input, told all at once."""

    def __init__(self, errors: list[InputError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors

    def __str__(self) -> str:
        return "\n\n".join(str(error) for error in self.errors)


class ToolError(ImagegenError):
    """A tool is missing or failed."""


class UnhealthyError(ImagegenError):
    """The image or the node is not what its profile promises."""

    exit_code = ExitCode.UNHEALTHY
