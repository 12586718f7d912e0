"""A file to a profile: every error at once, each with its place and what to do."""

from __future__ import annotations

from pathlib import Path as FilePath

from imagegen.profile.check import check_bytes, check_file
from imagegen.profile.compose import composed_file
from imagegen.profile.model import Profile
from imagegen.profile.source import Source


def load_profile(path: FilePath) -> Profile:
    """The profile in a file. Raises InputError or InputErrors that name file, line and column."""
    return check_file(path).sound()


def read_profile(path: FilePath) -> Source:
    """The document in a file and all that it extends, each value with its place.

    It is not yet held against the model.
    """
    return composed_file(path)


def parse_profile(name: str, data: bytes) -> Profile:
    """The profile in some bytes; `name` stands for the file in errors."""
    return check_bytes(name, data).sound()
