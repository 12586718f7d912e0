"""Modules by the names that the release's kernel knows, wherever the profile names them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from imagegen.knowledge.distributions import Release
from imagegen.knowledge.merged_modules import ALIASES, COMES_WITH, GONE_FROM, MERGED
from imagegen.knowledge.modules import CONNTRACK, CONNTRACK_GONE
from imagegen.profile.fields import shown
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import in_file, rows
from imagegen.profile.model import Profile
from imagegen.profile.node_files import File
from imagegen.profile.problem import Problem

Path = tuple[str | int, ...]
_MODPROBE = re.compile(r"^\s*(?:/sbin/|/usr/sbin/)?modprobe\s+(?:-[a-z-]+\s+)*([^\s;#&|]+)", re.M)


def module_names(profile: Profile) -> Iterator[Problem]:
    """os.modules, and what files of the profile's load at boot."""
    release = known_release(profile)
    if release is None:
        return
    for index, name in enumerate(profile.os.modules):
        yield from _named(release, ("os", "modules", index), name, "")
    for index, file in enumerate(profile.os.files):
        path, text = ("os", "files", index, "path"), file.data.decode("utf-8", "replace")
        for name, at in _asked_for(file.path, text).items():
            # modprobe finds an alias; only os.modules are looked for under their own names
            if _plain(name) not in ALIASES:
                found = in_file(index, file, at)
                yield from (replace(problem, **found)
                            for problem in _named(release, path, name, file.path))
        yield from _words(index, file, text)


def _plain(name: str) -> str:
    """modprobe takes `-` for `_`."""
    return name.replace("-", "_")


def _rows(text: str) -> list[tuple[int, list[str]]]:
    return [(at, row.split()) for at, row in rows(text) if row and row[0] not in "#;"]


def _asked_for(path: str, text: str) -> dict[str, int]:
    """Name and first place of the modules that a file loads: modules-load.d(5), /etc/modules, or
    the recipe's scripts.
    """
    folder = path.rpartition("/")[0]
    if folder == "/etc/sysconfig/modules":
        return _first((found[1], found.start(1)) for found in _MODPROBE.finditer(text))
    lists = path == "/etc/modules" or folder.endswith("/modules-load.d")
    return _first((row[0], at) for at, row in _rows(text)) if lists else {}


def _first(names: Iterable[tuple[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for name, at in names:
        found.setdefault(name, at)
    return found


def _named(release: Release, path: Path, name: str, file: str) -> Iterator[Problem]:
    """Nothing for a name that the kernel has, as far as imagegen knows."""
    plain, series = _plain(name), tuple(map(int, release.kernel.series.split(".")))
    asks = f"{file} asks for {name}, which" if file else name
    if plain in CONNTRACK_GONE and release.conntrack != CONNTRACK:
        return
    if plain in MERGED and series >= GONE_FROM.get(plain, (0, 0)):
        now = MERGED[plain][0]
        what = "it is known as" if plain in ALIASES else "it is part of"
        do = "take it out" if file else "remove it"
        hint = f"{do}; imagegen loads {now}" if now in (CONNTRACK, "xt_set") else f"write {now}"
        yield Problem(path, f"{asks} is not in the kernel of {release.title}: {what} {now}", hint,
                      rule="module-gone")
    elif series < COMES_WITH.get(plain, (0, 0)):
        first = ".".join(map(str, COMES_WITH[plain]))
        yield Problem(path, f"{asks} came with kernel {first}, and {release.title} has "
                      f"{release.kernel.series}", "remove it, or choose a newer release",
                      rule="module-too-new")


def _words(index: int, file: File, text: str) -> Iterator[Problem]:
    if not file.path.rpartition("/")[0].endswith("/modules-load.d"):
        return
    for at, row in _rows(text):
        if len(row) > 1:
            yield Problem(**in_file(index, file, at), what=f"{file.path} holds "
                          f"{shown(' '.join(row))}, and systemd-modules-load takes all of a line "
                          "for the module's name", hint="write a name a line; options go into "
                          "/etc/modprobe.d, comments on lines of their own",
                          rule="node-modules-line")
