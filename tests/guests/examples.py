"""The documentation's examples, folded into as few profiles as they can live in together.

Each field page's example goes into the first profile in which it clashes with nothing and that
`imagegen check` still takes; no hand decides. What pins bytes that only the reader has gets a
stand-in of this machine under the same way of fetching.
"""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import yaml

from imagegen.bake.base.mirror import in_release
from imagegen.bake.kube.pins import require_buildable
from imagegen.common.errors import ImagegenError, InputError
from imagegen.knowledge.pages import FieldPage
from imagegen.pages.examples import example
from imagegen.pages.starter import starter
from imagegen.profile.check import check_bytes
from imagegen.profile.model import Profile
from tests.profiles import as_yaml, document, parsed
from tests.verbs import ROOT

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
    """A profile's data, the paths of the examples in it, and what `imagegen check` warns of."""

    data: Data = field(default_factory=dict)
    paths: list[str] = field(default_factory=list)
    told: set[str] = field(default_factory=set)


@dataclass(frozen=True, slots=True)
class Folded:
    """All examples: in a composite each, or with the sentence why it cannot be booted here."""

    composites: tuple[Composite, ...]
    left_out: Mapping[str, str]


class Clash(Exception):
    """Two examples want different values in one place."""


def documents() -> dict[str, Data]:
    """The whole profiles that the documentation shows, but for their names."""
    found = {"imagegen init --yes": starter({})}
    for path in ("README.md", "docs/recipe.md"):
        blocks = re.findall(r"```yaml\n(.*?)```", (ROOT / path).read_text(), re.S)
        found |= {f"{path}, profile {number}": text for number, text in enumerate(blocks, 1)
                  if "kind: ClusterProfile" in text}
    loaded = {name: yaml.safe_load(text) for name, text in found.items()}
    return {name: {section: data for section, data in whole.items() if section != "metadata"}
            for name, whole in loaded.items()}


def folded(pages: Mapping[str, FieldPage], release: str,
           others: Mapping[str, Data] | None = None) -> Folded:
    """The examples of these pages, and other data by name, on one release of Debian."""
    composites = [Composite(defaults(release), [DEFAULTS])]
    left_out: dict[str, str] = {}
    examples = {path: example(path, pages[path]) for path in sorted(pages)}
    for path, data in {**examples, **(others or {})}.items():
        if why := LEFT_OUT.get(path) or unbootable(data, release):
            left_out[path] = why
        else:
            _place(composites, path, data, release)
    return Folded(tuple(composites), left_out)


def _place(composites: list[Composite], path: str, data: Data, release: str) -> None:
    alone = warnings_of(data, release)
    for composite in composites:
        try:
            together = merged(composite.data, data)
            told = warnings_of(together, release)
            _run_by_the_same(together, data, release)
        except (Clash, InputError):
            continue
        # an example without an effect in this company would be seen nowhere
        if told <= composite.told | alone:
            composite.data, composite.told = together, told
            composite.paths.append(path)
            return
    composites.append(Composite(data, [path], alone))


def _run_by_the_same(together: Data, data: Data, release: str) -> None:
    """What kube-proxy is told is seen only where it is run as the example means it."""
    here, alone = (profile_of(each, release).kube_proxy.run_by for each in (together, data))
    if "kubeProxy" in data and here != alone:
        raise Clash(f"kube-proxy is run by {here}, not by {alone}")


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
    return parsed(_whole(data, release))


def warnings_of(data: Data, release: str) -> set[str]:
    """What `imagegen check` warns of. Raises Clash or InputError as profile_of does."""
    checked = check_bytes("p.yaml", as_yaml(_whole(data, release)))
    if checked.errors:
        raise checked.errors[0].error()
    return {finding.what for finding in checked.warnings}


def _whole(data: Data, release: str) -> Data:
    whole: Data = merged({"os": {"distribution": "debian", "release": release}}, data)
    for section, given in {**document(), "cluster": CLUSTER}.items():
        kept = whole.get(section)
        whole[section] = {**given, **(kept or {})} if isinstance(given, dict) else kept or given
    return whole
