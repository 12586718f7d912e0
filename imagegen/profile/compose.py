"""A profile made of several files: `extends` names what a file builds on.

The rules, in full: mappings are merged key by key; everything else, lists too, is replaced by the
file that extends; null removes what was inherited. Two files that are extended side by side must
not give different values for one thing, unless the file that extends them decides. Every value
keeps the file and line that it comes from.
"""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from pathlib import Path as FilePath
from typing import Any

from imagegen.common.errors import InputError, Place
from imagegen.common.verbose import heard, note
from imagegen.profile.fields import brief, shown
from imagegen.profile.file import STDIN, read_file, read_stdin
from imagegen.profile.problem import name_of
from imagegen.profile.source import EXTENDS, Path, Source, read_source

MAX_DEPTH = 10
MAX_FILES = 50
_RELATIVE = "a path is taken from the folder of the file that names it"


@dataclass(frozen=True, slots=True)
class _Conflict:
    """Two files beside each other that say different things of one path."""

    path: Path
    first: Place
    second: Place
    values: tuple[object, object]


def composed_file(path: FilePath) -> Source:
    """The document in a file with all that it extends.

    Raises InputError or InputErrors for what cannot be read or composed at all; what is wrong with
    single values is noted in the document.
    """
    if str(path) == STDIN:
        return composed("<stdin>", read_stdin(), None)
    return composed(str(path), read_file(path), path)


def composed(name: str, data: bytes, here: FilePath | None) -> Source:
    """The document in some bytes with all that it extends.

    `here` is the document's own path; None where it has none, as standard input has.
    """
    chain = (os.path.realpath(here),) if here else ()
    return _Composer().composed(read_source(name, data), here, chain)


@dataclass(slots=True)
class _Composer:
    """Reads what documents extend, each file once."""

    known: dict[str, Source] = field(default_factory=dict)

    def composed(self, source: Source, here: FilePath | None, chain: tuple[str, ...]) -> Source:
        entries = _entries(source)
        if not entries:
            return source
        if here is None:
            raise InputError(f"{source.name} cannot extend other files: it has no folder that "
                             "their paths could start from", where=entries[0][1],
                             hint="put the profile into a file", rule="extends-without-folder")
        below, conflicts = None, list[_Conflict]()
        for entry, place in entries:
            parent = self._parent(here.parent / entry, place, chain)
            below = parent if below is None else _merged(below, parent, conflicts)
        assert below is not None
        result = _merged(below, source)
        _tell(result, [found for found in conflicts if not _decides(source.value, found.path)])
        return result

    def _parent(self, path: FilePath, place: Place, chain: tuple[str, ...]) -> Source:
        same = os.path.realpath(path)
        note(f"{place.file}:{place.line} extends {path}")
        _no_cycle(path, place, (*chain, same))
        if same not in self.known:
            if len(self.known) >= MAX_FILES:
                raise InputError(f"more than {MAX_FILES} files are extended", where=place,
                                 hint="put what belongs together into one file",
                                 rule="extends-too-much")
            source = read_source(str(path), self._bytes(path, place))
            if not isinstance(source.value, dict):
                raise InputError(f"{brief(str(path))} is not a mapping of keys and values",
                                 where=source.place(()), rule="extends-no-profile",
                                 hint="extend a file that is written like a profile")
            self.known[same] = self.composed(source, path, (*chain, same))
        return self.known[same]

    @staticmethod
    def _bytes(path: FilePath, place: Place) -> bytes:
        try:
            # a pipe or a device would be waited for without end
            if not stat.S_ISREG(path.stat().st_mode):
                raise InputError(f"{brief(str(path))} is not a file", where=place, hint=_RELATIVE,
                                 rule="extends-unreadable")
        except (OSError, ValueError) as error:
            reason = getattr(error, "strerror", None) or error
            raise InputError(f"cannot read {brief(str(path))}, which is extended here: {reason}",
                             where=place, hint=_RELATIVE, rule="extends-unreadable") from None
        return read_file(path)


def _entries(source: Source) -> list[tuple[str, Place]]:
    """What a document extends, each with its place; the key is taken out of the document."""
    if not isinstance(source.value, dict) or EXTENDS not in source.value:
        return []
    given = source.value.pop(EXTENDS)
    several = given if isinstance(given, list) else [given]
    paths: list[Path] = [(EXTENDS, i) if isinstance(given, list) else (EXTENDS,)
                         for i in range(len(several))]
    places = [source.place(path) for path in paths]
    for entry, place in zip(several, places, strict=True):
        if not isinstance(entry, str) or not entry.strip() or "\0" in entry:
            raise InputError(f"{EXTENDS} must be the path of a profile, or a list of paths",
                             where=place, hint=f"write it like `{EXTENDS}: base.yaml`",
                             rule="extends-no-path")
    return list(zip(several, places, strict=True))


