"""What differs between distributions: data, each value with its source. One file a family."""

from __future__ import annotations

from imagegen.knowledge.distributions import amazon, debian, enterprise, flatcar, ubuntu
from imagegen.knowledge.distributions.model import (
    INSTALL,
    Clock,
    Distribution,
    Initramfs,
    Kernel,
    Manager,
    Mirror,
    Network,
    Package,
    Proof,
    Python,
    Release,
    Runtime,
    Trust,
)

_FAMILIES = (debian, ubuntu, enterprise, amazon, flatcar)
RELEASES = {(release.distribution, release.release): release
            for family in _FAMILIES for release in family.RELEASES}


def release_of(distribution: str, release: str) -> Release | None:
    """The table's entry, or None where imagegen does not know the release."""
    return RELEASES.get((Distribution(distribution), release))


__all__ = [
    "INSTALL", "RELEASES", "Clock", "Distribution", "Initramfs", "Kernel", "Manager", "Mirror",
    "Network", "Package", "Proof", "Python", "Release", "Runtime", "Trust", "release_of",
]
