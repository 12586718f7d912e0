"""The documentation's examples, folded into as few profiles as they can live in together.

Each field page's example goes into the first profile in which it clashes with nothing and that
`imagegen check` still takes; no hand decides. What pins bytes that only the reader has gets a
stand-in of this machine under the same way of fetching.
"""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from imagegen.bake.base.mirror import in_release
from imagegen.bake.kube.pins import require_buildable
from imagegen.common.errors import ImagegenError, InputError
from imagegen.knowledge.pages import FieldPage
from imagegen.pages.examples import example
from imagegen.profile.model import Profile
from tests.profiles import document, parsed

Data = dict[str, Any]
DEFAULTS = "every default, written out"
# by these two items of a list are one thing, told in two examples
NAMES = ("name", "path", "url", "filePattern")
LEFT_OUT = {"extends": "it names another file; tests/profile/test_compose.py reads such files"}
# ranges of a test's own control plane, under any example
CLUSTER = {"serviceCIDR": "10.254.0.0/16", "podCIDR": "172.30.0.0/16",
           "nodePortRange": "20000-40000"}


@dataclass(slots=True)
class Composite:
    """A profile's data, and the paths of the examples in it."""

    data: Data = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Folded:
    """All examples: in a composite each, or with the sentence why it cannot be booted here."""

    composites: tuple[Composite, ...]
    left_out: Mapping[str, str]


class Clash(Exception):
    """Two examples want different values in one place."""


def folded(pages: Mapping[str, FieldPage], release: str) -> Folded:
    """The examples of these pages on one release of Debian; the same for the same pages."""
    composites = [Composite(defaults(release), [DEFAULTS])]
    left_out: dict[str, str] = {}
    for path in sorted(pages):
        data = example(path, pages[path])
        if why := LEFT_OUT.get(path) or unbootable(data, release):
            left_out[path] = why
        else:
            _place(composites, path, data, release)
    return Folded(tuple(composites), left_out)


def _place(composites: list[Composite], path: str, data: Data, release: str) -> None:
    for composite in (*composites, Composite()):
        try:
            together = merged(composite.data, data)
            profile_of(together, release)
        except (Clash, InputError):
            continue
        composite.data = together
        composite.paths.append(path)
        if composite not in composites:
            composites.append(composite)
        return
    raise AssertionError(f"{path}: its example does not even stand alone")


def defaults(release: str) -> Data:
    """Every default of the model in its place, as if somebody had written them all."""
    data: Data = profile_of({}, release).model_dump(mode="json", by_alias=True, exclude_none=True)
    return data


def merged(old: Any, new: Any) -> Any:
    """Both; raises Clash where they want different things."""
    if isinstance(old, dict) and isinstance(new, dict):
        return {key: merged(old[key], new[key]) if key in old and key in new
                else copy.deepcopy(old[key] if key in old else new[key])
                for key in {**old, **new}}
    if isinstance(old, list) and isinstance(new, list):
        return _lists(old, new)
    if old != new:
        raise Clash(f"{old!r} and {new!r}")
    return old


def _lists(old: list[Any], new: list[Any]) -> list[Any]:
    if not old or not new or old == new:
        return copy.deepcopy(old or new)
    if not all(isinstance(item, dict) for item in (*old, *new)):
        raise Clash(f"{old!r} and {new!r}")
    known = {_name(item): item for item in old}
    both = {_name(item): merged(known.get(_name(item), {}), item) for item in new}
    return list((copy.deepcopy(known) | both).values())


def _name(item: Data) -> str:
    return json.dumps([item.get(name) for name in NAMES])


def unbootable(data: Data, release: str) -> str:
    """Why an example cannot be booted here, by itself; empty where it can."""
    try:
        profile = profile_of(data, release)
        require_buildable(profile.kube_proxy.version)
        for mirror, suite in _mirrors(data, release):
            in_release(mirror, suite)
    except Clash:
        return f"it is for another release than Debian {release}"
    except ImagegenError as error:
        return str(error).splitlines()[0].removeprefix("error: ").strip()
    return ""


def _mirrors(data: Data, release: str) -> Iterator[tuple[str, str]]:
    """The mirrors that an example names for its base image, with the suite to ask for."""
    from imagegen.bake.inputs import base_spec

    base = data.get("image", {}).get("base", {})
    if {"mirror", "securityMirror"} & base.keys():
        yield from base_spec(profile_of(data, release)).archives()


def profile_of(data: Data, release: str) -> Profile:
    """The profile of an example or of several. Raises Clash or InputError where it is none."""
    whole = merged({"os": {"distribution": "debian", "release": release}}, data)
    for section, given in {**document(), "cluster": CLUSTER}.items():
        kept = whole.get(section)
        whole[section] = {**given, **(kept or {})} if isinstance(given, dict) else kept or given
    return parsed(whole)
