"""What a part of the profile's own does on the node: its files, its commands, its swap."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

import yaml

from imagegen.knowledge.accounts import GROUPS, USERS
from imagegen.knowledge.cloud_config_values import SINCE, Version
from imagegen.knowledge.distributions import Distribution
from imagegen.knowledge.paths import OWN, one_name, within
from imagegen.knowledge.sysctls import dotted, proc_path
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.profile.fields import shown
from imagegen.profile.lints.cloud_init import read
from imagegen.profile.lints.cloud_init_values import cloud_init_version
from imagegen.profile.lints.in_part import composed, in_part
from imagegen.profile.lints.sysctl_files import placed
from imagegen.profile.lints.sysctls import NEEDED_SYSCTLS, alias_of_needed
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Swap
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
# cc_write_files.py, canonicalize_extraction; anything else is written as it stands
_ENCODINGS = ("b64", "base64", "gz", "gzip", "gz+base64", "gzip+base64", "gz+b64", "gzip+b64",
              "text/plain")
_SYSCTL = re.compile(r"\bsysctl\s+(?:-[a-z]+\s+)*([a-z0-9_./-]+)\s*=\s*(\S+)")


def part_files(profile: Profile) -> Iterator[Problem]:
    """Every part that is a #cloud-config, and a script's first line."""
    for index, part in enumerate(profile.cloud_init.parts):
        path = ("cloudInit", "parts", index, "content")
        config = read(part) if part.kind is PartKind.CLOUD_CONFIG else None
        if isinstance(config, dict):
            found = (*_files(profile, config, (*path, "write_files")), *_commands(config, path),
                     *_swap(profile, config, path))
            yield from (in_part(part, one) for one in found)
            yield from _twice(part, path)
        elif part.content.split("\n", 1)[0].endswith("\r"):
            yield Problem(path, f"the first line of {part.name} ends in a carriage return, so the "
                          "kernel looks for an interpreter of that name",
                          "save it with plain line ends", rule="cloud-init-part-form", at=0)


