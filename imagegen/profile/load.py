"""A file to a profile: every error at once, each with its place and what to do."""

from __future__ import annotations

from pathlib import Path as FilePath

from pydantic import ValidationError

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.lints import lint
from imagegen.profile.model import Profile
from imagegen.profile.source import read_source
from imagegen.profile.tell import told

MAX_BYTES = 4 << 20


def load_profile(path: FilePath) -> Profile:
    """The profile in a file. Raises InputError or InputErrors that name file, line and column."""
    return parse_profile(str(path), _read(path))


def parse_profile(name: str, data: bytes) -> Profile:
    """The profile in some bytes; `name` stands for the file in errors."""
    source = read_source(name, data)
    try:
        profile = Profile.model_validate(source.value)
    except ValidationError as error:
        raise _one_or_all([told(source, detail) for detail in error.errors()]) from None
    problems = [
        InputError(problem.what, where=source.place(problem.path, of_key=problem.of_key),
                   hint=problem.hint)
        for problem in lint(profile)
    ]
    if problems:
        raise _one_or_all(problems)
    return profile


def _read(path: FilePath) -> bytes:
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(f"cannot read the profile {path}: {error.strerror}",
                         hint="give the path of a profile, such as profiles/quickstart.yaml"
                         ) from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB; no profile needs that")
    return data


def _one_or_all(errors: list[InputError]) -> InputError:
    errors.sort(key=lambda e: (e.where.line, e.where.column) if e.where else (0, 0))
    return errors[0] if len(errors) == 1 else InputErrors(errors)
