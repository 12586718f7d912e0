"""A file to a profile: every error at once, each with its place and what to do."""

from __future__ import annotations

import difflib
from pathlib import Path as FilePath
from types import UnionType
from typing import Any, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.lints import lint
from imagegen.profile.model import Profile
from imagegen.profile.source import Path, Source, read_source

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
        raise _one_or_all([_told(source, detail) for detail in error.errors()]) from None
    problems = [
        InputError(problem.what, where=source.place(problem.path), hint=problem.hint)
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
                         hint="give the path of a profile, such as profiles/quickstart.yaml") from None
    if len(data) > MAX_BYTES:
        raise InputError(f"{path} is larger than {MAX_BYTES >> 20} MiB; no profile needs that")
    return data


def _one_or_all(errors: list[InputError]) -> InputError:
    errors.sort(key=lambda e: (e.where.line, e.where.column) if e.where else (0, 0))
    return errors[0] if len(errors) == 1 else InputErrors(errors)


def _told(source: Source, detail: ErrorDetails) -> InputError:
    """One of pydantic's findings as a sentence at its place."""
    path = _plain_path(source, detail["loc"])
    shown = ".".join(str(part) for part in path) or "the document"
    kind, context = detail["type"], detail.get("ctx", {})
    if kind == "extra_forbidden":
        return _unknown_key(source, path)
    if kind == "missing":
        return InputError(f"`{path[-1]}` is missing in {_parent(path)}", where=source.place(path[:-1]),
                          hint=f"add `{path[-1]}:`")
    if kind in ("enum", "literal_error"):
        return _no_choice(source, path, detail)
    sentence = str(context["error"]) if kind == "value_error" else _sentence(detail)
    return InputError(f"{shown}: {sentence}", where=source.place(path), hint=_hint(kind, source, path))


def _plain_path(source: Source, loc: tuple[int | str, ...]) -> Path:
    """pydantic marks a wrong key of a mapping as (…, key, '[key]'); the document has the key."""
    return tuple(part for part in loc if part != "[key]")


def _parent(path: Path) -> str:
    return f"`{'.'.join(str(part) for part in path[:-1])}`" if path[:-1] else "the profile"


def _sentence(detail: ErrorDetails) -> str:
    patterns = {
        "string_pattern_mismatch": f"{_short(detail['input'])} has characters that do not belong here "
                                   f"(the rule is {detail.get('ctx', {}).get('pattern', '')})",
        "model_type": f"must be a mapping of keys and values, not {_short(detail['input'])}",
        "dict_type": f"must be a mapping of keys and values, not {_short(detail['input'])}",
        "tuple_type": f"must be a list, not {_short(detail['input'])}",
        "string_type": f"must be text, not {_short(detail['input'])}",
        "bool_type": f"must be true or false, not {_short(detail['input'])}",
        "int_type": f"must be a whole number, not {_short(detail['input'])}",
    }
    message = detail["msg"]
    return patterns.get(detail["type"], message[0].lower() + message[1:])


def _short(value: Any) -> str:
    if value is None:
        return "nothing"
    text = repr(value) if isinstance(value, str) else str(value)
    return text if len(text) < 60 else text[:57] + "..."


def _hint(kind: str, source: Source, path: Path) -> str:
    raw = source.raw.get(path, "")
    if "put it in quotes" in kind or (kind == "string_type" and raw):
        return f'write "{raw}"'
    return "`imagegen render --help` names the profiles to start from" if not path else ""


def _no_choice(source: Source, path: Path, detail: ErrorDetails) -> InputError:
    given = str(detail["input"])
    field = ".".join(str(part) for part in path)
    wanted = detail.get("ctx", {}).get("expected", "").replace("'", "").replace(" or ", ", ")
    near = difflib.get_close_matches(given, wanted.split(", "), 1)
    return InputError(f"{field}: {_short(detail['input'])} is not one of: {wanted}",
                      where=source.place(path), hint=f"did you mean {near[0]}?" if near else
                      f"choose one of: {wanted}")


def _unknown_key(source: Source, path: Path) -> InputError:
    known = _keys_at(path[:-1])
    near = difflib.get_close_matches(str(path[-1]), known, 1, cutoff=0.5)
    hint = f"did you mean `{near[0]}`?" if near else f"known here: {', '.join(sorted(known))}"
    return InputError(f"`{path[-1]}` is not a key of {_parent(path)}",
                      where=source.place(path, of_key=True), hint=hint)


def _keys_at(path: Path) -> list[str]:
    """The keys that the model knows at a path."""
    model: type[BaseModel] = Profile
    for part in path:
        if isinstance(part, int):
            continue
        fields = {field.alias or name: field for name, field in model.model_fields.items()}
        found = _section_of(fields[part].annotation) if part in fields else None
        if found is None:
            return []
        model = found
    return [field.alias or name for name, field in model.model_fields.items()]


def _section_of(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    if get_origin(annotation) in (tuple, Union, UnionType):
        return next((s for s in map(_section_of, get_args(annotation)) if s), None)
    return None
