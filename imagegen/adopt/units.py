"""Units of the old node's owner, and the small text files that they run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.notes import Notes
from imagegen.adopt.scripts import Scripts, carried_files, keep, programs
from imagegen.adopt.secrets import secret_in
from imagegen.adopt.tree import Files
from imagegen.knowledge.paths import PROXIED

FOLDER = "/etc/systemd/system"
_KINDS = (".service", ".socket", ".timer", ".path", ".mount", ".automount", ".target", ".slice")
# parts of the cluster and of the boot that a profile carries elsewhere or not at all
_ELSEWHERE = ("kube-proxy.service", "imagegen-check.service", "swap.target", "default.target")
_PROXY = re.compile(r"\s*(\[Service\]|Environment=.*_proxy=.*|[#;].*|)\s*\Z", re.I)
MAX_UNITS, MAX_DROP_INS = 300, 26


@dataclass(slots=True)
class Units:
    """What the profile gets of them: units, and the files that they run and read."""

    units: list[dict[str, Any]] = field(default_factory=list)
    files: dict[str, dict[str, Any]] = field(default_factory=dict)


def adopted_units(files: Files, taken: frozenset[str], packages: list[str],
                  notes: Notes) -> Units:
    """Whole units of /etc/systemd/system, drop-ins, masks; `taken` are imagegen's own."""
    found, enabled = Units(), _enabled(files)
    for name in files.names(FOLDER)[:MAX_UNITS]:
        if name.endswith(_KINDS) and name not in taken | {*_ELSEWHERE}:
            unit = _unit(files, name, enabled, found, notes)
            found.units += [unit] if unit else []
    known = {unit["name"]: unit for unit in found.units}
    for name in files.names(FOLDER)[:MAX_UNITS]:
        if name.endswith(tuple(f"{kind}.d" for kind in _KINDS)):
            _drop_ins(files, name.removesuffix(".d"), known, found, notes)
    found.units += [{"name": f"{name}.service", "state": "enabled"} for name in packages
                    if f"{name}.service" in enabled and f"{name}.service" not in known]
    return found


def _enabled(files: Files) -> set[str]:
    """systemctl enable makes a link in a folder of what wants the unit."""
    return {name for folder in files.names(FOLDER) if folder.endswith((".wants", ".requires"))
            for name in files.names(f"{FOLDER}/{folder}")
            if files.link(f"{FOLDER}/{folder}/{name}")}


def _unit(files: Files, name: str, enabled: set[str], found: Units,
          notes: Notes) -> dict[str, Any] | None:
    path = f"{FOLDER}/{name}"
    target = files.link(path)
    if target is not None:
        # any other link is an alias, which enabling a unit makes
        return {"name": name, "state": "masked"} if target == "/dev/null" else None
    text = files.text(path)
    if text is None or not _carries(files, path, text, found, notes):
        return None
    state = {"state": "enabled"} if name in enabled and "[Install]" in text else {}
    return {"name": name, "content": text.replace("\r\n", "\n"), **state}


def _carries(files: Files, path: str, text: str, found: Units, notes: Notes) -> bool:
    """Whether all that it runs can come along; else a note, with the line."""
    if secret := secret_in(text):
        notes.add(f"{path}:{secret[0]} holds {secret[1]}: never carried over", "os", "units")
        return False
    own = Scripts()
    for number, program in programs(text):
        if why := carried_files(files, program, own):
            notes.add(f"{path}:{number} runs {program.split(' ')[0][:120]}, {why}: the unit is not "
                      "carried over", "os", "units")
            return False
    for name, value in systemd.settings(text, "Service"):
        if name == "EnvironmentFile":
            _environment(files, value.removeprefix("-"), own, path, notes)
    for name, why in own.told.items():
        notes.add(f"{path} names {name}, {why}: not carried over", "os", "files")
    found.files |= own.kept
    return True


def _environment(files: Files, name: str, own: Scripts, path: str, notes: Notes) -> None:
    if name.startswith("/etc/") and (why := keep(files, name, own)) and files.read(name):
        notes.add(f"{path} reads {name}, {why}: never carried over", "os", "files")


def _drop_ins(files: Files, unit: str, known: dict[str, dict[str, Any]], found: Units,
              notes: Notes) -> None:
    folder = f"{FOLDER}/{unit}.d"
    names = [name for name in files.names(folder) if name.endswith(".conf")][:MAX_DROP_INS]
    pieces = [piece for number, name in enumerate(names)
              for piece in _drop_in(files, f"{folder}/{name}", unit, number, notes)]
    if not pieces:
        return
    if unit not in known:
        known[unit] = {"name": unit}
        found.units.append(known[unit])
    known[unit]["dropIns"] = pieces


def _drop_in(files: Files, path: str, unit: str, number: int,
             notes: Notes) -> Iterator[dict[str, str]]:
    """One that only names the proxy has become os.proxy; kube-proxy's has become its section."""
    text = (files.text(path) or "").replace("\r\n", "\n")
    only_proxy = all(_PROXY.match(line) for line in text.split("\n"))
    if not text.strip() or (only_proxy and unit in (*PROXIED, "docker.service")):
        return
    if unit == "kube-proxy.service" and re.search(r"^\s*(ExecStart|Environment)", text, re.M):
        return
    if secret := secret_in(text):
        notes.add(f"{path}:{secret[0]} holds {secret[1]}: never carried over", "os", "units")
        return
    yield {"name": _name(path, number), "content": text}


def _name(path: str, number: int) -> str:
    """A drop-in's name as a profile takes it; the letters before it keep the old order."""
    stem = path.rpartition("/")[2].removesuffix(".conf").lower()
    plain = re.sub(r"[^a-z0-9]+", "-", stem).strip("-").lstrip("0123456789-")[:30].strip("-")
    return f"{chr(97 + min(number, 25))}-{plain or 'drop-in'}"
