"""What differs between distributions: data, each value with its source. One file a family."""

from __future__ import annotations

from collections.abc import Mapping

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
from imagegen.knowledge.distributions.recognise import Recognised, recognise

_FAMILIES = (debian, ubuntu, enterprise, amazon, flatcar)
RELEASES = {(release.distribution, release.release): release
            for family in _FAMILIES for release in family.RELEASES}


def release_of(distribution: str, release: str) -> Release | None:
    """The table's entry, or None where imagegen does not know the release."""
    return RELEASES.get((Distribution(distribution), release))


def recognised(fields: Mapping[str, str], channel: str | None = None) -> Recognised:
    """The release for a node's os-release, and what is doubtful about it."""
    known: dict[Distribution, tuple[str, ...]] = {}
    for distribution, release in sorted(RELEASES, key=lambda one: (one[0], _order(one[1]))):
        known[distribution] = (*known.get(distribution, ()), release)
    return recognise(fields, channel, known)


def _order(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split(".") if part.isdigit())


__all__ = [
    "INSTALL", "RELEASES", "Clock", "Distribution", "Initramfs", "Kernel", "Manager", "Mirror",
    "Network", "Package", "Proof", "Python", "Recognised", "Release", "Runtime", "Trust",
    "recognised", "release_of",
]
