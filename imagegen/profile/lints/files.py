"""Files of the profile's that nobody would read, run, or that may not be in an image."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.distributions import Manager
from imagegen.knowledge.drop_ins import (
    OF_ONE_NODE,
    OF_SYSTEM,
    PROGRAMS,
    RUN,
    readable_names,
)
from imagegen.knowledge.package_names import DRIVES_OUT, FIGHTS, OTHER_NAMES
from imagegen.knowledge.paths import within
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import in_bytes, in_file
from imagegen.profile.model import Profile
from imagegen.profile.node_files import File
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_PRIVATE = re.compile(rb"-----BEGIN ([A-Z0-9]+ )*PRIVATE KEY( BLOCK)?-----")


def files(profile: Profile) -> Iterator[Problem]:
    """Each file by its name, its place, its mode and its first line."""
    for index, file in enumerate(profile.os.files):
        path = ("os", "files", index, "path")
        yield from _unread(file, path)
        yield from _place(file, path)
        yield from _script(file, index)
        if key := _PRIVATE.search(file.data):
            yield Problem(**in_bytes(index, file, key.start()), what=f"{file.path} holds a private "
                          "key: whoever has the image has it", hint="bring it with the node's "
                          "seed, and make a new key, since this one has been seen",
                          rule="secret-private-key")


def _unread(file: File, path: Path) -> Iterator[Problem]:
    wanted, name = readable_names(file.path), file.path.rpartition("/")[2]
    if wanted and not wanted[0].fullmatch(name):
        yield Problem(path, f"nothing reads {file.path}: in that folder only {wanted[1]} counts",
                      "rename the file", rule="node-file-unread")


def _place(file: File, path: Path) -> Iterator[Problem]:
    for place, why in OF_ONE_NODE.items():
        if within(file.path, place):
            yield Problem(path, f"{file.path} is one node's own: {why}",
                          "bring it with the node's seed", rule="path-of-one-node")
    if file.path in OF_SYSTEM:
        why, do = OF_SYSTEM[file.path]
        yield Problem(path, f"{file.path} is the system's: {why}", do, rule="path-of-system")


def _script(file: File, index: int) -> Iterator[Problem]:
    first = file.data.split(b"\n", 1)[0]
    folder = file.path.rpartition("/")[0]
    executable = int(file.mode, 8) & 0o111
    if first.startswith(b"#!") and first.endswith(b"\r"):
        yield Problem(**in_file(index, file, 0), what=f"the first line of {file.path} ends in a "
                      "carriage return, so the kernel looks for an interpreter of that name",
                      hint="save it with plain line ends", rule="node-file-script")
    runs = folder in RUN or (folder in PROGRAMS and first.startswith(b"#!"))
    if runs and not executable:
        yield Problem(("os", "files", index, "path"), f"{file.path} is not executable (mode "
                      f"{file.mode}), so nothing can run it", 'write `mode: "0755"`',
                      rule="node-file-script", severity=Severity.WARNING)


def packages(profile: Profile) -> Iterator[Problem]:
    """Names of another family's, and what fights with kube-proxy over its rules."""
    release = known_release(profile)
    if release is None or release.manager is Manager.NONE:
        return
    masked = {unit for unit, _ in release.masked}
    for index, name in enumerate(profile.os.packages):
        path = ("os", "packages", index)
        meant = OTHER_NAMES[release.manager].get(name)
        if meant is not None:
            yield Problem(path, f"{release.title} has no package {name}",
                          f"write {meant}" if meant else "remove it; there is nothing like it",
                          rule="package-of-another-family")
        elif release.manager is Manager.APT and (name != name.lower() or "_" in name):
            yield Problem(path, f"no package of {release.title} is called {name}: its names are in "
                          "lower case, without `_`", f"write {name.lower().replace('_', '-')}",
                          rule="package-of-another-family")
        needed = DRIVES_OUT.get((release.distribution, release.release), {}).get(name)
        if needed is not None:
            yield Problem(path, f"{name} drives out {needed}, which the node needs: their packages "
                          f"conflict on {release.title}", "remove it, or use another release",
                          rule="package-drives-out")
            continue
        unit, why = FIGHTS.get(name, ("", ""))
        states = {one.name for one in profile.os.units if one.state is not None}
        if why and not {unit} & (masked | states):
            yield Problem(path, f"{name} {why}", f"remove it, or mask {unit} by os.units",
                          rule="package-fights-kube-proxy", severity=Severity.WARNING)
