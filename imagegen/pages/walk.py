"""Every field of the profile's model, in its order: the one walk that all pages are made from."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from imagegen.profile.fields import Kind, Section
from imagegen.profile.model import Profile
from imagegen.profile.source import EXTENDS


@dataclass(frozen=True, slots=True)
class Field:
    """One field as people see it.

    `path` is dotted as in the profile: `os.files[].path` in a list's items, `os.sysctls.*` for free
    keys. A section holds other fields; `doc` is what its class says of it. `pattern` is for the
    value, for each item of a list, or for each key where the keys are free.
    """

    path: str
    words: str
    choices: tuple[str, ...] = ()
    limits: str = ""
    required: bool = False
    default: Any = None
    section: bool = False
    doc: str = ""
    pattern: str = ""

    @property
    def name(self) -> str:
        """The last part of the path."""
        return self.path.rpartition(".")[2]

    @property
    def parent(self) -> str:
        """The path of the section that holds it; empty at the top."""
        return self.path.rpartition(".")[0].removesuffix("[]")

    @property
    def default_words(self) -> str:
        """The default as it would stand in a profile, or that there is none."""
        if self.required:
            return "none: it must be given"
        if self.default is None:
            return "unset"
        return plain(self.default)


def plain(value: object) -> str:
    """A value on one line, as it may stand in a profile."""
    return json.dumps(value, ensure_ascii=False)


def fields(model: type[BaseModel] = Profile, prefix: str = "") -> Iterator[Field]:
    """The fields of a section and of all below it, each section before its fields."""
    for name, info in model.model_fields.items():
        yield from _of_type(f"{prefix}{info.alias or name}", info)
    if model is Profile:
        # the document's own, worked out before the model sees it
        yield Field(EXTENDS, "a path, or a list of paths")


def _of_type(path: str, info: FieldInfo) -> Iterator[Field]:
    bare, marks = _bare(info.annotation, info.metadata)
    inner = _item(bare)
    if _is_section(bare):
        yield Field(path, "a section", required=info.is_required(), section=True, doc=_doc(bare))
        yield from fields(bare, f"{path}.")
    elif inner is not None and _is_section(_bare(inner)[0]):
        section = _bare(inner)[0]
        yield Field(path, "a list of sections", default=_default(info), section=True,
                    doc=_doc(section))
        yield from fields(section, f"{path}[].")
    elif get_origin(bare) is dict:
        yield from _free_keys(path, bare, info)
    else:
        yield Field(path, _words(bare, marks), _choices(bare), _limits(marks), info.is_required(),
                    _default(info), pattern=_pattern(marks) or _pattern(_bare(inner)[1]))


def _free_keys(path: str, bare: Any, info: FieldInfo) -> Iterator[Field]:  # noqa: ANN401
    key, value = (_bare(part) for part in get_args(bare))
    yield Field(path, f"a mapping of {_many(*key)} to {_many(*value)}", default=_default(info),
                section=True, pattern=_pattern(key[1]))
    if _is_section(value[0]):
        yield from fields(value[0], f"{path}.*.")
    else:
        yield Field(f"{path}.*", _words(*value), _choices(value[0]), _limits(value[1]),
                    pattern=_pattern(value[1]))


def _bare(annotation: Any, marks: list[Any] | None = None) -> tuple[Any, list[Any]]:  # noqa: ANN401
    """A type without what is written around it, and all of that."""
    found = list(marks or [])
    while True:
        if get_origin(annotation) is Annotated:
            annotation, *more = get_args(annotation)
            found = [part for mark in more for part in _spread(mark)] + found
        elif get_origin(annotation) in (Union, UnionType) and len(_some(annotation)) == 1:
            annotation = _some(annotation)[0]
        else:
            return annotation, found


def _some(union: Any) -> list[Any]:  # noqa: ANN401
    return [part for part in get_args(union) if part is not NoneType]


def _spread(mark: object) -> list[Any]:
    return list(mark.metadata) if isinstance(mark, FieldInfo) else [mark]


def _item(bare: Any) -> Any:  # noqa: ANN401
    """What a list holds; None for what is no list."""
    return get_args(bare)[0] if get_origin(bare) in (tuple, list) else None


def _is_section(bare: Any) -> bool:  # noqa: ANN401
    return isinstance(bare, type) and issubclass(bare, Section)


def _is_choice(bare: Any) -> bool:  # noqa: ANN401
    return isinstance(bare, type) and issubclass(bare, StrEnum)


def _doc(section: type[BaseModel]) -> str:
    return " ".join((section.__doc__ or "").split())


_PLAIN = {str: ("text", "texts"), bool: ("true or false", "true or false"),
          int: ("a whole number", "whole numbers"), float: ("a number", "numbers")}
_ANY = ("a value", "values")


def _words(bare: Any, marks: list[Any]) -> str:  # noqa: ANN401
    if (inner := _item(bare)) is not None:
        return f"a list of {_many(*_bare(inner))}"
    if choices := _choices(bare):
        return "one of the choices" if len(choices) > 1 else f"always {choices[0]}"
    if get_origin(bare) in (Union, UnionType):
        return ", or ".join(_words(*_bare(part)) for part in _some(bare))
    kinds = [mark.one for mark in marks if isinstance(mark, Kind)]
    return kinds[-1] if kinds else _PLAIN.get(bare, _ANY)[0]


def _many(bare: Any, marks: list[Any]) -> str:  # noqa: ANN401
    kinds = [mark.many for mark in marks if isinstance(mark, Kind)]
    if _choices(bare):
        return f"choices ({', '.join(_choices(bare))})"
    if _is_section(bare):
        return "sections"
    return kinds[-1] if kinds else _PLAIN.get(bare, _ANY)[1]


def _choices(bare: Any) -> tuple[str, ...]:  # noqa: ANN401
    if (inner := _item(bare)) is not None:
        return _choices(_bare(inner)[0])
    if _is_choice(bare):
        return tuple(choice.value for choice in bare)
    return tuple(map(str, get_args(bare))) if get_origin(bare) is Literal else ()


_BOUNDS = (("ge", "at least {}"), ("gt", "more than {}"), ("le", "at most {}"),
           ("lt", "less than {}"), ("min_length", "at least {} long"),
           ("max_length", "at most {} long"), ("pattern", "matches {}"))


def _limits(marks: list[Any]) -> str:
    """The bounds in words; a pattern only where no word says what it means."""
    named = any(isinstance(mark, Kind) for mark in marks)
    found = {(name, value): words.format(value) for name, words in _BOUNDS for mark in marks
             if (value := getattr(mark, name, None)) is not None
             and not (named and name == "pattern")}
    return ", ".join(found.values())


def _pattern(marks: list[Any]) -> str:
    """The kind's own pattern, or the last constraint's: what JSON Schema can say of a text."""
    found = [mark.pattern for mark in marks if getattr(mark, "pattern", None)]
    kinds = [mark.pattern for mark in marks if isinstance(mark, Kind) and mark.pattern]
    return str((kinds or found or [""])[-1])


def _default(info: FieldInfo) -> Any:  # noqa: ANN401
    """The default as data; None where there is none or it is unset."""
    value = info.get_default(call_default_factory=True)
    if value is PydanticUndefined or value is None:
        return None
    return list(value) if isinstance(value, tuple) else (
        value.value if isinstance(value, StrEnum) else value)
