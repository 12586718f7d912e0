"""Verdicts from files, folders and standard input; what is none is told with its place."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from imagegen.common.errors import InputError, Place
from imagegen.report.html_document import DECODER, VerdictRead, place_at, verdict_read

MOST_BYTES = 1 << 30
SUFFIXES = (".json", ".jsonl", ".ndjson")
STDIN = "<stdin>"


@dataclass(frozen=True, slots=True)
class Named:
    """A verdict and where it was read: a file, or a file and a line."""

    source: str
    verdict: VerdictRead


@dataclass(frozen=True, slots=True)
class Unread:
    """An input that is no verdict, and every sentence about it."""

    source: str
    errors: tuple[InputError, ...]


def read_all(paths: Iterable[Path], stdin: BinaryIO) -> Iterator[Named | Unread]:
    """Each verdict as it is read, in the order of the arguments, of a folder by name."""
    for path in paths:
        if str(path) == "-":
            yield from _documents(STDIN, stdin.read(MOST_BYTES + 1))
        elif path.is_dir():
            yield from _folder(path)
        else:
            yield from _file(path)


def _folder(folder: Path) -> Iterator[Named | Unread]:
    found = sorted(Path(here) / name for here, _, names in os.walk(folder) for name in names
                   if name.endswith(SUFFIXES) and not name.startswith("."))
    if not found:
        yield _unread(str(folder), f"{folder} holds no verdict",
                      hint=f"in a folder, files that end in {', '.join(SUFFIXES)} are read")
    for path in found:
        yield from _file(path)


def _file(path: Path) -> Iterator[Named | Unread]:
    try:
        with path.open("rb") as file:
            data = file.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        said = error.strerror if isinstance(error, OSError) else str(error)
        yield _unread(str(path), f"cannot read {path}: {said}")
    else:
        yield from _documents(str(path), data)


def _documents(name: str, data: bytes) -> Iterator[Named | Unread]:
    """One document, or several one after the other, as JSON lines are."""
    if len(data) > MOST_BYTES:
        yield _unread(name, f"{name} is larger than {MOST_BYTES >> 20} MiB")
        return
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8", "replace")
        line = before[before.rfind("\n") + 1 :]
        place = Place(name, before.count("\n") + 1, len(line) + 1, line)
        yield _unread(name, "this is no verdict: it is not UTF-8", where=place)
        return
    if not text.strip():
        yield _unread(name, "this is no verdict: it is empty", where=Place(name, 1, 1, ""))
    yield from _each(name, text)


def _each(name: str, text: str) -> Iterator[Named | Unread]:
    place, number, line, before = _next(text, 0), 0, 1, 0
    while place < len(text):
        number, line, before = number + 1, line + text.count("\n", before, place), place
        document, end, wrong = _document(text, place, name)
        many = number > 1 or _next(text, end) < len(text)
        source = f"{name}:{line}" if many else name
        if wrong is not None:
            yield Unread(source, (wrong,))
        else:
            yield _held(source, document, text, place, name)
        place = _next(text, end)


def _held(source: str, document: object, text: str, start: int, name: str) -> Named | Unread:
    try:
        return Named(source, verdict_read(document, text, start, name))
    except InputError as error:
        return Unread(source, tuple(error.each))


def _document(text: str, start: int, name: str) -> tuple[object, int, InputError | None]:
    """The document that begins here, where it ends, and what is wrong with its JSON.

    After broken JSON the next line that begins an object begins the next document.
    """
    try:
        document, end = DECODER.raw_decode(text, start)
    except (ValueError, RecursionError) as error:
        at = error.pos if isinstance(error, json.JSONDecodeError) else start
        what = _syntax(error, text)
        after = text.find("\n{", start)
        return None, len(text) if after < 0 else after, InputError(
            f"this is no verdict: {what}", where=place_at(text, min(at, len(text)), name))
    return document, end, None


def _syntax(error: Exception, text: str) -> str:
    if isinstance(error, RecursionError):
        return "it nests too deep"
    if not isinstance(error, json.JSONDecodeError):
        return f"{error}"
    if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated"):
        return "the JSON ends too early, as a file does that was cut off"
    return f"it is not JSON ({error.msg[:1].lower()}{error.msg[1:]})"


def _next(text: str, place: int) -> int:
    while place < len(text) and text[place].isspace():
        place += 1
    return place


def _unread(source: str, what: str, hint: str = "", where: Place | None = None) -> Unread:
    return Unread(source, (InputError(what, hint=hint, where=where),))

