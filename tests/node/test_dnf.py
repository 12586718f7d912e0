"""dnf's repositories: the profile's alone. No node of such a release is booted by the tests."""

from __future__ import annotations

import pytest

from imagegen.knowledge.distributions import RELEASES, Manager, Proof
from imagegen.knowledge.drop_ins import DNF_FOLDERS
from imagegen.node.rules.dnf import FOLDERS, MAIN, enabled
from tests.guests.faults import NEVER_BOOTED
from tests.node.fake import FakeNode

OURS = "/etc/yum.repos.d/imagegen.repo"
EXPECT = {"path": OURS}
OTHER = "/etc/yum.repos.d/rocky.repo"
# as the distributions write theirs: a comment, a list of mirrors, one that is off
ROCKY = """# rocky.repo
[baseos]
name=Rocky Linux $releasever - BaseOS
mirrorlist=https://mirrors.example.org/mirrorlist?arch=$basearch&repo=BaseOS-$releasever
#baseurl=http://dl.example.org/BaseOS
gpgcheck=1
enabled=1

[baseos-debug]
enabled=0
"""


@pytest.fixture(name="node")
def with_ours(fake: FakeNode) -> FakeNode:
    fake.write(OURS, "[imagegen-0]\nbaseurl=http://mirror.example.org/\nenabled=1\n")
    return fake


def test_the_profiles_are_the_only_ones(node: FakeNode) -> None:
    node.write(MAIN, "[main]\ngpgcheck=1\ninstallonly_limit=3\n")
    node.write("/etc/yum.repos.d/rocky.repo.rpmnew", ROCKY)
    node.write(OTHER, ROCKY.replace("enabled=1", "enabled = False"))
    node.write("/etc/yum.repos.d/redhat.repo", "# managed by subscription-manager\n\n")
    assert node.judge("dnf_repositories", EXPECT).result == "ok"


def test_its_own_file_is_missed(fake: FakeNode) -> None:
    outcome = fake.judge("dnf_repositories", EXPECT)
    assert (outcome.result, outcome.saw) == ("red", f"{OURS} is not there")


@pytest.mark.parametrize("place", [OTHER, "/etc/yum/repos.d/x.repo", "/etc/distro.repos.d/x.repo",
                                   MAIN])
def test_another_repository_is_seen(node: FakeNode, place: str) -> None:
    node.write(place, f"[main]\nbest=1\n{ROCKY}" if place == MAIN else ROCKY)
    outcome = node.judge("dnf_repositories", EXPECT)
    assert (outcome.result, outcome.saw) == ("red", f"there are others: [baseos] in {place}")
    assert outcome.remedy == f"Remove [baseos] in {place}, or write enabled=0 there."


def test_what_says_nothing_of_enabled_is_on(node: FakeNode) -> None:
    node.write(OTHER, "[a]\nbaseurl=http://a/\n  http://b/enabled=0\n;enabled=0\n[b]\nenabled=no\n")
    assert node.judge("dnf_repositories", EXPECT).saw == f"there are others: [a] in {OTHER}"


@pytest.mark.parametrize(("folders", "result"), [
    ("/srv/repos", "red"), ("/srv/repos, /etc/yum.repos.d", "ok"), ("", "ok")])
def test_dnf_may_look_elsewhere(node: FakeNode, folders: str, result: str) -> None:
    node.write(MAIN, f"[main]\nreposdir={folders}\n")
    outcome = node.judge("dnf_repositories", EXPECT)
    assert outcome.result == result
    assert ("/srv/repos" in outcome.saw) is (result == "red")


def test_a_link_to_the_folder_is_the_folder(node: FakeNode) -> None:
    (node.root / "etc/yum").mkdir()
    (node.root / "etc/yum/repos.d").symlink_to("../yum.repos.d")
    assert node.judge("dnf_repositories", EXPECT).result == "ok"


def test_a_file_that_is_none_says_nothing() -> None:
    assert [enabled(text) for text in (None, b"", b"\xff\xfe", b"enabled=1\n", b"[\n")] == [[]] * 5


def test_the_rule_reads_where_the_build_cleans() -> None:
    assert FOLDERS == DNF_FOLDERS


def test_only_what_is_never_booted_goes_without_a_booted_fault() -> None:
    assert NEVER_BOOTED == {"dnf_repositories": "tests/node/test_dnf.py"}
    assert {release.proof for release in RELEASES.values()
            if release.manager is Manager.DNF} == {Proof.RENDERED}
