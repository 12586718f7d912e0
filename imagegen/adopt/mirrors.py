"""apt's sources: both forms of sources.list(5) to the profile's packageMirrors."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

_OPTIONS = re.compile(r"\[([^\]]*)\]\s*")


@dataclass(frozen=True, slots=True)
class Source:
    """One source of packages, and the line that it begins on."""

    line: int
    types: tuple[str, ...]
    url: str
    suites: tuple[str, ...]
    components: tuple[str, ...]
    signed_by: str = ""
    options: tuple[str, ...] = field(default=())

    def mirror(self) -> dict[str, Any]:
        """As the profile has it, but for the key."""
        return {"url": self.url, "suites": list(self.suites), "components": list(self.components)}


def stanzas(text: str) -> Iterator[Source]:
    """A .sources file (deb822); one source for each URI; those that are turned off are left out."""
    for number, fields in _paragraphs(text):
        if fields.get("enabled", "yes").lower() in ("no", "false", "0", "off"):
            continue
        for url in fields.get("uris", "").split():
            yield Source(number, tuple(fields.get("types", "deb").split()), url,
                         tuple(fields.get("suites", "").split()),
                         tuple(fields.get("components", "").split()),
                         fields.get("signed-by", "").strip(),
                         tuple(key for key in fields if key not in _KNOWN))


_KNOWN = frozenset({"enabled", "types", "uris", "suites", "components", "signed-by"})


def _paragraphs(text: str) -> Iterator[tuple[int, dict[str, str]]]:
    fields: dict[str, str] = {}
    start, last = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if fields:
                yield start, fields
            fields, last = {}, ""
        elif line[0] in " \t" and last:
            # a line of a key that is a single dot stands for an empty one
            more = line.strip()
            fields[last] += "\n" + ("" if more == "." else more)
        elif ":" in line:
            start = start if fields else number
            key, _, value = line.partition(":")
            last = key.strip().lower()
            fields[last] = value.strip()


def one_liners(text: str) -> Iterator[Source]:
    """A sources.list: `deb [options] URI suite components`."""
    for number, line in enumerate(text.splitlines(), 1):
        kind, _, rest = line.partition("#")[0].strip().partition(" ")
        if kind not in ("deb", "deb-src"):
            continue
        found = _OPTIONS.match(rest.strip())
        options = dict(part.partition("=")[::2] for part in found[1].split()) if found else {}
        words = rest.strip()[found.end() if found else 0:].split()
        if len(words) >= 2:
            signed = options.pop("signed-by", "")
            options.pop("arch", "")
            yield Source(number, (kind,), words[0], (words[1],), tuple(words[2:]), signed,
                         tuple(options))
