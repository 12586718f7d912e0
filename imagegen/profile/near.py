"""What a key was meant to be: near in spelling, another tool's word, or of another section."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from functools import cache
from types import UnionType
from typing import Union, get_args, get_origin

from pydantic import BaseModel

from imagegen.profile.fields import SHOWN
from imagegen.profile.model import Profile
from imagegen.profile.source import EXTENDS, Path

# What cloud-init, kubeadm, Ansible and kube-proxy's flags call it. An unknown key of a file whose
# mode it would have been was accepted by cloud-init without a word (issue 3714).
_SYNONYMS = {
    "permissions": "mode", "perms": "mode", "chmod": "mode", "contents": "content",
    "servicesubnet": "serviceCIDR", "serviceclusteriprange": "serviceCIDR",
    "podsubnet": "podCIDR", "servicenodeportrange": "nodePortRange",
    "kubernetesversion": "version", "proxymode": "mode", "ipvsscheduler": "scheduler",
    "ipvsexcludecidrs": "excludeCIDRs", "ipvsstrictarp": "strictARP", "clustername": "name",
    "distro": "distribution", "arch": "architecture", "sysctl": "sysctls", "module": "modules",
    "writefiles": "files",
}


def meant(path: Path) -> Path | None:
    """The known key that an unknown one was meant to be; None where nothing is near."""
    key, parent = str(path[-1])[:SHOWN], path[:-1]
    here = {_plain(name): name for name in keys_at(parent)}
    word = _plain(key)
    other = _plain(_SYNONYMS.get(word, ""))
    for exact in (word, other):
        if exact in here:
            return (*parent, here[exact])
    if elsewhere := _elsewhere(word, parent) or _elsewhere(other, parent):
        return elsewhere
    near = difflib.get_close_matches(word, list(here), 1, cutoff=0.6)
    return (*parent, here[near[0]]) if near else None


def keys_at(path: Path) -> list[str]:
    """The keys that the model knows at a path; none where it is no section."""
    section: type[BaseModel] | None = Profile
    for part in path:
        if not isinstance(part, int):
            section = _sections(section).get(part) if section else None
    # `extends` is the reader's, and no field of the model
    return [*(_names(section) if section else []), *([] if path else [EXTENDS])]


def _plain(key: str) -> str:
    return "".join(char for char in key.lower() if char.isalnum())


def _elsewhere(word: str, parent: Path) -> Path | None:
    """Where a key of exactly this name stands: the section nearest to where it was written."""
    found = [path for path in _all_keys() if _plain(path[-1]) == word]
    common = {path: _shared(path, parent) for path in found}
    return min(found, key=lambda path: (-common[path], len(path)), default=None)


def _shared(path: tuple[str, ...], parent: Path) -> int:
    same = 0
    for mine, theirs in zip(path, parent, strict=False):
        if mine != theirs:
            break
        same += 1
    return same


@cache
def _all_keys() -> tuple[tuple[str, ...], ...]:
    return tuple(_walk(Profile, ()))


def _walk(section: type[BaseModel], path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """Every key of the model but those of a list's items: no key can be moved there."""
    inner = _sections(section, lists=False)
    for name in _names(section):
        yield (*path, name)
        if name in inner:
            yield from _walk(inner[name], (*path, name))


def _names(section: type[BaseModel]) -> list[str]:
    return [field.alias or name for name, field in section.model_fields.items()]


def _sections(section: type[BaseModel], *, lists: bool = True) -> dict[str, type[BaseModel]]:
    kinds = {field.alias or name: _section_of(field.annotation, lists)
             for name, field in section.model_fields.items()}
    return {name: kind for name, kind in kinds.items() if kind}


def _section_of(annotation: object, lists: bool) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    origin = get_origin(annotation)
    if origin in (Union, UnionType) or (lists and origin in (tuple, list)):
        return next((s for a in get_args(annotation) if (s := _section_of(a, lists))), None)
    return None
