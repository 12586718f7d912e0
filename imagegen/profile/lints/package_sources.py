"""Where the node's packages come from, in the words of the release's own manager."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.distributions import Manager
from imagegen.knowledge.drop_ins import DNF_FOLDERS
from imagegen.knowledge.paths import OWN, within
from imagegen.profile.lints.image import known_release
from imagegen.profile.model import Profile
from imagegen.profile.node_network import PackageMirror
from imagegen.profile.problem import Problem

Path = tuple[str | int, ...]
_APT, _DNF = Manager.APT, Manager.DNF
_NAME = {_APT: "apt", _DNF: "dnf"}
# apt's sources read these as options, dnf's baseurl splits at a comma, and `@` ends a password
_ODD = {_APT: "@?#()*;$&![]", _DNF: "@?#()*;&!,"}
# dnf.conf(5), repo variables; whatever else it knows is a file of /etc/dnf/vars
VARIABLES = ("releasever", "basearch", "arch")
_VARIABLE = re.compile(r"\$\{?([A-Za-z0-9_]*)")
_SOURCES = {
    _APT: (("/etc/apt/sources.list.d",), (".list", ".sources")),
    _DNF: (DNF_FOLDERS, (".repo",)),
}


def package_mirrors(profile: Profile) -> Iterator[Problem]:
    """Plain addresses without a password, and nothing of another family's manager."""
    release = known_release(profile)
    if release is None or release.manager is Manager.NONE:
        return
    for index, mirror in enumerate(profile.os.package_mirrors):
        path = ("os", "packageMirrors", index)
        yield from _url(profile, mirror, path, release.manager)
        yield from _FAMILIES[release.manager](mirror, path)
    if profile.os.package_mirrors:
        yield from _others(profile, release.manager)


def _url(profile: Profile, mirror: PackageMirror, path: Path,
         manager: Manager) -> Iterator[Problem]:
    odd = sorted({char for char in mirror.url if char in _ODD[manager]})
    if odd:
        theirs = "write out what dnf's variables stand for, and " if "$" in odd else ""
        yield Problem((*path, "url"), f"the mirror's URL holds {' '.join(odd)}, which "
                      f"{_NAME[manager]}'s sources do not take, and no credentials may be baked in",
                      f"{theirs}name a mirror by its plain http(s) address",
                      rule="node-mirror-url")
    if manager is _DNF:
        yield from _unknown(profile, mirror, path)


def _unknown(profile: Profile, mirror: PackageMirror, path: Path) -> Iterator[Problem]:
    """dnf leaves what it does not know as it stands, and no server has such a path."""
    own = {file.path.rpartition("/")[2] for file in profile.os.files
           if within(file.path, "/etc/dnf/vars")}
    unknown = [name for name in _VARIABLE.findall(mirror.url) if name not in {*VARIABLES, *own}]
    if unknown:
        known = ", ".join(f"${name}" for name in VARIABLES)
        yield Problem((*path, "url"), f"${unknown[0]} is no variable that dnf knows on every node",
                      f"write out what it stands for; {known} are known", rule="node-mirror-url")


def _of_apt(mirror: PackageMirror, path: Path) -> Iterator[Problem]:
    if not mirror.suites:
        given = "suites" in mirror.model_fields_set
        yield Problem((*path, "suites") if given else path, "apt reads nothing from a mirror that "
                      "has no suite", "name the release's suites, like `suites: [bookworm]`",
                      rule="node-mirror-suite")
    flat = [suite for suite in mirror.suites if suite.endswith("/")]
    if flat and mirror.components:
        yield Problem((*path, "suites"), f"{flat[0]} ends in /, which means a flat archive, "
                      "and such a one has no components", "write `components: []`",
                      rule="node-mirror-flat")


def _of_dnf(mirror: PackageMirror, path: Path) -> Iterator[Problem]:
    for name in ("suites", "components"):
        if name in mirror.model_fields_set:
            yield Problem((*path, name), f"`{name}` is apt's; each repository of dnf's has a URL "
                          "of its own", "remove the line, and name the folder that holds "
                          "repodata/ as `url`, one mirror for each", of_key=True,
                          rule="node-mirror-family")


_FAMILIES = {_APT: _of_apt, _DNF: _of_dnf}


def _others(profile: Profile, manager: Manager) -> Iterator[Problem]:
    """What the build takes away again, since the profile's mirrors are the only ones."""
    folders, ends = _SOURCES[manager]
    for index, file in enumerate(profile.os.files):
        read = file.path.rpartition("/")[0] in folders and file.path.endswith(ends)
        if file.path not in OWN and (read or file.path == "/etc/apt/sources.list"):
            yield Problem(("os", "files", index, "path"), f"with os.packageMirrors the build takes "
                          f"every other source of packages away, and so {file.path}",
                          "name its URL as a mirror of os.packageMirrors", rule="node-mirror-other")
