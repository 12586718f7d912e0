"""A document with wrong parts, understood as far as it is sound.

What is wrong is left out, and the model's values for it are taken away again: whoever asks for one
gets Unknown. So the lints speak about all that stands, and about nothing that was made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from imagegen.profile.fields import Section
from imagegen.profile.model import Profile
from imagegen.profile.near import meant

Path = tuple[str | int, ...]
ROUNDS = 8

# What stands for a required value that is wrong or missing, so that the rest can be read.
_STAND_INS: dict[Path, object] = {
    ("apiVersion",): "imagegen/v1alpha1",
    ("kind",): "ClusterProfile",
    ("metadata",): {"name": "unknown"},
    ("metadata", "name"): "unknown",
    ("kubeProxy",): {"version": "1.34.4"},
    ("kubeProxy", "version"): "1.34.4",
}


@dataclass(slots=True)
class Partial:
    """What could be understood: the model's errors, and the profile without its wrong parts."""

    errors: list[ErrorDetails]
    profile: Profile | None
    kept: dict[Path, list[int]] = field(default_factory=dict)

    def original(self, path: Path) -> Path:
        """A path of the profile as the document has it: items of a list may be left out."""
        found: Path = ()
        for part in path:
            items = self.kept.get(found)
            known = items is not None and isinstance(part, int) and part < len(items)
            found = (*found, items[int(part)] if items is not None and known else part)
        return found


def understood(value: object, doubtful: set[Path]) -> Partial:
    """The document's value as a profile, without what is doubtful or wrong."""
    wrong = doubtful - {()}
    first: list[ErrorDetails] | None = None
    for _ in range(ROUNDS):
        pruned = _Pruned(wrong)
        data = pruned.of(value, ())
        partial = Partial(first or [], None, pruned.kept)
        try:
            partial.profile = Profile.model_validate(data)
        except ValidationError as error:
            details = [_placed(partial, detail) for detail in error.errors()]
            elsewhere = {path for detail in details if (path := _misplaced(value, detail))}
            if first is None:
                first = partial.errors = [d for d in details
                                          if not _follows(d["loc"], wrong | elsewhere)]
            more = {_to_drop(value, detail, wrong) for detail in details} - {()} | elsewhere
            if more <= wrong:
                return partial
            wrong = wrong | more
        else:
            _forget(partial, wrong)
            return partial
    return Partial(first or [], None)


def _placed(partial: Partial, detail: ErrorDetails) -> ErrorDetails:
    detail["loc"] = partial.original(detail["loc"])
    return detail


def _follows(loc: Path, wrong: set[Path]) -> bool:
    """Whether an error is only there because something at or under its place was left out."""
    return any(path[:len(loc)] == loc for path in wrong)


def _misplaced(value: object, detail: ErrorDetails) -> Path | None:
    """What an unknown key was meant to be, as far as the document lacks it: nobody knows it now."""
    if detail["type"] != "extra_forbidden":
        return None
    found = meant(detail["loc"])
    known = _in_document(value, found) if found else ()
    return found[:len(known) + 1] if found and known != found else None


def _to_drop(value: object, detail: ErrorDetails, wrong: set[Path]) -> Path:
    """The part to leave out: the wrong value, or what cannot be without it."""
    if detail["type"] == "missing":
        loc = detail["loc"]
        return loc if loc in _STAND_INS and loc not in wrong else loc[:-1]
    path = _in_document(value, detail["loc"])
    while path and path in wrong:
        path = path[:-1]
    return path


def _in_document(value: object, loc: Path) -> Path:
    """As much of pydantic's path as the document has; it also names branches and keys."""
    found: Path = ()
    for part in loc:
        try:
            value = value[part]  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            break
        found = (*found, part)
    return found


class _Pruned:
    """A copy of a document's value without some paths; `kept` says which items of lists stayed."""

    def __init__(self, wrong: set[Path]) -> None:
        self.wrong, self.kept = wrong, dict[Path, list[int]]()

    def of(self, value: object, path: Path) -> object:
        if isinstance(value, dict):
            sound = {key: self.of(item, (*path, key)) for key, item in value.items()
                     if (*path, key) not in self.wrong}
            return sound | {str(at[-1]): stand_in for at, stand_in in _STAND_INS.items()
                            if at[:-1] == path and at in self.wrong}
        if isinstance(value, list):
            self.kept[path] = [i for i in range(len(value)) if (*path, i) not in self.wrong]
            return [self.of(value[i], (*path, i)) for i in self.kept[path]]
        return value


def _forget(partial: Partial, wrong: set[Path]) -> None:
    """Takes the values away that nobody gave.

    What lies under such a value is the default that all profiles share: it is not touched.
    """
    for path in wrong:
        if any(path[:end] in wrong for end in range(1, len(path))):
            continue
        if isinstance(path[-1], int) and not partial.kept.get(path[:-1]):
            path = path[:-1]  # nobody wrote an empty list: all its items are wrong
        place: object = partial.profile
        found: Path = ()
        for part in path[:-1]:
            place = _child(place, part, partial.kept.get(found, []))
            found = (*found, part)
        if isinstance(place, Section):
            place.__dict__.pop(_attribute(place, path[-1]), None)


def _child(place: object, part: str | int, kept: list[int]) -> object:
    if isinstance(place, Section):
        return place.__dict__.get(_attribute(place, part))
    if isinstance(place, tuple) and part in kept:
        return place[kept.index(int(part))]
    return place.get(part) if isinstance(place, dict) else None


def _attribute(section: Section, key: str | int) -> str:
    for name, info in type(section).model_fields.items():
        if info.alias == key:
            return name
    return ""
