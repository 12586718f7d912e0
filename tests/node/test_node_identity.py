"""A node is no clone (R27): what the seal takes away, and what a clone has of the build."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from imagegen.node.rules.seal import IDENTITY
from imagegen.plan.node import BUILD_INSTANCE, OF_ONE_NODE
from tests.node.fake import FakeNode
from tests.verbs import ROOT

SEAL = (ROOT / "packer/qemu/seal.sh").read_text()
EXPECT = {"paths": list(OF_ONE_NODE), "build": BUILD_INSTANCE}
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIE5vIHNlY3JldCBhdCBhbGwsIGJ1dCBhIGtl root@build\n"
# what the seal removes and no node has as its own: caches, logs, and what differs by its kind
NOT_OF_ONE_NODE = ("/etc/resolv.conf", "/etc/iscsi/initiatorname.iscsi", "/root/.cache",
                   "/var/cache/dnf/*", "/var/lib/apt/lists/*", "/var/cache/apt/*.bin",
                   "/var/cache/apt/archives/*.deb", "/var/log/journal/*",
                   "/var/lib/dbus/machine-id")


def removed() -> set[str]:
    """Every path that a line of the seal removes by name."""
    rows = [row.strip().removeprefix("[ -L /etc/resolv.conf ] || ") for row in SEAL.split("\n")]
    return {word for row in rows if row.startswith(("rm -f ", "rm -rf "))
            for word in row.split()[2:]}


def test_the_check_knows_what_the_seal_removes() -> None:
    """cloud-init's own folder goes by `cloud-init clean`, and /run with the build guest."""
    by_clean = {path for path in OF_ONE_NODE if path.startswith(("/var/lib/cloud/", "/run/"))}
    assert removed() == set(OF_ONE_NODE) - by_clean | set(NOT_OF_ONE_NODE)


@pytest.fixture
def image(tmp_path: Path) -> FakeNode:
    fake = FakeNode(tmp_path)
    fake.host.live = False
    return fake


def test_r27_a_sealed_tree(image: FakeNode) -> None:
    image.write("/etc/iscsi/initiatorname.iscsi", "GenerateName=yes\n")
    image.write("/etc/ssh/sshd_config", "UsePAM yes\n")
    assert image.judge("node_identity", EXPECT, "bake").result == "ok"


@pytest.mark.parametrize("path", [*OF_ONE_NODE, "/etc/iscsi/initiatorname.iscsi"])
def test_r27_an_unsealed_tree(image: FakeNode, path: str) -> None:
    name = path.replace("*", "x")
    image.write(name, "InitiatorName=iqn.1993-08.org.debian:01:abc\n")
    outcome = image.judge("node_identity", EXPECT, "bake")
    assert (outcome.result, outcome.saw) == ("red", f"not sealed: {name}")


@pytest.mark.parametrize(("path", "said"), [
    ("/var/lib/cloud/data/instance-id", "the instance-id is imagegen-build, the build's own"),
    ("/etc/hostname", "the host name is imagegen-build, the build's own"),
    ("/proc/sys/kernel/hostname", "the host name is imagegen-build, the build's own")])
def test_r27_a_booted_clone(tmp_path: Path, path: str, said: str) -> None:
    fake = FakeNode(tmp_path)
    fake.write(path, "imagegen-build\n")
    for level in ("kernel", "table"):
        outcome = fake.judge("node_identity", EXPECT, level)
        assert (outcome.result, outcome.saw) == ("red", said)
        fake.write(path, "n1\n")
        assert fake.judge("node_identity", EXPECT, level).result == "ok"
        fake.write(path, "imagegen-build\n")


def test_r27_ssh_host_keys_of_the_build(tmp_path: Path) -> None:
    """The seal's own lines write what the rule compares."""
    fake = FakeNode(tmp_path)
    fake.write("/etc/ssh/ssh_host_ed25519_key.pub", KEY)
    fake.write(IDENTITY, "")
    assert fake.judge("node_identity", EXPECT).result == "ok"
    block = SEAL[SEAL.index("for key in"):SEAL.index("rm -f /etc/ssh/ssh_host")]
    for folder in ("/etc/ssh", "/usr/lib/imagegen"):
        block = block.replace(f" {folder}", f" {fake.root}{folder}").replace(
            f">{folder}", f">{fake.root}{folder}")
    subprocess.run(["sh", "-euc", block], check=True)
    outcome = fake.judge("node_identity", EXPECT)
    assert (outcome.result, outcome.saw) == (
        "red", "ssh_host_ed25519_key.pub is the build's own")
    fake.write("/etc/ssh/ssh_host_ed25519_key.pub", KEY.replace("AAAAIE5v", "AAAAIF5v"))
    assert fake.judge("node_identity", EXPECT).result == "ok"


def test_the_builds_instance_is_the_one_that_is_looked_for() -> None:
    assert f"instance-id: {BUILD_INSTANCE}\n" in (ROOT / "imagegen/render/packer.py").read_text(
        ).replace("\\n", "\n")
