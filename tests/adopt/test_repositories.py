"""dnf's repositories of a node that others made: mirrors, files beside the others, or a note."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.adopt.adopt import Adopted, Wishes
from tests.adopt.nodes import Content, node, notes, only_placeholders
from tests.distributions import KEY

BASE = {"/etc/os-release": 'ID="rocky"\nVERSION_ID="9"\n',
        "/etc/yum.repos.d/rocky.repo":
            "[baseos]\nname=x\nbaseurl=http://mirror.example.org/$contentdir/$releasever/BaseOS/\n"
            "gpgcheck=1\nenabled=1\ngpgkey=file:///etc/pki/rpm-gpg/RPM-GPG-KEY-Rocky-9\n"
            "[off]\nname=off\nbaseurl=http://off.example.org/\nenabled=0\n",
        "/etc/dnf/vars/contentdir": "pub/rocky\n"}
LIST = {"/etc/yum.repos.d/rocky.repo":
            "[baseos]\nmirrorlist=https://mirrors.rockylinux.org/mirrorlist?repo=BaseOS-9\n"}
OWN = "/etc/yum.repos.d/own.repo"


def adopted(more: dict[str, Content]) -> Adopted:
    return node({**BASE, **more}, Wishes(kubernetes="1.34.4"))


def os_of(found: Adopted) -> dict[str, Any]:
    system: dict[str, Any] = yaml.safe_load(found.text)["os"]
    return system


def own(*settings: str) -> dict[str, Content]:
    return {OWN: "\n".join(["[own]", "name=own", *settings, ""])}


def test_mirrors_of_ones_own_come_along() -> None:
    found = adopted({**own("baseurl=https://mirror.example.org/own/",
                           "gpgkey=file:///etc/pki/rpm-gpg/OWN"), "/etc/pki/rpm-gpg/OWN": KEY})
    assert os_of(found)["packageMirrors"] == [
        {"url": "https://mirror.example.org/own/", "key": KEY},
        {"url": "http://mirror.example.org/pub/rocky/$releasever/BaseOS/"}]
    assert only_placeholders(found)


def test_a_key_in_bytes_is_armoured() -> None:
    found = adopted({**own("baseurl=https://mirror.example.org/own/",
                           "gpgkey=file:///etc/pki/rpm-gpg/OWN"),
                     "/etc/pki/rpm-gpg/OWN": b"\x98\x33\x04\x67"})
    assert "\nmDMEZw==\n" in os_of(found)["packageMirrors"][0]["key"]


def test_beside_lists_of_mirrors_the_file_itself_comes_along() -> None:
    """With packageMirrors the build would take the distribution's own repositories away."""
    file = own("baseurl=https://mirror.example.org/own/", "gpgkey=file:///etc/pki/rpm-gpg/OWN")
    found = adopted({**LIST, **file, "/etc/pki/rpm-gpg/OWN": KEY})
    assert "packageMirrors" not in os_of(found)
    assert os_of(found)["files"] == [{"path": OWN, "content": file[OWN]},
                                     {"path": "/etc/pki/rpm-gpg/OWN", "content": KEY}]


def test_the_distributions_own_are_not_named() -> None:
    found = adopted(LIST)
    assert "packageMirrors" not in os_of(found) and "files" not in os_of(found)
    assert "epository" not in notes(found)


@pytest.mark.parametrize(("settings", "said"), [
    (["baseurl=https://u:hunter2@mirror.example.org/"], "never carried over"),
    (["baseurl=https://mirror.example.org/", "password=hunter2"], "never carried over"),
    (["baseurl=https://mirror.example.org/$site/"], "no file of /etc/dnf/vars says what $site"),
    (["baseurl=ftp://mirror.example.org/"], "a mirror is an http(s) address"),
    (["baseurl=https://a.example.org/, https://b.example.org/"], "all but its first baseurl"),
    (["baseurl=https://a.example.org/", "gpgcheck=0"], "has gpgcheck off"),
    (["baseurl=https://a.example.org/", "gpgkey=https://a.example.org/key"], "name its key"),
    (["baseurl=https://a.example.org/", "gpgkey=file:///etc/pki/rpm-gpg/GONE"], "name its key"),
    (["baseurl=https://a.example.org/", "exclude=nginx*"], "exclude is not carried over")])
def test_what_does_not_come_along_is_told(settings: list[str], said: str) -> None:
    found = adopted(own(*settings))
    assert f"{OWN}:3" in notes(found) and said in notes(found)
    assert "hunter2" not in found.text + notes(found)
    assert only_placeholders(found)


def test_a_password_beside_lists_of_mirrors_stays_behind() -> None:
    found = adopted({**LIST, **own("baseurl=https://u:hunter2@mirror.example.org/")})
    assert "files" not in os_of(found)
    assert "never carried over" in notes(found) and "hunter2" not in found.text + notes(found)


def test_of_another_distribution_they_are_told() -> None:
    files = {**BASE, "/etc/os-release": 'ID="centos"\nVERSION_ID="7"\n'}
    found = node(files, Wishes(kubernetes="1.34.4"))
    assert "rocky.repo:3 names a repository of your own, and another distribution's" in notes(found)
