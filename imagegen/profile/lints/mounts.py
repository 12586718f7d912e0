"""A file system that is mounted over what the image carries: the files are there, and unseen."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from imagegen.knowledge.paths import OWN, one_name, within
from imagegen.profile.cloud_init import PartKind
from imagegen.profile.lints.cloud_init import read
from imagegen.profile.lints.in_part import character
from imagegen.profile.lints.inside import Inside
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.lints.root import fstab_rows
from imagegen.profile.model import Profile
from imagegen.profile.paths import claimed
from imagegen.profile.problem import Problem, Severity

_WHERE = re.compile(r"^\s*Where\s*=\s*(/\S*)", re.M)


@dataclass(frozen=True, slots=True)
class _Mount:
    """Where something is mounted, and the profile's value that asks for it.

    What the image's own fstab mounts may be mounted in the build as well; then nothing is hidden.
    """

    point: str
    asked: Inside
    severity: Severity


def mounts(profile: Profile) -> Iterator[Problem]:
    """Every mount of the profile's own that would hide what the profile puts there."""
    paths = [*claimed(profile, form_of(profile)), *OWN]
    for mount in (*_of_parts(profile), *_of_units(profile), *_of_fstab(profile)):
        point = one_name(mount.point.rstrip("/"))
        hidden = [path for path in paths if within(one_name(path), point)] if point else []
        if hidden:
            yield Problem(**mount.asked, what=f"what is mounted on {mount.point} hides {hidden[0]} "
                          "of the image", hint="mount it elsewhere, or keep the image's files out "
                          f"of {mount.point}", rule="path-mounted-over", severity=mount.severity)


def _of_parts(profile: Profile) -> Iterator[_Mount]:
    """cloud-init's `mounts`, by which every node mounts on its first boot (cc_mounts.py)."""
    for index, part in enumerate(profile.cloud_init.parts):
        config = read(part) if part.kind is PartKind.CLOUD_CONFIG else None
        rows = config.get("mounts") if isinstance(config, dict) else None
        for number, row in enumerate(rows if isinstance(rows, list) else ()):
            if isinstance(row, list) and len(row) > 1 and str(row[1]).startswith("/"):
                asked = Inside(path=("cloudInit", "parts", index, "content"),
                               at=character(part.content, ("mounts", number, 1)))
                yield _Mount(str(row[1]), asked, Severity.ERROR)


def _of_units(profile: Profile) -> Iterator[_Mount]:
    for index, unit in enumerate(profile.os.units):
        if unit.name.endswith(".mount") and (found := _WHERE.search(unit.content or "")):
            asked = Inside(path=("os", "units", index, "content"), at=found.start(1))
            yield _Mount(found[1], asked, Severity.WARNING)


def _of_fstab(profile: Profile) -> Iterator[_Mount]:
    for where, row in fstab_rows(profile):
        if row[1].startswith("/"):
            yield _Mount(row[1], where, Severity.WARNING)
