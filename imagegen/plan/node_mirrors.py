"""Where the node's packages come from: apt's sources, or dnf's repositories."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.drop_ins import DNF_FOLDERS
from imagegen.knowledge.paths import mirror_key
from imagegen.plan.facts import ALWAYS, Content, Fact, Nothing, Proof, Rule, Template
from imagegen.plan.node_files import REBUILD, file_fact
from imagegen.profile.model import Profile
from imagegen.profile.node_network import PackageMirror

APT_SOURCES = "/etc/apt/sources.list.d/imagegen.sources"
DNF_REPOSITORIES = "/etc/yum.repos.d/imagegen.repo"
# what the build and a stock image's first boot run
_ONLY_REPOSITORIES = "/usr/lib/imagegen/only-repositories"


@dataclass(frozen=True, slots=True)
class _Manager:
    """What differs: the facts' name, the only file of sources, the rule that proves it so."""

    name: str
    path: str
    rule: Rule
    source: str


_MANAGERS = {
    Manager.APT: _Manager("apt", APT_SOURCES, Rule.APT_SOURCES, "sources.list(5)"),
    Manager.DNF: _Manager("dnf", DNF_REPOSITORIES, Rule.DNF_REPOSITORIES, "dnf.conf(5)"),
}


def mirror_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """`os.packageMirrors`: the only sources of packages on the node."""
    mirrors = profile.os.package_mirrors
    if not mirrors:
        return
    manager = _MANAGERS[release.manager]
    for number, mirror in enumerate(mirrors):
        if mirror.key is not None:
            path = mirror_key(release.manager, number)
            yield file_fact(f"{manager.name}.key-{number}", f"{mirror.url} signs with it",
                            manager.source, Content(path, f"{mirror.key.strip()}\n".encode()))
    written = _stanza if release.manager is Manager.APT else _repository
    text = "\n".join(written(release, number, mirror) + _past(profile, release, mirror)
                     for number, mirror in enumerate(mirrors))
    yield file_fact(f"{manager.name}.sources", "the profile says where the node's packages come "
                    "from", manager.source, Content(manager.path, text.encode()))
    if release.manager is Manager.DNF:
        yield file_fact("dnf.only", "the build takes the distribution's repositories away with it",
                        "dnf.conf(5), reposdir; rhsm.conf(5), manage_repos", Template(
                            _ONLY_REPOSITORIES, {"path": manager.path,
                                                 "folders": list(DNF_FOLDERS)}, 0o755))
    yield Fact(f"{manager.name}.sources", "another source would bring packages from somewhere else",
               manager.source, REBUILD, Nothing(),
               Proof(manager.rule, {"path": manager.path}, ALWAYS))


def _key(release: Release, number: int, mirror: PackageMirror) -> str:
    own = mirror_key(release.manager, number) if mirror.key else release.archive_key
    return mirror.signed_by or own


def _stanza(release: Release, number: int, mirror: PackageMirror) -> str:
    parts = f"Components: {' '.join(mirror.components)}\n" if mirror.components else ""
    return (f"Types: deb\nURIs: {mirror.url}\nSuites: {' '.join(mirror.suites)}\n{parts}"
            f"Signed-By: {_key(release, number, mirror)}\n")


def _repository(release: Release, number: int, mirror: PackageMirror) -> str:
    """Packages are checked by their signatures. repo_gpgcheck is left to dnf.conf: Red Hat's own
    repositories and many mirrors sign no metadata, and dnf would install nothing from them.
    """
    name = f"imagegen-{number}"
    return (f"[{name}]\nname={name}\nbaseurl={mirror.url}\nenabled=1\ngpgcheck=1\n"
            f"gpgkey=file://{_key(release, number, mirror)}\n")


def _past(profile: Profile, release: Release, mirror: PackageMirror) -> str:
    """dnf has no list of hosts that are reached without its proxy: each repository says it."""
    proxy, host = profile.os.proxy, urlsplit(mirror.url).hostname or ""
    direct = proxy is not None and any(_names(entry, host) for entry in proxy.no_proxy)
    return "proxy=\n" if direct and release.manager is Manager.DNF else ""


def _names(entry: str, host: str) -> bool:
    """Go's httpproxy.Config.NoProxy, but for ports: a host and its own, .domain, range, or *."""
    bare = entry.removeprefix("*").removeprefix(".")
    return (entry == "*" or host == entry or host.endswith(f".{bare}")
            or _within(bare, host))


def _within(ranged: str, address: str) -> bool:
    try:
        return ipaddress.ip_address(address) in ipaddress.ip_network(ranged, strict=False)
    except ValueError:
        return False
