"""The proxy of the old node, from whichever of its files names one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import FOLDERS
from imagegen.knowledge.paths import PROXIED

# the same text beside each unit that the node has; kube-proxy's is not there where others run it
_OUR_DROP_INS = tuple(f"/etc/systemd/system/{unit}.d/90-imagegen-proxy.conf" for unit in PROXIED)
MAX_DIRECT = 300
_WHOLE = ("/etc/environment", "/etc/systemd/system.conf")
_APT = re.compile(r'^\s*Acquire::(https?)::Proxy\s+"([^"]*)"', re.I | re.M)
_DNF = re.compile(r"^\s*proxy\s*=\s*(\S+)", re.M)


@dataclass(frozen=True, slots=True)
class Found:
    """A proxy, and the file and line that name it."""

    where: str
    values: Mapping[str, Any]


def environment_of(text: str, section: str = "Service", key: str = "Environment") -> dict[str, str]:
    """A unit's Environment= lines, the last of a name."""
    found: dict[str, str] = {}
    for name, value in systemd.settings(text, section):
        if name == key:
            pairs = (word.partition("=") for word in systemd.words(value))
            found |= {one: other.replace("%%", "%") for one, equals, other in pairs if equals}
    return found


def proxy_in(values: Mapping[str, str]) -> dict[str, Any]:
    """http, https and noProxy of an environment; curl and Go take both spellings."""
    low = {name.lower(): value for name, value in values.items() if value}
    direct = [part.strip() for part in low.get("no_proxy", "").split(",") if part.strip()]
    found = {"http": low.get("http_proxy"), "https": low.get("https_proxy"), "noProxy": direct}
    return {key: value for key, value in found.items() if value}


def ours_of(files: Files) -> dict[str, Any]:
    """What imagegen's own drop-in says, of whichever unit has one."""
    texts = (files.text(path) for path in _OUR_DROP_INS)
    return proxy_in(environment_of(next(filter(None, texts), "")))


def direct(files: Files) -> list[str]:
    """What imagegen's own drop-in lets past the proxy."""
    listed: list[str] = ours_of(files).get("noProxy", [])
    return listed


def adopted_proxy_of(files: Files, notes: Notes) -> dict[str, Any] | None:
    """The first proxy of the node's parts, else of its shells, else of its package manager."""
    found = [one for one in _all(files) if _clean(one, notes)]
    if not found:
        return None
    chosen = found[0]
    for other in found[1:]:
        if _ways(other) != _ways(chosen):
            notes.add(f"{other.where} names another proxy than {chosen.where}, which is carried "
                      "over: imagegen's nodes have one", "os", "proxy")
    if len(chosen.values.get("noProxy", ())) > MAX_DIRECT:
        notes.add(f"{chosen.where}: only the first {MAX_DIRECT} hosts past the proxy are carried "
                  "over", "os", "proxy")
    return {key: list(dict.fromkeys(value))[:MAX_DIRECT] if key == "noProxy" else _url(value)
            for key, value in chosen.values.items()}


def _ways(one: Found) -> list[str]:
    """Where it leads, for a comparison: apt names one way for each kind, a shell often both."""
    return sorted({_url(str(value)).rstrip("/") for key, value in one.values.items()
                   if key != "noProxy"})


def _url(text: str) -> str:
    """Go and curl take HOST:PORT for an http proxy."""
    return text if "://" in text else f"http://{text}"


def _clean(one: Found, notes: Notes) -> bool:
    """Whether it names a way out, and holds nothing that must not travel."""
    ways = [str(value) for key, value in one.values.items() if key != "noProxy"]
    if any("@" in way for way in ways):
        notes.add(f"{one.where} names a proxy with a user or a password: never carried over; bring "
                  "HTTPS_PROXY= with the node's seed in /etc/imagegen/proxy.env", "os", "proxy")
        return False
    return bool(ways)


def _all(files: Files) -> Iterator[Found]:
    for path in [*_drop_ins(files), *_WHOLE, *_in(files, "/etc/systemd/system.conf.d", ".conf"),
                 *_in(files, "/etc/profile.d", ".sh"), "/etc/profile"]:
        text = files.text(path)
        if text is not None:
            yield Found(f"{path}:{_line(text, 'proxy')}", proxy_in(_values(path, text)))
    for path in ["/etc/apt/apt.conf", *_in(files, "/etc/apt/apt.conf.d", "")]:
        text = files.text(path) or ""
        yield Found(f"{path}:{_line(text, '::proxy')}",
                    {kind.lower(): url for kind, url in _APT.findall(text) if url != "DIRECT"})
    for path in ("/etc/dnf/dnf.conf", "/etc/yum.conf"):
        text = files.text(path) or ""
        way = _DNF.search(text)
        yield Found(f"{path}:{_line(text, 'proxy')}", {"http": way[1]} if way else {})


def _in(files: Files, folder: str, suffix: str) -> list[str]:
    return [f"{folder}/{name}" for name in files.names(folder) if name.endswith(suffix)]


def _drop_ins(files: Files) -> list[str]:
    """Units and drop-ins, first those of the units that get the profile's proxy."""
    units = [f"{folder}/{name}" for folder in FOLDERS for name in files.names(folder)
             if name.endswith((".service", ".service.d"))]
    paths = [path for unit in units for path in
             (_in(files, unit, ".conf") if unit.endswith(".d") else [unit])]
    return sorted(paths, key=lambda path: not any(unit in path for unit in PROXIED))


def _values(path: str, text: str) -> dict[str, str]:
    if path.startswith("/etc/systemd/system.conf"):
        return environment_of(text, "Manager", "DefaultEnvironment")
    if "/systemd/system/" in path:
        return environment_of(text)
    return systemd.environment(re.sub(r"^\s*export\s+", "", text, flags=re.M))


def _line(text: str, word: str) -> int:
    rows = text.lower().split("\n")
    return next((number for number, row in enumerate(rows, 1)
                 if word in row and row.strip()[:1] not in ("#", ";", "/")), 1)
