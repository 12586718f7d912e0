"""Where in a YAML document a character of a text value stands: a file's content, a script, a unit.

YAML 1.1, chapter 9: a literal block (`|`) has a line of the document for each of its own, further
in by one indentation; a folded block (`>`) and a plain or quoted text over several lines keep the
words of each line and fold what is between them; a text on one line is as it stands, unless it is
written with escapes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

# what begins an escape in a quoted text, so that it never stands there for itself
_ESCAPE = {'"': "\\", "'": "'"}
# what YAML takes for the end of a line; str.splitlines() knows more of them
LINE_END = re.compile("\r\n|[\n\r\x85\u2028\u2029]")


@dataclass(frozen=True, slots=True)
class Scalar:
    """A text of the document: where it starts (from 0), how it is written, and what it says."""

    line: int
    column: int
    style: str
    text: str


def line_of(text: str, at: int) -> int:
    """The line, from 1, that a character of a text is in."""
    return len(LINE_END.findall(text, 0, at)) + 1


def place_in(lines: list[str], scalar: Scalar, at: int) -> tuple[int, int] | None:
    """Line and column (from 0) of the character `at` of a text among a document's lines.

    None where the text is not there as it is, so that nothing but its start is known.
    """
    if scalar.style == "|":
        return _literal(lines, scalar, at)
    if scalar.style == ">":
        return _folded(lines, scalar, at, scalar.line + 1, 0)
    quoted = scalar.column + (scalar.style in ("'", '"') and 1)
    return _folded(lines, scalar, at, scalar.line, quoted)


def _literal(lines: list[str], scalar: Scalar, at: int) -> tuple[int, int] | None:
    number = line_of(scalar.text, at)
    row, words = scalar.line + number, LINE_END.split(scalar.text)[number - 1]
    if row >= len(lines):
        return None
    indent = len(lines[row]) - len(words)
    if not words:
        return row, 0
    if indent < 0 or lines[row][indent:] != words or lines[row][:indent].strip(" "):
        return None
    return row, indent + at - _begin(scalar.text, at)


def _begin(text: str, at: int) -> int:
    """Where the line of a character begins."""
    ends = [found.end() for found in LINE_END.finditer(text, 0, at)]
    return ends[-1] if ends else 0


def _folded(lines: list[str], scalar: Scalar, at: int, row: int,
            start: int) -> tuple[int, int] | None:
    """Each line's words follow each other in the text; what is between was folded."""
    text, done = scalar.text, 0
    while row < len(lines) and done < len(text):
        bare = lines[row][start:].lstrip(" ")
        column = len(lines[row]) - len(bare)
        while done < len(text) and text[done] in " \n" and not bare.startswith(text[done]):
            done += 1
        # the last line may go on with the end of a quote, or a comment
        words = bare if text.startswith(bare, done) else text[done:].rstrip("\n")
        if not bare.startswith(words) or _ESCAPE.get(scalar.style, "\0") in words:
            return None
        if done <= at <= done + len(words) and words:
            return row, column + at - done
        done, row, start = done + len(words), row + 1, 0
    return None
