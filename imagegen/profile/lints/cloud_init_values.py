"""Values of a part's #cloud-config that cloud-init reads as something else, or not at all."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping

import yaml

from imagegen.knowledge.cloud_config_values import (
    INSTEAD,
    NULL_COMMANDS_SINCE,
    SHAPES,
    SINCE,
    Shape,
    Version,
    version_of,
)
from imagegen.profile.cloud_init import PartKind
from imagegen.profile.fields import brief, shown
from imagegen.profile.lints.cloud_init import read
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.in_part import composed, in_part, node_at
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem

Path = tuple[str | int, ...]
# cloudInit, parts, the index, content
_CONTENT = 4
_COMMANDS = ("runcmd", "bootcmd")


def part_values(profile: Profile) -> Iterator[Problem]:
    """Every value of every part, by the cloud-init of the profile's release."""
    version = cloud_init_version(profile)
    for index, part in enumerate(profile.cloud_init.parts):
        config = read(part) if part.kind is PartKind.CLOUD_CONFIG else None
        if not isinstance(config, dict):
            continue
        document, path = composed(part.content), ("cloudInit", "parts", index, "content")
        for key, value in config.items():
            if key in SHAPES:
                judged = _Judged(document, version)
                yield from (in_part(part, found)
                            for found in judged.value(value, SHAPES[key], (*path, key)))
                yield from (in_part(part, found) for found in judged.age((*path, key)))


def cloud_init_version(profile: Profile) -> Version | None:
    """The release's cloud-init; None where it has none, or the release is not known."""
    release = known_release(profile)
    return version_of(release.cloud_init) if release and release.cloud_init else None


def defers(profile: Profile) -> bool:
    """Whether a part has a file that is written in the final stage, and the release can do it."""
    version = cloud_init_version(profile)
    if version is None or version < SINCE["write_files.defer"]:
        return False
    configs = [read(part) for part in profile.cloud_init.parts
               if part.kind is PartKind.CLOUD_CONFIG]
    entries = [entry for config in configs if isinstance(config, dict)
               for entry in config.get("write_files") or () if isinstance(entry, dict)]
    return any(entry.get("defer") is True for entry in entries)


class _Judged:
    """The values of one document, for one version of cloud-init."""

    def __init__(self, document: yaml.Node | None, version: Version | None) -> None:
        self.document, self.version = document, version

    def value(self, value: object, shape: Shape, path: Path) -> Iterator[Problem]:
        """What is wrong with a value and all that is in it."""
        if shape.anything:
            return
        if isinstance(value, list) and shape.items and len(value) == (shape.count or len(value)):
            for index, item in enumerate(value):
                yield from self.value(item, shape.items, (*path, index))
        elif isinstance(value, dict) and (shape.keys is not None or shape.values):
            yield from self._mapping(value, shape, path)
        elif not self._takes(value, shape, path):
            yield self._refused(value, shape, path)

    def _mapping(self, value: dict[object, object], shape: Shape, path: Path) -> Iterator[Problem]:
        for key, item in value.items():
            known = (shape.keys or {}).get(str(key)) or shape.values
            if known is None:
                # the lints of write_files speak of its own keys
                if path[_CONTENT] != "write_files" or len(path) > _CONTENT + 2:
                    yield _unknown_key(str(key), shape.keys or {}, path)
                continue
            yield from self.value(item, known, (*path, str(key)))
            yield from self.age((*path, str(key)))
        for key in shape.needs:
            if key not in value:
                yield Problem(path, f"{_spoken(path)} has no {key}, and cloud-init does nothing "
                              "without it", f"add `{key}`", rule="cloud-init-value")

    def age(self, path: Path) -> Iterator[Problem]:
        """A key that this cloud-init does not read yet."""
        name = ".".join(str(step) for step in path[_CONTENT:] if isinstance(step, str))
        since = SINCE.get(name)
        if since and self._is_before(since):
            yield Problem(path, f"cloud-init {_text(self.version or since)} does not read {name}: "
                          f"it came with {_text(since)}", INSTEAD.get(name, "remove it"),
                          of_key=True, rule="cloud-init-key-version")

    def _is_before(self, since: Version) -> bool:
        return self.version is not None and self.version < since

    def _takes(self, value: object, shape: Shape, path: Path) -> bool:
        if value is None:
            return shape.nothing and not (path[_CONTENT] in _COMMANDS and self._is_before(
                NULL_COMMANDS_SINCE))
        if isinstance(value, bool):
            return shape.flag
        if isinstance(value, bytes):
            return shape.binary
        if isinstance(value, str):
            return (shape.text or shape.words) and shape.holds in value and (
                not shape.choices or value in shape.choices)
        if isinstance(value, int) and shape.number:
            return True
        return shape.words and isinstance(value, int | float) and str(value) == self._raw(path)

    def _raw(self, path: Path) -> str:
        """A scalar as it is written."""
        node = node_at(self.document, path[_CONTENT:])
        return str(node.value) if isinstance(node, yaml.ScalarNode) else ""

    def _refused(self, value: object, shape: Shape, path: Path) -> Problem:
        raw, place = self._raw(path), _spoken(path)
        if isinstance(value, str) and shape.choices:
            near = difflib.get_close_matches(value.lower(), shape.choices, 1)
            return Problem(path, f"{place} is {shown(value)}, which cloud-init does not know",
                           f"did you mean {near[0]}?" if near else
                           f"write one of: {', '.join(shape.choices)}", rule="cloud-init-value")
        if isinstance(value, str) and shape.text and shape.holds:
            return Problem(path, f"{place} is {shown(value)}, which holds no `{shape.holds}`: "
                           "cloud-init stops there", "write it like name:password",
                           rule="cloud-init-value")
        if isinstance(value, list) and shape.count:
            return Problem(path, f"{place} has {len(value)} items, and cloud-init wants "
                           f"{shape.count}", f"write {shape.count} items", rule="cloud-init-value")
        scalar = not isinstance(value, list | dict)
        quotes = scalar and value is not None and (shape.text or shape.words) and (
            path[-1] != "sudo")
        read_as = f"YAML reads {shown(raw)} as {_kind(value)}" if scalar and raw else (
            f"this is {_kind(value)}")
        return Problem(path, f"{place} wants {_wanted(shape)}, and {read_as}"
                       f"{_lost(shape, path)}",
                       f'write "{brief(raw)}", in quotes' if quotes else _hint(value, shape, path),
                       rule=_rule(path))


