"""The base image and where its packages come from."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import RELEASES, Release, release_of
from imagegen.profile.fields import shown
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem


def known_release(profile: Profile) -> Release | None:
    """The table's entry for the profile's distribution, if there is one."""
    return release_of(profile.os.distribution, profile.os.release)


def release(profile: Profile) -> Iterator[Problem]:
    """A release that imagegen has no table for cannot be baked truthfully."""
    if known_release(profile) is None:
        family = profile.os.distribution
        known = ", ".join(f'"{release}"' for name, release in RELEASES if name == family)
        yield Problem(("os", "release"), f"{family} {shown(profile.os.release)} "
                      "is not known to imagegen", f"this version knows {family} {known}",
                      rule="distribution-unknown")


def mirrors(profile: Profile) -> Iterator[Problem]:
    """apt's sources take less than a URL may hold."""
    base = profile.image.base
    for key, url in (("mirror", base.mirror), ("securityMirror", base.security_mirror)):
        odd = sorted({char for char in url or "" if char in "@?#()*;$&!"})
        if odd:
            yield Problem(("image", "base", key), f"the mirror's URL holds {' '.join(odd)}, which "
                          "apt's sources do not take, and no credentials may be baked in",
                          "name a mirror by its plain http(s) address", rule="image-mirror-url")
