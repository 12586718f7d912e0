"""systemd units of the profile's: what systemd would drop in silence, or imagegen decides."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.paths import PROXIED
from imagegen.profile.fields import shown
from imagegen.profile.gate import Gate
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.root import containerd_in_memory
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Swap
from imagegen.profile.node_files import Unit, UnitState
from imagegen.profile.problem import Problem

# systemd.unit(5), unit search path, as far as it stands before /usr/lib
UNIT_FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system")
KUBE_PROXY = "kube-proxy.service"
_COMMON = ("Unit", "Install")
# systemd.unit(5): the section that each kind of unit has beside the common ones
_SECTION_OF = {"service": "Service", "socket": "Socket", "timer": "Timer", "path": "Path",
               "mount": "Mount", "automount": "Automount", "swap": "Swap", "slice": "Slice",
               "target": None}
UNIT_KINDS = frozenset(_SECTION_OF)
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9-]*\s*=")
_HEADER = re.compile(r"\[([^\]]*)\]\s*\Z")


def proxied(profile: Profile) -> list[str]:
    """The units that get the profile's proxy."""
    return [unit for unit in PROXIED if unit != KUBE_PROXY or profile.kube_proxy.by_unit]


def units_of_ours(profile: Profile) -> frozenset[str]:
    """The units that imagegen writes or whose state it decides."""
    os = profile.os
    release = known_release(profile)
    return frozenset([
        *([KUBE_PROXY] if profile.kube_proxy.by_unit else []), "imagegen-check.service",
        *(unit for unit, _ in (release.masked if release else ())),
        *(["swap.target"] if os.swap is Swap.OFF else []),
        *(["containerd.service"] if os.containerd else []),
        *(["var-lib-containerd.mount"] if containerd_in_memory(profile) else []),
        *(["kubelet.service"] if os.kubelet else []),
        *(["imagegen-gate.service"] if profile.check.gate is Gate.KUBELET else []),
        *(["systemd-timesyncd.service", "chrony.service", "chronyd.service"]
          if os.time_servers else []),
    ])


def units(profile: Profile) -> Iterator[Problem]:
    """Each unit once, none of ours, and none that systemd would not start."""
    ours = units_of_ours(profile)
    seen: set[str] = set()
    for index, unit in enumerate(profile.os.units):
        path = ("os", "units", index)
        if unit.name in seen:
            yield Problem((*path, "name"), f"{unit.name} stands here a second time",
                          "put all of it into one entry", rule="node-unit-twice")
        if unit.name in ours and unit.state is not None:
            yield Problem((*path, "state"), f"imagegen decides what becomes of {unit.name}",
                          "remove `state`; its drop-ins are yours", rule="node-unit-ours")
        seen.add(unit.name)
        yield from _content(unit, path)
        yield from _drop_ins(unit, path)
        yield from _enabled(unit, path)
        yield from _swaps(profile, unit, path)


def _content(unit: Unit, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if unit.content is None:
        return
    where = (*path, "content")
    kind = unit.name.rpartition(".")[2]
    section = _SECTION_OF[kind]
    yield from _lines(unit.content, where, kind)
    if section is not None and section not in sections(unit.content) and kind != "slice":
        yield Problem(where, f"{unit.name} has no [{section}] section, so systemd would not start "
                      "it", f"add [{section}]", rule="node-unit-section")
    if kind == "service" and "Service" in sections(unit.content) and not re.search(
            r"^\s*(ExecStart|ExecStop|SuccessAction)\s*=\s*\S", unit.content, re.M):
        yield Problem(where, f"{unit.name} starts nothing: it has no ExecStart=",
                      "add ExecStart= with an absolute path", rule="node-unit-section")


def _lines(text: str, where: tuple[str | int, ...], kind: str) -> Iterator[Problem]:
    """systemd.syntax(7): sections of KEY=VALUE; what is neither is dropped with a warning."""
    known = {*_COMMON, *([_SECTION_OF[kind]] if _SECTION_OF[kind] else [])}
    inside, goes_on, end = False, False, 0
    for line in text.split("\n"):
        bare, continued = line.strip(), goes_on
        at, end = end + len(line) - len(line.lstrip()), end + len(line) + 1
        goes_on = bare.endswith("\\")
        if "\0" in line:
            yield _dropped(where, at, bare, "holds a NUL")
        if not bare or bare[0] in "#;" or continued:
            continue
        header = _HEADER.match(bare)
        if header and header[1] not in known and not header[1].startswith("X-"):
            yield _dropped(where, at, bare, f"is no section of a .{kind}")
        elif not header and not inside:
            yield _dropped(where, at, bare, "stands before the first [Section]")
        elif not header and not _KEY.match(bare):
            yield _dropped(where, at, bare, "is no KEY=VALUE")
        inside = inside or header is not None


def _dropped(where: tuple[str | int, ...], at: int, line: str, why: str) -> Problem:
    return Problem(where, f"{shown(line)} {why}: systemd would pass it over",
                   "mend or remove the line", rule="node-unit-syntax", at=at)


def sections(text: str) -> set[str]:
    """The names of a unit's sections."""
    return {found[1] for line in text.split("\n") if (found := _HEADER.match(line.strip()))}


def _drop_ins(unit: Unit, path: tuple[str | int, ...]) -> Iterator[Problem]:
    for number, drop_in in enumerate(unit.drop_ins):
        where = (*path, "dropIns", number, "content")
        yield from _lines(drop_in.content, where, unit.name.rpartition(".")[2])


def _enabled(unit: Unit, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if unit.state is not UnitState.ENABLED:
        return
    texts = [unit.content or "", *(drop_in.content for drop_in in unit.drop_ins)]
    if unit.content is not None and not any(
            re.search(r"^\s*(WantedBy|RequiredBy|UpheldBy|Alias|Also)\s*=\s*\S", t, re.M)
            for t in texts):
        yield Problem((*path, "state"), f"{unit.name} has no [Install] section that says what "
                      "starts it, so enabling it does nothing",
                      "add [Install] with WantedBy=multi-user.target", rule="node-unit-install")
    if "@." in unit.name and "DefaultInstance=" not in (unit.content or "DefaultInstance="):
        yield Problem((*path, "name"), f"{unit.name} is a template: systemd enables its instances "
                      "only", "name an instance, like getty@tty1.service",
                      rule="node-unit-install")


def _swaps(profile: Profile, unit: Unit, path: tuple[str | int, ...]) -> Iterator[Problem]:
    if unit.name.endswith(".swap") and unit.state is not UnitState.MASKED and (
            profile.os.swap is Swap.OFF):
        yield Problem((*path, "name"), f"{unit.name} turns swap on, and os.swap is off",
                      'remove it, or write `swap: leave`', rule="node-swap")
