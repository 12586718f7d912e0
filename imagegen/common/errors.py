"""The one error type for what a user can mend, and the exit codes of every verb."""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum

from imagegen.common.columns import ROOM, excerpt, wrapped


class ExitCode(IntEnum):
    """What the process says to a script."""

    GOOD = 0
    UNHEALTHY = 1
    WRONG_INPUT = 2
    TOOL_FAILED = 3
    INTERRUPTED = 130
    # what a shell says of a program whose reader went away
    PIPE_CLOSED = 141


@dataclass(frozen=True, slots=True)
class Place:
    """A point in a user's file: line and column count from 1; `text` is the line itself."""

    file: str
    line: int
    column: int
    text: str

    def __str__(self) -> str:
        """`file:line:column`, the line, and a caret under the column."""
        return self.shown()

    def shown(self, columns: int = ROOM + 2) -> str:
        """The same within so many columns; a long line is cut around the caret."""
        head = f"{self.file}:{self.line}:{self.column}"
        return f"{head}\n{excerpt(self.text, self.column, columns - 2)}"


def in_words(kind: str, what: str, where: Place | None, hint: str, rule: str = "",
             columns: int | None = None) -> str:
    """`error[rule]: what`, the place with its line and a caret, and `hint: ...`.

    Sentences are broken where a terminal's columns are given.
    """
    head = f"{kind}[{rule}]" if rule else kind
    parts = [wrapped(f"{head}: {what}", columns)]
    if where is not None:
        parts.append(where.shown(columns) if columns else str(where))
    if hint:
        parts.append(wrapped(f"hint: {hint}", columns, "      "))
    return "\n".join(parts)


class ImagegenError(Exception):
    """What is wrong, where, and what to do about it; `rule` is a page of `imagegen explain`."""

    exit_code = ExitCode.TOOL_FAILED

    def __init__(self, what: str, *, where: Place | None = None, hint: str = "",
                 rule: str = "") -> None:
        super().__init__(what)
        self.what = what
        self.where = where
        self.hint = hint
        self.rule = rule

    def __str__(self) -> str:
        return in_words("error", self.what, self.where, self.hint, self.rule)


class InputError(ImagegenError):
    """The user's input is wrong; nothing was built."""

    exit_code = ExitCode.WRONG_INPUT

    @property
    def each(self) -> list[InputError]:
        """The errors one by one."""
        return [self]


class InputErrors(InputError):
    """Several wrong things in one input, told all at once."""

    def __init__(self, errors: list[InputError]) -> None:
        super().__init__(f"{len(errors)} errors")
        self.errors = errors

    @property
    def each(self) -> list[InputError]:
        """The errors one by one."""
        return self.errors

    def __str__(self) -> str:
        return "\n\n".join(str(error) for error in self.errors)


class ToolError(ImagegenError):
    """A tool is missing or failed."""


class UnhealthyError(ImagegenError):
    """The image or the node is not what its profile promises."""

    exit_code = ExitCode.UNHEALTHY
