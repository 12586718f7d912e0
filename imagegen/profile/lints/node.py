"""Files and modules of the node."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.modules import CONNTRACK, CONNTRACK_OLD
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.paths import path_problems
from imagegen.profile.problem import Problem


def paths(profile: Profile) -> Iterator[Problem]:
    """Paths that are spoken for."""
    yield from path_problems(profile, form_of(profile), known_release(profile))


def modules(profile: Profile) -> Iterator[Problem]:
    """A module that the release's kernel no longer has would fail at every boot."""
    release = known_release(profile)
    for index, name in enumerate(profile.os.modules):
        if release and name.replace("-", "_") == CONNTRACK_OLD and release.conntrack == CONNTRACK:
            yield Problem(("os", "modules", index), f"{name} is not in the kernel of "
                          f"{release.distribution} {release.release}: it is part of {CONNTRACK}",
                          f"remove it; imagegen loads {CONNTRACK}", rule="module-gone")
