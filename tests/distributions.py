"""A good profile for each release that imagegen knows."""

from __future__ import annotations

from functools import cache
from typing import Any

from imagegen.knowledge.distributions import RELEASES, Manager, Release
from imagegen.profile.model import Profile
from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed

ALL = list(RELEASES.values())
NAMES = [release.title for release in ALL]
PINNED = {"from": "url", "url": "https://example.org/file", "sha256": "ab" * 32}


def changes(release: Release) -> dict[str, Any]:
    """What a profile of the release must say."""
    wanted: dict[str, Any] = {"os.distribution": release.distribution.value,
                              "os.release": release.release}
    if release.mirror is None and release.manager is not Manager.NONE:
        wanted["image.base"] = PINNED
    if release.manager is Manager.NONE:
        wanted |= {"kubeProxy.binary": PINNED, "check.python": "/opt/python/bin/python3"}
    return wanted


BASE_OS = "https://mirror.example.org/rocky/$releasever/BaseOS/$basearch/os/"
KEY = ("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDMEZw==\n"
       "-----END PGP PUBLIC KEY BLOCK-----\n")


def of_dnf(title: str) -> dict[str, Any]:
    """What a profile of one of dnf's releases says, with mirrors of each kind of key."""
    release = next(release for release in ALL if release.title == title)
    return {**changes(release), "os.packageMirrors": [
        {"url": BASE_OS}, {"url": "https://mirror.example.org/own/", "key": KEY},
        {"url": "http://[2001:db8::1]:8080/x/", "signedBy": "/etc/pki/rpm-gpg/of-x"}]}


def profile_of(release: Release) -> Profile:
    """The smallest profile of the release."""
    return parsed(changed(changes(release)))


@cache
def rendered(title: str) -> Rendering:
    """A release's whole tree, rendered once."""
    return render(profile_of(next(release for release in ALL if release.title == title)))
