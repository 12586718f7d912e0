"""The table of distributions: whole, sourced, and no promise beyond what the tests do."""

from __future__ import annotations

from dataclasses import fields

import pytest

from imagegen.knowledge.distributions import RELEASES, Release

NAMES = [release.title for release in RELEASES.values()]
# what a release is called, and what imagegen itself does with it, needs no source
OWN = {"distribution", "release", "proof", "sources"}


@pytest.mark.parametrize("release", RELEASES.values(), ids=NAMES)
def test_every_value_has_its_source(release: Release) -> None:
    wanted = {field.name for field in fields(Release)} - OWN
    assert set(release.sources) == wanted
    assert all(source.strip() for source in release.sources.values())


@pytest.mark.parametrize("release", RELEASES.values(), ids=NAMES)
def test_every_package_and_mask_has_its_reason(release: Release) -> None:
    assert len({package.name for package in release.packages}) == len(release.packages)
    assert all(package.reason and package.source for package in release.packages)
    assert all(reason for _, reason in release.masked)


def test_a_source_that_is_missing_is_seen() -> None:
    release = next(iter(RELEASES.values()))
    lacking = {name: source for name, source in release.sources.items() if name != "python"}
    assert set(lacking) != {field.name for field in fields(Release)} - OWN
