"""The user's own parts of the user-data: what cloud-init would drop, misread or not heed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import yaml

from imagegen.knowledge.cloud_config import BAKED_BY, FILE_KEYS, HEEDED, MERGING, OWN
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.profile.fields import shown
from imagegen.profile.lints.in_part import broken_at, in_part
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_MODE = re.compile("0[0-7]{3}")


def parts(profile: Profile) -> Iterator[Problem]:
    """Each part by itself, and their names among each other."""
    seen: set[str] = set()
    for index, part in enumerate(profile.cloud_init.parts):
        path = ("cloudInit", "parts", index)
        if part.name in seen:
            yield Problem((*path, "name"), f"two parts are called {part.name}, and cloud-init "
                          "would keep one script of that name", "give one of them another name",
                          rule="cloud-init-part-name")
        seen.add(part.name)
        yield from (in_part(part, found) for found in _shape(part, (*path, "content")))


def _shape(part: Part, path: Path) -> Iterator[Problem]:
    if part.kind is PartKind.CLOUD_CONFIG:
        yield from _document(part, path)
    elif part.kind is PartKind.SCRIPT and not part.content.startswith("#!"):
        yield Problem(path, f"the script {part.name} does not begin with #!, and cloud-init would "
                      "not run it", "begin it with its interpreter, such as #!/bin/sh",
                      rule="cloud-init-part-form", at=0)


def _document(part: Part, path: Path) -> Iterator[Problem]:
    config = read(part)
    if not isinstance(config, dict) or not all(isinstance(key, str) for key in config):
        yield Problem(path, f"the part {part.name} is not a mapping of cloud-init's keys in plain "
                      "YAML, and cloud-init would drop it",
                      "write keys such as runcmd; a template (## template: jinja) is not read",
                      rule="cloud-init-part-form", at=broken_at(part.content))
        return
    for key in config:
        yield from _key(str(key), (*path, key))
    yield from _files(config.get("write_files"), (*path, "write_files"))


def read(part: Part) -> Any:  # noqa: ANN401
    """A cloud-config part's data, as cloud-init's own YAML reader has it; None for none."""
    if "template: jinja" in part.content[:100]:
        return None
    try:
        return yaml.load(part.content, getattr(yaml, "CSafeLoader", yaml.SafeLoader))
    except (yaml.YAMLError, ValueError, RecursionError):
        return None


def _key(key: str, path: Path) -> Iterator[Problem]:
    if key in OWN or key in MERGING:
        why = "says how parts are merged" if key in MERGING else "says it of every node"
        yield Problem(path, f"imagegen {why}: {key} cannot stand in a part",
                      "remove it; a node's name comes with its seed", rule="cloud-init-part-key",
                      of_key=True)
    elif key in BAKED_BY:
        yield Problem(path, f"a baked node does not heed {key}: it would be ignored in silence",
                      f"bake it: {BAKED_BY[key]} in the profile", rule="cloud-init-part-unheeded",
                      of_key=True)
    elif key not in HEEDED:
        yield Problem(path, f"a baked node does not heed {shown(key)}: its cloud-init runs only "
                      "what is one node's own",
                      "bake it (os of the profile), or do it in a script part",
                      rule="cloud-init-part-unheeded", of_key=True)


def _files(files: object, path: Path) -> Iterator[Problem]:
    for index, entry in enumerate(files if isinstance(files, list) else ()):
        if isinstance(entry, dict):
            for key in sorted(entry.keys() - FILE_KEYS, key=str):
                hint = "write `permissions`" if str(key).startswith("perm") else "remove it"
                yield Problem((*path, index, str(key)), f"write_files has no key "
                              f"{shown(str(key))}, so it would be dropped", hint,
                              rule="cloud-init-file-key", of_key=True)
            if "permissions" in entry:
                yield from _permissions(entry["permissions"], (*path, index, "permissions"))


def _permissions(given: object, path: Path) -> Iterator[Problem]:
    """cloud-init takes a number as it is and text as octal (cc_write_files.py, decode_perms)."""
    if isinstance(given, bool) or not isinstance(given, str):
        yield Problem(path, f"permissions without quotes are {_number(given)}",
                      'write four octal digits in quotes, like "0644"',
                      rule="cloud-init-permissions")
    elif mode_of(given) is None:
        yield Problem(path, f"permissions {shown(given)} are not octal; cloud-init would use 0644 "
                      "and say so only in its log",
                      'write four octal digits in quotes, like "0644"',
                      rule="cloud-init-permissions")
    elif not _MODE.fullmatch(given):
        special = int(given, 8) > 0o777
        why = "setuid, setgid and sticky bits are lost in older versions of cloud-init" if special \
            else f"imagegen writes them as {mode_of(given)}"
        yield Problem(path, f"permissions {shown(given)} are an unusual spelling: {why}",
                      'write four octal digits in quotes, like "0644"',
                      rule="cloud-init-permissions-spelling", severity=Severity.WARNING)


def _number(given: object) -> str:
    if isinstance(given, bool) or not isinstance(given, int) or given < 0:
        return "no text, which is what cloud-init reads as octal"
    return (f"the number {given}: the mode {given:04o}, and another one where the document is "
            "written anew")


def mode_of(text: str) -> str | None:
    """Permissions as cloud-init reads them, in four octal digits; None where it cannot."""
    try:
        mode = int(text, 8)
    except ValueError:
        return None
    return f"{mode:04o}" if 0 <= mode <= 0o7777 and text.isascii() else None
