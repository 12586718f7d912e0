"""dnf's repositories: the profile's packageMirrors, or files beside the distribution's own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import unquote

from imagegen.adopt.mirrors import MAX_MIRRORS, armour
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.drop_ins import DNF_FOLDERS
from imagegen.profile.lints.package_sources import VARIABLES

_OFFICIAL = re.compile(r"https?://([a-z0-9.-]+\.)?(centos\.org|fedoraproject\.org"
                       r"|rockylinux\.org|almalinux\.org|redhat\.com|amazonlinux\.com|amazonaws"
                       r"\.com)(/|\Z)")
# dnf.conf(5): what a repository is asked with
_SECRET = ("username", "password", "proxy_username", "proxy_password", "sslclientkey")
_OFF = ("0", "no", "false", "off")
# what a mirror of the profile's says, or what changes nothing of what dnf installs
_KNOWN = ("name", "baseurl", "enabled", "gpgcheck", "gpgkey", "repo_gpgcheck", "metadata_expire",
          "countme", "skip_if_unavailable", "enabled_metadata", "type", "sslverify")
_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_]+)\}?")
_WITH_SECRET = "names a repository with a user, a password or a key: never carried over"


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository that is switched on: its file, the line of its URL, and its settings."""

    path: str
    line: int
    settings: dict[str, str]

    @property
    def where(self) -> str:
        """As a note names it."""
        return f"{self.path}:{self.line}"

    def words(self, key: str) -> list[str]:
        """A setting that is a list: blanks, commas and line ends are between its values."""
        return self.settings.get(key, "").replace(",", " ").split()

    @property
    def own(self) -> bool:
        """Whether it is not the distribution's; a list of mirrors is, unless it is named."""
        given = [*self.words("baseurl"), *self.words("mirrorlist"), *self.words("metalink")]
        return any(not _OFFICIAL.match(url) for url in given)


@dataclass(frozen=True, slots=True)
class Repositories:
    """What the profile gets of them: mirrors where they are all, else files beside the others."""

    mirrors: list[dict[str, Any]]
    files: list[dict[str, Any]]


def adopted_repositories(files: Files, release: Release | None, notes: Notes) -> Repositories:
    """The repositories, where one of them is not the distribution's own."""
    found = [one for path in _paths(files) for one in repositories(path, files.text(path) or "")]
    own = [one for one in found if one.own]
    if not own:
        return Repositories([], [])
    if release is None or release.manager is not Manager.DNF:
        for one in own:
            notes.add(f"{one.where} names a repository of your own, and another distribution's "
                      "than the profile's: not carried over", "os", "packageMirrors")
        return Repositories([], [])
    if all(one.words("baseurl") for one in found):
        return Repositories(_mirrors(files, found, release, notes), [])
    return Repositories([], _beside(files, own, release, notes))


def _paths(files: Files) -> list[str]:
    return [f"{folder}/{name}" for folder in DNF_FOLDERS for name in files.names(folder)
            if name.endswith(".repo")]


def repositories(path: str, text: str) -> Iterator[Repository]:
    """The repositories of a .repo file that are switched on; dnf's default is on."""
    found: list[Repository] = []
    last = ""
    for number, line in enumerate(text.splitlines(), 1):
        bare = line.strip()
        if line.startswith("[") and "]" in bare:
            found.append(Repository(path, number, {}))
            last = ""
        elif bare and bare[0] not in "#;" and found:
            key, equals, value = bare.partition("=")
            if line[0] in " \t" and last:
                found[-1].settings[last] += f" {bare}"
            elif equals:
                last = key.strip()
                found[-1].settings[last] = value.strip()
                if last == "baseurl":
                    found[-1] = replace(found[-1], line=number)
    yield from (one for one in found if one.settings.get("enabled", "1").lower() not in _OFF)


def _mirrors(files: Files, found: list[Repository], release: Release,
             notes: Notes) -> list[dict[str, Any]]:
    if found[MAX_MIRRORS:]:
        notes.add(f"only the first {MAX_MIRRORS} of dnf's repositories are carried over", "os",
                  "packageMirrors")
    made = (_mirror(files, one, release, notes) for one in found[:MAX_MIRRORS])
    return [mirror for mirror in made if mirror]