def _files(profile: Profile, config: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    entries = config.get("write_files")
    for index, entry in enumerate(entries if isinstance(entries, list) else ()):
        if isinstance(entry, dict):
            yield from _entry(profile, config, entry, (*path, index))


def _entry(profile: Profile, config: Mapping[str, Any], entry: Mapping[str, Any],
           path: Path) -> Iterator[Problem]:
    place = entry.get("path")
    if not isinstance(place, str) or not place.startswith("/"):
        yield _refused((*path, "path"), "write_files has no absolute path in "
                       f"{shown(str(place))}, and cloud-init passes the file over",
                       "write the whole path, from / on")
        return
    yield from _baked(profile, place, (*path, "path"))
    yield from _content(place, entry, path)
    yield from _owner(profile, config, entry, path)
    yield from _sysctls(place, str(entry.get("content", "")), (*path, "content"))


def _baked(profile: Profile, place: str, path: Path) -> Iterator[Problem]:
    plain = one_name(place)
    proxy = profile.kube_proxy
    own = {proxy.path, proxy.config_file} if proxy.by_unit else set[str]()
    baked = own | {file.path for file in profile.os.files}
    seeds = (proxy.kubeconfig, "/etc/imagegen/node.env", "/etc/imagegen/node.json")
    if plain in {one_name(one) for one in baked} or any(
            within(plain, own) for own in OWN if own != "/etc/imagegen"):
        yield _refused(path, f"{place} lies in the image already: the node's check sees that it "
                       "was changed, and is red", "change it in the profile")
    elif plain in seeds:
        yield _refused(path, f"{place} comes with each node's seed, and one of the two would win",
                       "leave it to the seed")


def _content(place: str, entry: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    given = entry.get("encoding", "text/plain")
    encoding = given.strip().lower() if isinstance(given, str) else "text/plain"
    if encoding not in _ENCODINGS:
        yield _refused((*path, "encoding"), f"cloud-init knows no encoding {shown(encoding)} and "
                       f"writes {place} as it stands",
                       "write `encoding: b64`, or leave it out for text")
    elif "b64" in encoding or "base64" in encoding:
        try:
            base64.b64decode("".join(str(entry.get("content", "")).split()), validate=True)
        except (binascii.Error, ValueError):
            yield _refused((*path, "content"), f"the content of {place} is not base64",
                           "`base64 FILE` prints it")


def _owner(profile: Profile, config: Mapping[str, Any], entry: Mapping[str, Any],
           path: Path) -> Iterator[Problem]:
    """write_files runs before users and groups are made, unless it is deferred (21.4)."""
    given = entry.get("owner", "root:root")
    user, _, group = (given if isinstance(given, str) else "root:root").partition(":")
    known = {user.name for user in profile.os.users}
    late = {user} - USERS - known | ({group or user} - GROUPS - known)
    version = cloud_init_version(profile)
    deferred = entry.get("defer") is True
    if late and not deferred:
        os = profile.os
        others = bool(os.packages or os.hooks.before or os.distribution is not Distribution.DEBIAN)
        yield Problem((*path, "owner"), "write_files runs before cloud-init makes users: where the "
                      f"image has no {' and '.join(sorted(late))}, {entry.get('path')} is not "
                      "written",
                      f"{_later(version)}bake the account by os.users",
                      rule="cloud-init-effect",
                      severity=Severity.WARNING if others else Severity.ERROR)


def _later(version: Version | None) -> str:
    since = SINCE["write_files.defer"]
    return "" if version is not None and version < since else "add `defer: true`, or "


def _sysctls(place: str, text: str, path: Path) -> Iterator[Problem]:
    if place == "/etc/sysctl.conf" or place.rpartition("/")[0].endswith("/sysctl.d"):
        for at, key, value in placed(text):
            yield from (replace(found, at=at) for found in _needed(key, value, path, place))


def _needed(key: str, value: str, path: Path, place: str) -> Iterator[Problem]:
    name = alias_of_needed(key) or dotted(key)
    if NEEDED_SYSCTLS.get(name, value) != value:
        yield Problem(path, f"{place} sets {dotted(key)} to {value}, which breaks a node in IPVS "
                      "mode", "take it out", rule="sysctl-needed")


def _commands(config: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    for key in ("runcmd", "bootcmd"):
        commands = config.get(key)
        for index, command in enumerate(commands if isinstance(commands, list) else ()):
            yield from _command(key, command, (*path, key, index))


def _command(key: str, command: object, path: Path) -> Iterator[Problem]:
    words = command if isinstance(command, list) else [command]
    for name, value in _SYSCTL.findall(" ".join(map(str, words))):
        yield from _needed(proc_path(name), value, path, f"{key}: {words[0]}")


def _swap(profile: Profile, config: Mapping[str, Any], path: Path) -> Iterator[Problem]:
    mounts = config.get("mounts")
    rows = [row for row in mounts if isinstance(row, list)] if isinstance(mounts, list) else []
    if profile.os.swap is Swap.OFF and (config.get("swap") or any(
            "swap" in map(str, row[1:3]) for row in rows)):
        asked = "swap" if config.get("swap") else "mounts"
        yield Problem((*path, asked), "this part turns swap on, and os.swap is off", "take it out, "
                      "or write `swap: leave` under os", rule="node-swap", of_key=True)


def _refused(path: Path, what: str, hint: str) -> Problem:
    return Problem(path, what, hint, rule="cloud-init-effect")


def _twice(part: Part, path: Path) -> Iterator[Problem]:
    """YAML's second key of a name takes the first one's place without a word."""
    document = composed(part.content)
    nodes = [key for key, _ in document.value] if isinstance(document, yaml.MappingNode) else []
    keys = [str(key.value) for key in nodes]
    last = {name: key.start_mark.index for name, key in zip(keys, nodes, strict=True)}
    for name in sorted({key for key in keys if keys.count(key) > 1}):
        found = _refused(path, f"{name} stands twice in {part.name}, and cloud-init takes the last "
                         "one alone", "put both into one list")
        yield replace(found, at=last[name])
