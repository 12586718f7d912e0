"""What differs between distributions: data, each value with its source. One file a family."""

from __future__ import annotations

from imagegen.knowledge.distributions import debian
from imagegen.knowledge.distributions.model import (
    Distribution,
    Kernel,
    Manager,
    Mirror,
    Network,
    Package,
    Proof,
    Python,
    Release,
    Trust,
)

RELEASES = {(release.distribution, release.release): release for release in debian.RELEASES}


def release_of(distribution: str, release: str) -> Release | None:
    """The table's entry, or None where imagegen does not know the release."""
    return RELEASES.get((Distribution(distribution), release))


__all__ = [
    "RELEASES", "Distribution", "Kernel", "Manager", "Mirror", "Network", "Package", "Proof",
    "Python", "Release", "Trust", "release_of",
]
