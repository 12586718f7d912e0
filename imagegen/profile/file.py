"""A profile's bytes, from a file and within bounds."""

from __future__ import annotations

import sys
from pathlib import Path as FilePath

from imagegen.common.errors import InputError
from imagegen.common.verbose import note

MAX_BYTES = 4 << 20
# the path that stands for standard input, as in other tools
STDIN = "-"


def read_file(path: FilePath) -> bytes:
    """All of a file. Raises InputError where it cannot be read, or is larger than any profile."""
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read the profile {path}: {error.strerror}",
                         hint="give the path of a profile; `imagegen init` writes one",
                         rule="file-unreadable") from None
    return _bounded(str(path), data)


def read_stdin() -> bytes:
    """All of standard input, within the same bounds."""
    return _bounded("standard input", sys.stdin.buffer.read(MAX_BYTES + 1))


def _bounded(name: str, data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        raise InputError(f"{name} is larger than {MAX_BYTES >> 20} MiB; no profile needs that",
                         rule="file-too-large")
    note(f"read {name}, {len(data)} bytes")
    return data