def _mirror(files: Files, one: Repository, release: Release,
            notes: Notes) -> dict[str, Any] | None:
    first, *rest = (_written_out(files, url) for url in one.words("baseurl"))
    why = _not_carried(one, first)
    if why:
        notes.add(f"{one.where} {why}", "os", "packageMirrors")
        return None
    lost = sorted({*one.settings} - {*_KNOWN})
    if rest or lost:
        what = [*(["all but its first baseurl"] if rest else []), *lost]
        notes.add(f"{one.where}: {', '.join(what)} is not carried over", "os", "packageMirrors")
    if one.settings.get("gpgcheck", "1").lower() in _OFF:
        notes.add(f"{one.where} has gpgcheck off, and a node of the profile's checks every "
                  "package: name the key that signs them", "os", "packageMirrors")
    return {"url": first, **_signer(files, one, release, notes)}


def _not_carried(one: Repository, url: str) -> str:
    """Why a repository cannot be a mirror of the profile's; empty where it can."""
    if "@" in url or any(key in one.settings for key in _SECRET):
        return _WITH_SECRET
    if not url.startswith(("http://", "https://")):
        return f"names {url}, and a mirror is an http(s) address: not carried over"
    unknown = [name for name in _VARIABLE.findall(url) if name not in VARIABLES]
    if unknown:
        return (f"names {url}, and no file of /etc/dnf/vars says what ${unknown[0]} stands for: "
                "not carried over")
    return ""


def _written_out(files: Files, url: str) -> str:
    """An address without the variables that only files of this node explain."""
    def value(found: re.Match[str]) -> str:
        if found[1] in VARIABLES:
            return f"${found[1]}"
        text = (files.text(f"/etc/dnf/vars/{found[1]}") or "").strip()
        return text if text and len(text.split()) == 1 else found[0]
    return _VARIABLE.sub(value, url)


def _signer(files: Files, one: Repository, release: Release, notes: Notes) -> dict[str, Any]:
    """The distribution's key is there anyway; another one's bytes come along."""
    paths = key_paths(one)
    if not one.words("gpgkey") or paths == [release.archive_key]:
        return {}
    found = [_armoured(files.read(path)) for path in paths]
    if paths and all(found):
        return {"key": "".join(f"{key.strip()}\n" for key in found if key)}
    notes.add(f"{one.where} is signed by {' and '.join(one.words('gpgkey'))}, which is not among "
              "the files: name its key", "os", "packageMirrors")
    return {"signedBy": paths[0]} if paths else {}


def key_paths(one: Repository) -> list[str]:
    """The keys of a repository that are files of the node's; none where any comes by the net."""
    given = one.words("gpgkey")
    paths = [unquote(url.removeprefix("file://")) for url in given if url.startswith("file:///")]
    return paths if len(paths) == len(given) else []


def _armoured(data: bytes | None) -> str | None:
    if data is None or b"PRIVATE KEY" in data:
        return None
    text = data.decode("ascii", "replace")
    return text if "-----BEGIN PGP PUBLIC KEY BLOCK-----" in text else armour(data)


def _beside(files: Files, own: list[Repository], release: Release,
            notes: Notes) -> list[dict[str, Any]]:
    """Their files as they are: with mirrors in the profile, the build would take those away that
    come by a list of mirrors, which are the distribution's own.
    """
    kept: dict[str, dict[str, Any]] = {}
    for one in own:
        if one.path in kept:
            continue
        if "@" in (files.text(one.path) or "") or any(key in one.settings for key in _SECRET):
            notes.add(f"{one.where} {_WITH_SECRET}", "os", "files")
            continue
        kept[one.path] = {"path": one.path, "content": files.text(one.path)}
        kept |= {path: {"path": path, "content": key} for path in key_paths(one)
                 if path != release.archive_key and (key := _armoured(files.read(path)))}
    return list(kept.values())