# what becomes of the rest of a list where cloud-init's module stops (util.shellify, cc_write_files)
_NONE_RUNS = "cloud-init stops there and runs none of the commands"
_LOST = {"runcmd": _NONE_RUNS, "bootcmd": _NONE_RUNS,
         "write_files": "cloud-init stops there, and writes neither this file nor those after it"}


def _lost(shape: Shape, path: Path) -> str:
    if shape.words:
        return ": cloud-init hands it on as that"
    why = "" if shape.flag else _LOST.get(str(path[_CONTENT]))
    return f": {why}" if why else ""


def _rule(path: Path) -> str:
    """Commands and files that are none have had a rule of their own from the start."""
    entry = path[_CONTENT] == "write_files" and len(path) <= _CONTENT + 2
    return "cloud-init-effect" if entry or path[_CONTENT] in _COMMANDS else "cloud-init-value"


def _hint(value: object, shape: Shape, path: Path) -> str:
    if path[_CONTENT] in _COMMANDS and isinstance(value, dict):
        return "put the whole command into quotes"
    if path[-1] == "sudo":
        return 'write a rule of sudoers, such as "ALL=(ALL) NOPASSWD:ALL"'
    if shape.items is not None and not shape.text:
        return "begin each item with `- `"
    return f"write {_wanted(shape)}, or remove the line"


def _unknown_key(key: str, known: Mapping[str, Shape], path: Path) -> Problem:
    near = difflib.get_close_matches(key, known, 1, cutoff=0.7)
    return Problem((*path, key), f"{_spoken(path)} has no key {shown(key)}, so cloud-init passes "
                   "it over", f"did you mean `{near[0]}`?" if near else "remove it", of_key=True,
                   rule="cloud-init-key")


def _spoken(path: Path) -> str:
    """`write_files[0].content`."""
    text = ""
    for step in path[_CONTENT:]:
        text += f"[{step}]" if isinstance(step, int) else f".{step}" if text else step
    return text


def _kind(value: object) -> str:
    if value is None:
        return "nothing (null)"
    if isinstance(value, bool):
        return f"the boolean {str(value).lower()}"
    if isinstance(value, int | float):
        return f"the number {brief(str(value))}"
    kinds = {str: "text", bytes: "binary data", list: "a list", dict: "a mapping"}
    return next((name for kind, name in kinds.items() if isinstance(value, kind)), "a date")


def _wanted(shape: Shape) -> str:
    kinds = {"text": shape.text or shape.words, "a number": shape.number,
             "true or false": shape.flag, "a list": shape.items is not None,
             "a mapping": shape.keys is not None or shape.values is not None}
    return " or ".join(kind for kind, taken in kinds.items() if taken) or "nothing"


def _text(version: Version) -> str:
    return ".".join(map(str, version))
