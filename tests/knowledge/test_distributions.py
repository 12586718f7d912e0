"""The table of distributions: whole, sourced, and no promise beyond what the tests do."""

from __future__ import annotations

import re
from dataclasses import fields, replace
from pathlib import Path

import pytest

from imagegen.knowledge.distributions import RELEASES, Manager, Proof, Release
from imagegen.knowledge.modules import Scheduler
from imagegen.profile.lints.image import lacking
from tests.knowledge.values import list_believed

README = (Path(__file__).resolve().parents[2] / "README.md").read_text()
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


# as the kernels' own configurations have it: all the others are everywhere
LACKING = {"debian 11": {"twos"}, "debian 12": {"twos"}, "debian 13": set(), "ubuntu 22.04": set(),
           "ubuntu 24.04": set(), "ubuntu 26.04": set(), "amazon 2023": {"twos"},
           "flatcar stable": {"ovf", "twos"},
           **{f"{name} {release}": {"twos"} for name in ("rocky", "almalinux", "rhel")
              for release in ("8", "9", "10")}}


@pytest.mark.parametrize("release", RELEASES.values(), ids=NAMES)
def test_which_kernel_lacks_which_scheduler(release: Release) -> None:
    assert {one.value for one in Scheduler if lacking(release, one)} == LACKING[release.title]


@pytest.mark.parametrize(("series", "lacks", "scheduler", "why"), [
    ("4.17", (), Scheduler.MH, "came with kernel 4.18"), ("4.18", (), Scheduler.MH, ""),
    ("5.11", (), Scheduler.TWOS, "came with kernel 5.12"), ("5.12", (), Scheduler.TWOS, ""),
    ("6.12", ("ip_vs_twos",), Scheduler.TWOS, "leaves it out"), ("4.17", (), Scheduler.RR, "")])
def test_a_scheduler_is_missing_by_age_or_by_configuration(
    series: str, lacks: tuple[str, ...], scheduler: Scheduler, why: str
) -> None:
    release = next(iter(RELEASES.values()))
    kernel = replace(release.kernel, series=series, lacks=lacks)
    said = lacking(replace(release, kernel=kernel), scheduler)
    assert why in said
    assert bool(said) == bool(why)


def test_a_source_that_is_missing_is_seen() -> None:
    release = next(iter(RELEASES.values()))
    lacking = {name: source for name, source in release.sources.items() if name != "python"}
    assert set(lacking) != {field.name for field in fields(Release)} - OWN


def promised() -> dict[str, tuple[str, int, bool]]:
    """`debian 11` -> how the README says that its base comes, how many of its values are only
    believed, and whether it was booted."""
    rows = re.findall(r"^\| (\w+) ([\w., ]+) \| (.+) \| yes \| ([\d, ]+) \| (yes|no) \|$",
                      README, re.M)
    return {f"{name.lower()} {release}": (base, int(believed), booted == "yes")
            for name, releases, base, counts, booted in rows
            for release, believed in zip(releases.split(", "), counts.split(", "), strict=True)}


def test_the_readme_promises_what_the_table_says() -> None:
    bases = {name: ("made" if release.mirror else
                    "none" if release.manager is Manager.NONE else "yours")
             for name, release in zip(NAMES, RELEASES.values(), strict=True)}
    said = promised()
    assert {name: base.split()[0].rstrip(",:") for name, (base, _, _) in said.items()} == bases
    assert {name for name, (_, _, booted) in said.items() if booted} == {
        release.title for release in RELEASES.values() if release.proof is Proof.BOOTED}


def test_the_readme_says_how_much_is_only_believed() -> None:
    believed = {release.title: len(list_believed(release)) for release in RELEASES.values()}
    assert {name: count for name, (_, count, _) in promised().items()} == believed
