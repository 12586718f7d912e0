"""Profiles for tests: the two that stand in `profiles/`, and small ones made from data."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import yaml

from imagegen.profile.load import load_profile, parse_profile
from imagegen.profile.model import Profile
from imagegen.render.render import Rendering, render
from tests.verbs import MINIMAL, PROFILES

GOOD = ("quickstart", "recipe")
Document = dict[str, Any]


@cache
def rendered(name: str) -> Rendering:
    """A profile of `profiles/`, rendered once."""
    return render(load_profile(PROFILES / f"{name}.yaml"))


def document(name: str | None = None) -> Document:
    """A profile's data to change: of `profiles/`, or the smallest one."""
    text = MINIMAL if name is None else (PROFILES / f"{name}.yaml").read_bytes()
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
