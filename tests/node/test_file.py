"""Files, the program, and the proof of the seal."""

from __future__ import annotations

import hashlib

import pytest

from tests.node.fake import FakeNode

PATH = "/etc/kubernetes/kube-proxy.yaml"
TEXT = "mode: ipvs\n"
CONFIG = {"path": PATH, "sha256": hashlib.sha256(TEXT.encode()).hexdigest(), "mode": "0644"}
BINARY = {"path": "/usr/local/bin/kube-proxy", "version": "1.34.4", "sha256": None}


def test_the_same_file(fake: FakeNode) -> None:
    fake.write(PATH, TEXT)
    assert fake.judge("file", CONFIG).result == "ok"


def test_other_bytes(fake: FakeNode) -> None:
    fake.write(PATH, TEXT + "#\n")
    outcome = fake.judge("file", CONFIG)
    assert outcome.result == "red"
    assert "sha256" in outcome.saw


def test_another_mode(fake: FakeNode) -> None:
    fake.write(PATH, TEXT, 0o666)
    assert fake.judge("file", CONFIG).saw == "mode 0666"
    assert fake.judge("file", {**CONFIG, "mode": None}).result == "ok"


def test_no_such_file_and_no_file(fake: FakeNode) -> None:
    assert "No such file" in fake.judge("file", CONFIG).saw
    (fake.root / PATH.lstrip("/")).mkdir(parents=True)
    assert "no regular file" in fake.judge("file", CONFIG).saw


def test_a_large_file_is_read_to_its_end(fake: FakeNode) -> None:
    data = b"x" * (3 << 20)
    fake.write(PATH, data)
    expect = {"path": PATH, "sha256": hashlib.sha256(data).hexdigest()}
    assert fake.judge("file", expect).result == "ok"


def program(fake: FakeNode, says: str = "Kubernetes v1.34.4\n", mode: int = 0o755) -> None:
    fake.write("/usr/local/bin/kube-proxy", "ELF", mode)
    fake.host.programs["kube-proxy"] = (0, says)


def test_the_program_says_its_version_at_bake(fake: FakeNode) -> None:
    program(fake)
    assert fake.judge("binary", BINARY, "bake").result == "ok"
    program(fake, "Kubernetes v1.34.40\n")
    assert fake.judge("binary", BINARY, "bake").result == "red"


def test_the_program_is_not_run_later(fake: FakeNode) -> None:
    program(fake, "nonsense")
    assert fake.judge("binary", BINARY, "table").result == "ok"
    assert fake.host.asked == []


@pytest.mark.parametrize("level", ["bake", "kernel", "table"])
def test_the_program_is_gone_or_another(fake: FakeNode, level: str) -> None:
    assert "is not there" in fake.judge("binary", BINARY, level).saw
    program(fake, mode=0o644)
    assert "is not executable" in fake.judge("binary", BINARY, level).saw
    program(fake)
    outcome = fake.judge("binary", {**BINARY, "sha256": "0" * 64}, level)
    assert "another program" in outcome.saw


def test_what_the_build_left(fake: FakeNode) -> None:
    paths = {"paths": ["/etc/sudoers.d/imagegen-build", "/etc/ssh/ssh_host_*_key"]}
    assert fake.judge("absent", paths).result == "ok"
    fake.write("/etc/ssh/ssh_host_rsa_key", "")
    assert "/etc/ssh/ssh_host_rsa_key" in fake.judge("absent", paths).saw
    fake.link("/etc/sudoers.d/imagegen-build", "/nowhere")
    assert "/etc/sudoers.d/imagegen-build" in fake.judge("absent", paths).saw


def test_the_builds_account(fake: FakeNode) -> None:
    user = {"user": "imagegen-build"}
    fake.write("/etc/passwd", "root:x:0:0::/:/bin/sh\nimagegen-builder:x:1:1::/:/bin/sh\n")
    assert fake.judge("account_absent", user).result == "ok"
    fake.write("/etc/shadow", "imagegen-build:!:1::::::\n")
    assert fake.judge("account_absent", user).saw == "still in /etc/shadow"
    (fake.root / "home/imagegen-build").mkdir(parents=True)
    assert "/home/imagegen-build" in fake.judge("account_absent", user).saw
