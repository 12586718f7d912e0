"""R01: the distributions' own os-release, of every minor version, and what is doubtful about it."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from imagegen.adopt.adopt import Adopted, Wishes
from imagegen.knowledge.distributions import RELEASES
from tests.adopt.nodes import Content, node, notes, started

FOLDER = Path(__file__).with_name("os_release")
NAMES = sorted(path.name for path in FOLDER.iterdir() if path.suffix != ".md")
OWN = {"amzn": "amazon"}
KNOWN = ("debian-11", "debian-12", "debian-13", "ubuntu-22.04.5", "ubuntu-24.04.4", "amzn-2023",
         "flatcar-3227.2.2", "flatcar-3815.2.0")
ENTERPRISE = ("rocky", "almalinux", "rhel")


def adopted(name: str, **more: Content) -> Adopted:
    return node({**started("--proxy-mode=ipvs"),
                 "/etc/os-release": (FOLDER / name).read_text(), **more},
                Wishes(kubernetes="1.34.4"))


def chosen(found: Adopted) -> tuple[str, str]:
    system = yaml.safe_load(found.text)["os"]
    return system["distribution"], system["release"]


def doubt(found: Adopted) -> str:
    return "".join(note.text for note in found.notes if note.path == ("os", "distribution"))


def expected(name: str) -> tuple[str, str] | None:
    distribution, _, version = name.partition("-")
    own, major = OWN.get(distribution, distribution), version.split(".")[0]
    if distribution in ENTERPRISE and (own, major) in {(str(a), b) for a, b in RELEASES}:
        return own, major
    if name not in KNOWN:
        return None
    return own, {"ubuntu": version[:5], "flatcar": "stable"}.get(distribution, version)


@pytest.mark.parametrize("name", [one for one in NAMES if expected(one)])
def test_a_supported_release_is_recognised_without_a_doubt(name: str) -> None:
    found = adopted(name)
    assert (chosen(found), doubt(found)) == (expected(name), "")


@pytest.mark.parametrize(("name", "release", "said"), [
    ("debian-10", ("debian", "11"), "runs debian 10"),
    ("debian-testing", ("debian", "13"), "runs debian trixie"),
    ("debian-sid", ("debian", "13"), "runs debian forky"),
    ("ubuntu-20.04.6", ("ubuntu", "22.04"), "runs ubuntu 20.04"),
    ("ubuntu-24.10", ("ubuntu", "26.04"), "runs ubuntu 24.10"),
    ("rhel-7.9", ("rhel", "8"), "runs rhel 7.9"), ("centos-7", ("rocky", "8"), "runs centos 7"),
    ("centos-9", ("rocky", "9"), "almalinux and rhel 9"), ("ol-8.10", ("rocky", "8"), "ol 8.10"),
    ("rhcos-4.18", ("rocky", "9"), "rhcos 4.18"), ("amzn-2", ("amazon", "2023"), "amzn 2"),
    ("flatcar-2705.0.0", ("flatcar", "stable"), "of alpha"),
    ("linuxmint-22", ("ubuntu", "24.04"), "it is built on ubuntu"),
    ("alpine-3.20", ("debian", "12"), "choose a distribution yourself")])
def test_another_one_is_a_guess_that_stands_in_the_profile(
        name: str, release: tuple[str, str], said: str) -> None:
    found = adopted(name)
    assert chosen(found) == release and said in doubt(found)
    lines = found.text.splitlines()
    above = lines[:next(number for number, line in enumerate(lines)
                        if line.startswith("  distribution:"))]
    assert "NOTE" in "".join(above[-5:])


def test_every_file_is_tried() -> None:
    tried = {name for mark in test_another_one_is_a_guess_that_stands_in_the_profile.pytestmark
             for name, *_ in mark.args[1]}
    assert {*NAMES} == tried | {one for one in NAMES if expected(one)}


def test_no_os_release_is_no_silent_default() -> None:
    found = node(started("--proxy-mode=ipvs"))
    assert chosen(found) == ("debian", "12")
    assert doubt(found).startswith("no os-release among the files")


@pytest.mark.parametrize("path", ["/etc/flatcar/update.conf", "/usr/share/flatcar/update.conf"])
@pytest.mark.parametrize(("group", "clean"), [("stable", True), ("beta", False), ("alpha", False)])
def test_flatcars_channel_is_that_of_its_own_file(path: str, group: str, *, clean: bool) -> None:
    found = adopted("flatcar-3815.2.0", **{path: f"GROUP={group}\n"})
    assert chosen(found) == ("flatcar", "stable") and (doubt(found) == "") is clean
    assert clean or group in doubt(found)


def test_a_rockys_sysctls_and_mirrors_follow_its_distribution() -> None:
    found = adopted("rocky-9.4", **{
        "/etc/sysctl.d/a.conf": "net.ipv4.vs.expire_quiescent_template = 1\n",
        "/etc/yum.repos.d/own.repo": "[own]\nname=own\nbaseurl=https://mirror.example.org/own/\n"
        "gpgkey=https://mirror.example.org/key\n"})
    assert "another distribution than the profile's" not in notes(found)
    assert yaml.safe_load(found.text)["os"]["packageMirrors"][0]["url"] == \
        "https://mirror.example.org/own/"
