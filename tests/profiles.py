"""Profiles for tests: those that stand in `profiles/`, the guests' own, and small ones."""

from __future__ import annotations

import copy
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from imagegen.profile.load import load_profile, parse_profile
from imagegen.profile.model import Profile
from imagegen.render.render import Rendering, render
from tests.verbs import MINIMAL, PROFILES, ROOT

GOOD = ("quickstart", "recipe", "dual-stack", "full-node", "immutable-node", "gated-node",
        "api-node")
# a read-only root cannot be made of a stock image, so these have no cloud-init/full
BAKED_ONLY = ("immutable-node",)
# every user-data of theirs: the profile, and its folder under cloud-init/
USER_DATA = tuple((name, kind) for name in GOOD for kind in ("baked", "full")
                  if kind == "baked" or name not in BAKED_ONLY)
Document = dict[str, Any]


def place(name: str) -> Path:
    """Where a good profile stands: in `profiles/`, or beside the guests' tests."""
    return next(path for folder in (PROFILES, ROOT / "tests/guests")
                if (path := folder / f"{name}.yaml").is_file())


@cache
def rendered(name: str) -> Rendering:
    """A good profile, rendered once."""
    return render(load_profile(place(name)))


def document(name: str | None = None) -> Document:
    """A good profile's data to change, or the smallest one's."""
    text = MINIMAL if name is None else place(name).read_bytes()
    data: Document = yaml.safe_load(text)
    return copy.deepcopy(data)


def changed(changes: dict[str, Any], name: str | None = None) -> Document:
    """A profile's data with values set by their dotted path."""
    data = document(name)
    for path, value in changes.items():
        *parents, last = path.split(".")
        place = data
        for part in parents:
            place = place.setdefault(part, {})
        place[last] = value
    return data


def parsed(data: object) -> Profile:
    """Data as YAML, read as every profile is. Raises InputError where it is wrong."""
    return parse_profile("p.yaml", as_yaml(data))


def as_yaml(data: object) -> bytes:
    """Quoted, so that no value is taken for another kind."""
    return yaml.dump(data, Dumper=_Quoted, allow_unicode=True, width=1 << 30).encode()


class _Quoted(yaml.SafeDumper):
    """Writes every text in double quotes, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:
        return True


_Quoted.add_representer(
    str, lambda dumper, text: dumper.represent_scalar("tag:yaml.org,2002:str", text, style='"'))