def _no_cycle(path: FilePath, place: Place, chain: tuple[str, ...]) -> None:
    if chain[-1] in chain[:-1]:
        ring = chain[chain.index(chain[-1]):]
        names = " → ".join(brief(FilePath(name).name) for name in ring)
        raise InputError(f"{brief(str(path))} extends itself: {names}", where=place,
                         hint="take one of these `extends` out", rule="extends-cycle")
    if len(chain) > MAX_DEPTH + 1:
        raise InputError(f"files extend each other more than {MAX_DEPTH} deep", where=place,
                         hint="put what belongs together into one file", rule="extends-too-much")


def _merged(below: Source, above: Source, conflicts: list[_Conflict] | None = None) -> Source:
    """`above` laid over `below`; with a list for conflicts they are equals, and null
    erases nothing.
    """
    told = set(map(id, below.errors))
    errors = [*below.errors, *(error for error in above.errors if id(error) not in told)]
    result = Source(above.name, above.lines, errors=errors)
    result.files = [*below.files, *(name for name in above.files if name not in below.files)]
    result.value = _laid(_Laying(result, below, above, conflicts), (), below.value, above.value)
    return result


@dataclass(frozen=True, slots=True)
class _Laying:
    result: Source
    below: Source
    above: Source
    conflicts: list[_Conflict] | None


def _laid(laying: _Laying, path: Path, below: Any, above: Any) -> Any:  # noqa: ANN401
    if not (isinstance(below, dict) and isinstance(above, dict)):
        return _taken(laying, path, below, above)
    laying.result.adopt(path, laying.above)
    value: dict[str, Any] = {}
    for key in below | above:
        inner = (*path, key)
        if key not in above:
            value[key] = _copied(laying.result, laying.below, inner, below[key])
        elif key not in below:
            value[key] = _copied(laying.result, laying.above, inner, above[key])
        elif above[key] is not None or laying.conflicts is not None:
            value[key] = _laid(laying, inner, below[key], above[key])
        elif heard():
            _say(laying, inner, "is taken away by", "from")
    return value


def _taken(laying: _Laying, path: Path, below: object, above: object) -> object:
    """The upper value, and a conflict noted where the two are equals that differ."""
    if laying.conflicts is not None and (type(below), below) != (type(above), above):
        laying.conflicts.append(_Conflict(path, laying.below.place(path), laying.above.place(path),
                                          (below, above)))
    elif below != above and heard():
        _say(laying, path, "is taken from", "and not from")
    return _copied(laying.result, laying.above, path, above)


def _say(laying: _Laying, path: Path, done: str, against: str) -> None:
    above, below = (source.place(path) for source in (laying.above, laying.below))
    note(f"{name_of(path)} {done} {above.file}:{above.line} {against} {below.file}:{below.line}")


def _copied(result: Source, source: Source, path: Path, value: Any) -> Any:  # noqa: ANN401
    """A value with the places of all that is in it."""
    result.adopt(path, source)
    if isinstance(value, dict):
        return {key: _copied(result, source, (*path, key), item) for key, item in value.items()}
    if isinstance(value, list):
        return [_copied(result, source, (*path, i), item) for i, item in enumerate(value)]
    return value


def _decides(document: Any, path: Path) -> bool:  # noqa: ANN401
    """Whether a document says by itself what a path holds."""
    for part in path:
        if not isinstance(document, dict):
            return True
        if part not in document:
            return False
        document = document[part]
    return not isinstance(document, dict)


def _tell(result: Source, conflicts: list[_Conflict]) -> None:
    for found in conflicts:
        one, other = map(_shown, found.values)
        result.doubtful.add(found.path)
        result.errors.append(InputError(
            f"{name_of(found.path)}: {_plain(found.first.file)}:{found.first.line} says {one}, "
            f"this file {other}, and both are extended",
            where=found.second, hint=f"say in {_plain(result.name)} which it is",
            rule="extends-conflict"))


def _plain(name: str) -> str:
    """A file's name in full, without what would play with the reader's terminal."""
    return "".join(char if char.isprintable() else "?" for char in name)


def _shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "another list"
    return shown(value if isinstance(value, str) else json.dumps(value))
