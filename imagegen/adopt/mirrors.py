"""apt's sources: both forms of sources.list(5) to the profile's packageMirrors."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import Distribution, Manager, Release

_FOLDER = "/etc/apt/sources.list.d"
_OFFICIAL = re.compile(r"(mirror\+)?https?://([a-z0-9.-]+\.)?(debian\.org|ubuntu\.com)(/|\Z)")
MAX_MIRRORS = 100
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
    rows: dict[str, list[str]] = {}
    start, last = 0, ""
    for number, line in enumerate([*text.splitlines(), ""], 1):
        if line.startswith("#"):
            continue
        if not line.strip():
            if rows:
                yield start, {key: "\n".join(parts) for key, parts in rows.items()}
            rows, last = {}, ""
        elif line[0] in " \t" and last:
            # a line of a key that is a single dot stands for an empty one
            more = line.strip()
            rows[last].append("" if more == "." else more)
        elif ":" in line:
            start = start if rows else number
            key, _, value = line.partition(":")
            last = key.strip().lower()
            rows[last] = [value.strip()]


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


def adopted_mirrors(files: Files, release: Release | None, notes: Notes) -> list[dict[str, Any]]:
    """The sources, where one of them is not the distribution's own; binary ones only."""
    found = [(path, source) for path, source in _sources(files) if "deb" in source.types]
    if all(_OFFICIAL.match(source.url) for _, source in found):
        return []
    if release is None or release.manager is not Manager.APT:
        notes.add(f"{found[0][0]}:{found[0][1].line} and the other sources of apt are those of "
                  "another distribution than the profile's: not carried over",
                  "os", "packageMirrors")
        return []
    if found[MAX_MIRRORS:]:
        notes.add(f"only the first {MAX_MIRRORS} of apt's sources are carried over", "os",
                  "packageMirrors")
    mirrors = (_mirror(files, path, source, release, notes)
               for path, source in found[:MAX_MIRRORS])
    return [mirror for mirror in mirrors if mirror]


def _sources(files: Files) -> Iterator[tuple[str, Source]]:
    paths = ["/etc/apt/sources.list", *(f"{_FOLDER}/{name}" for name in files.names(_FOLDER))]
    for path in paths:
        text = files.text(path) or ""
        if path.endswith(".list"):
            yield from ((path, source) for source in one_liners(text))
        elif path.endswith(".sources"):
            yield from ((path, source) for source in stanzas(text))


def _mirror(files: Files, path: str, source: Source, release: Release,
            notes: Notes) -> dict[str, Any] | None:
    where = f"{path}:{source.line}"
    if "@" in source.url:
        notes.add(f"{where} names a mirror with a user or a password: never carried over",
                  "os", "packageMirrors")
        return None
    if not source.url.startswith(("http://", "https://")):
        notes.add(f"{where} names {source.url}, and a mirror is an http(s) address: not carried "
                  "over", "os", "packageMirrors")
        return None
    if source.options:
        notes.add(f"{where}: {', '.join(source.options)} is not carried over", "os",
                  "packageMirrors")
    return {**source.mirror(), **_signer(files, source, release, where, notes)}


def _signer(files: Files, source: Source, release: Release, where: str,
            notes: Notes) -> dict[str, Any]:
    """A keyring of the distribution's is there anyway; another one's bytes come along."""
    if source.signed_by.startswith("-----BEGIN PGP"):
        return {"key": source.signed_by}
    own = f"/usr/share/keyrings/{release.distribution}-archive-keyring.gpg"
    if not source.signed_by or source.signed_by == own:
        return {} if release.distribution is Distribution.DEBIAN else {"signedBy": own}
    data = files.read(source.signed_by)
    if data is None or b"PRIVATE KEY" in data:
        notes.add(f"{where} is signed by {source.signed_by}, which is not among the files: name "
                  "its key", "os", "packageMirrors")
        return {"signedBy": source.signed_by}
    armoured = data.startswith(b"-----BEGIN PGP")
    return {"key": data.decode("ascii", "replace") if armoured else armour(data)}


def armour(data: bytes) -> str:
    """An OpenPGP key ring as text (RFC 4880, 6.2), with its checksum (6.1)."""
    checksum = 0xB704CE
    for byte in data:
        checksum ^= byte << 16
        for _ in range(8):
            checksum = (checksum << 1) ^ (0x1864CFB if checksum & 0x800000 else 0)
    text = base64.b64encode(data).decode()
    rows = [text[at:at + 64] for at in range(0, len(text), 64)]
    end = base64.b64encode((checksum & 0xFFFFFF).to_bytes(3, "big")).decode()
    return "\n".join(["-----BEGIN PGP PUBLIC KEY BLOCK-----", "", *rows, f"={end}",
                      "-----END PGP PUBLIC KEY BLOCK-----", ""])
