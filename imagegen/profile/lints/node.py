"""Files and modules of the node."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.profile.lints.boot import needed_modules
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import in_file, rows
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.node_files import File
from imagegen.profile.paths import path_problems
from imagegen.profile.problem import Problem


def paths(profile: Profile) -> Iterator[Problem]:
    """Paths that are spoken for."""
    yield from path_problems(profile, form_of(profile), known_release(profile))


def kept_out(profile: Profile) -> Iterator[Problem]:
    """Files of the profile's in modprobe.d that work against the modules."""
    for index, file in enumerate(profile.os.files):
        if file.path.rpartition("/")[0].endswith("/modprobe.d"):
            yield from _forbidden(profile, index, file)


def _forbidden(profile: Profile, index: int, file: File) -> Iterator[Problem]:
    """modprobe.d(5): `blacklist NAME`, or `install NAME` with a command that loads nothing."""
    needed = needed_modules(profile)
    for at, row in rows(file.data.decode("utf-8", "replace")):
        words = row.split()
        module = words[1].replace("-", "_") if len(words) > 1 else ""
        nothing = words[0] == "blacklist" or (words[0] == "install" and words[-1].endswith(
            ("/true", "/false"))) if words else False
        if nothing and module in needed:
            yield Problem(**in_file(index, file, at), what=f"{file.path} says "
                          f"`{' '.join(words)[:60]}`, and without {module} the node is not in "
                          "IPVS mode", hint="take that line out", rule="node-module-kept-out")
