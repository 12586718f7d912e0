"""Where in the profile's own texts a lint has found something."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypedDict

from imagegen.profile.node_files import File

Path = tuple[str | int, ...]
_CONTINUED = re.compile(r"\\\s*\n\s*")


class Inside(TypedDict):
    """Path and character of a finding, as Problem takes them."""

    path: Path
    at: int | None


def in_file(index: int, file: File, at: int) -> Inside:
    """A character of a file of os.files; its path where the content is base64, which shows none."""
    if file.content is None:
        return {"path": ("os", "files", index, "path"), "at": None}
    return {"path": ("os", "files", index, "content"), "at": at}


def in_bytes(index: int, file: File, at: int) -> Inside:
    """The same for a byte of it."""
    return in_file(index, file, len(file.data[:at].decode("utf-8", "replace")))


def rows(text: str) -> Iterator[tuple[int, str]]:
    """The lines of a text, each with where its first character that is no blank stands."""
    at = 0
    for line in text.splitlines(keepends=True):
        yield at + len(line) - len(line.lstrip()), line.strip()
        at += len(line)


def joined(text: str) -> str:
    """A unit's text with its continued lines in one; every other character stays in its place."""
    return _CONTINUED.sub(lambda found: " " * len(found[0]), text)
