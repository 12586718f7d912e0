"""The nouns of a comparison: a side, its rows, and what changed between two of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from imagegen.plan.facts import Json
from imagegen.profile.problem import Finding
from imagegen.report.verdict import Verdict


class Kind(StrEnum):
    """What a side is, by its content."""

    PROFILE = "profile"
    TREE = "tree"
    IMAGE = "image"
    VERDICT = "verdict"


class Needs(StrEnum):
    """What brings a change to a node."""

    IMAGE = "image"
    SEED = "seed"
    CLUSTER = "cluster"
    NOTHING = "nothing"


class How(StrEnum):
    """A row that one side lacks, or that both have with other values."""

    ADDED = "added"
    REMOVED = "removed"
    CHANGED = "changed"


@dataclass(frozen=True, slots=True)
class Row:
    """One fact, or one value beside the facts, as a side promises it."""

    id: str
    value: Mapping[str, Json]
    reason: str
    rule: str = ""
    needs: Needs = Needs.IMAGE
    levels: tuple[str, ...] = ()


# Rows of one origin: two sides are compared only where both have it. FACTS is always there.
FACTS = "facts"
Family = Mapping[str, Row]


@dataclass(frozen=True, slots=True)
class Promise:
    """A profile, a tree or an image: what its nodes will be.

    `contents` (path in the tree -> bytes) and `profile` are None where the side does not hold them.
    `warnings` are what `check` says of its profile.
    """

    kind: Kind
    name: str
    digest: str
    families: Mapping[str, Family]
    contents: Mapping[str, bytes] | None = None
    profile: Mapping[str, Json] | None = None
    warnings: tuple[Finding, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """A verdict: what a node was."""

    kind: Kind
    name: str
    verdict: Verdict

    @property
    def digest(self) -> str:
        """Of the image that the node was booted from."""
        return self.verdict.digest


Side = Promise | Heard


@dataclass(frozen=True, slots=True)
class Change:
    """A row that differs; of a changed one, `old` and `new` hold only what differs."""

    id: str
    how: How
    reason: str
    old: Mapping[str, Json] = field(default_factory=dict)
    new: Mapping[str, Json] = field(default_factory=dict)
    needs: Needs | None = None


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A file whose bytes differ, as a unified diff or, where it is no text, in one sentence."""

    path: str
    diff: str


@dataclass(frozen=True, slots=True)
class FieldChange:
    """A value of the profile; None where a side leaves it unset."""

    path: str
    old: Json
    new: Json


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two sides and everything that differs between them."""

    old: Side
    new: Side
    changes: tuple[Change, ...]
    fields: tuple[FieldChange, ...] = ()
    files: tuple[FileDiff, ...] = ()

    @property
    def warnings(self) -> tuple[Finding, ...]:
        """What `check` warns of on either side, each once."""
        sides = [side for side in (self.old, self.new) if isinstance(side, Promise)]
        return tuple(dict.fromkeys(found for side in sides for found in side.warnings))

    @property
    def same(self) -> bool:
        """Nothing differs: on the node, in what was asked, or in how the node was judged."""
        return not (self.changes or self.fields or self.files)
