"""Text by the columns that a terminal gives it, which are not its characters."""

from __future__ import annotations

from collections.abc import Iterator

# a line of a user's file is shown this wide where nobody says how wide the terminal is
ROOM = 100


def breadth(text: str) -> int:
    """How many columns a text takes (Unicode Standard Annex 11): wide ones two, marks none."""
    return len(text) if text.isascii() else sum(map(_columns, text))


def _columns(char: str) -> int:
    from unicodedata import category, east_asian_width

    if category(char) in ("Mn", "Me"):
        return 0
    return 2 if east_asian_width(char) in ("W", "F") else 1


def excerpt(line: str, column: int, room: int = ROOM) -> str:
    """The part of a line around a column (from 1), and a caret under it, each in two blanks.

    What would move the reader's cursor or turn the line around is only hinted at.
    """
    plain = "".join(char if char.isprintable() else "?" for char in line.replace("\t", " "))
    left = _end(plain[: column - 1].ljust(column - 1), room * 6 // 10)
    right = _start(plain[column - 1:], room - breadth(left))
    return f"  {f'{left}{right}'.rstrip()}\n  {' ' * breadth(left)}^"


def _start(text: str, room: int) -> str:
    """As much as fits, with a sign where it goes on."""
    if breadth(text) <= room:
        return text
    while text and breadth(text) > room - 1:
        text = text[: min(len(text) - 1, room)]
    return f"{text}…"


def _end(text: str, room: int) -> str:
    """The last of it that fits, with a sign where it began earlier."""
    if breadth(text) <= room:
        return text
    text = text[-room:]
    while breadth(text) > room - 1:
        text = text[1:]
    # a wide character that is cut leaves a column
    return "…" * (room - breadth(text)) + text


def wrapped(text: str, columns: int | None, indent: str = "  ", *, quoted: bool = True) -> str:
    """Lines broken between words; what goes on stands under `indent`. None breaks nothing.

    Lines that begin with a blank are shown as they are where such lines are quotations.
    """
    if columns is None:
        return text
    return "\n".join(line if quoted and line.startswith(" ") else
                     "\n".join(_broken(line, columns, indent)) for line in text.split("\n"))


def _broken(line: str, columns: int, indent: str) -> Iterator[str]:
    start = line[: len(line) - len(line.lstrip())]
    first, *words = line.lstrip().split(" ")
    now = f"{start}{first}"
    for word in words:
        if breadth(now) + 1 + breadth(word) > columns:
            yield now.rstrip()
            now = f"{indent}{word}"
        else:
            now = f"{now} {word}"
    yield now
