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
        head = f"{self.file}:{self.line}:{self.column}"
        start = max(0, self.column - 61)
        line = self.text[start : start + 100].replace("\t", " ")
        # what would move the reader's cursor or turn the line around is only hinted at
        shown = "".join(char if char.isprintable() else "?" for char in line).rstrip()
        return f"{head}\n  {shown}\n  {' ' * (self.column - 1 - start)}^"


def in_words(kind: str, what: str, where: Place | None, hint: str, rule: str = "") -> str:
    """`error[rule]: what`, the place with its line and a caret, and `hint: ...`."""
    head = f"{kind}[{rule}]" if rule else kind
    parts = [f"{head}: {what}"]
    if where is not None:
        parts.append(str(where))
    if hint:
        parts.append(f"hint: {hint}")
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
