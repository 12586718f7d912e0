"""`imagegen doctor`: on this machine as it is, and on machines that lack something."""

from __future__ import annotations

import json
import os
import shutil
from pathlib import Path

import pytest

from imagegen.bake import doctor, tools
from imagegen.bake.doctor import State, examine
from imagegen.bake.tools import require_tools
from imagegen.common.errors import ToolError
from imagegen.knowledge.tools import VERB_NEEDS, Tool, machine_of
from tests.verbs import PROFILES, Said, called

FEDORA = machine_of({"ID": "fedora", "VERSION_ID": "42", "PRETTY_NAME": "Fedora Linux 42"})
PROGRAMS_WITHOUT_TOOLS = ("sh", "uname", "python3")


def states(said: Said) -> dict[str, str]:
    return {row["subject"]: row["state"] for row in json.loads(said.out)["diagnoses"]}


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with next to nothing on it; what lies in /usr/sbin is always looked for there."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for name in PROGRAMS_WITHOUT_TOOLS:
        (folder / name).symlink_to(shutil.which(name) or "")
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("PACKER_BIN", raising=False)
    return folder


def program(folder: Path, name: str, script: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)


def test_the_tests_machine_has_all_that_a_verb_needs() -> None:
    said = called("doctor", "--format", "json")
    assert (said.code, said.err) == (0, ""), said.out
    document = json.loads(said.out)
    assert document["able"] is True and document["remedy"] == ""
    assert document["verbs"] == list(VERB_NEEDS)
    assert {Path(need.tool).name for needs in VERB_NEEDS.values() for need in needs} <= set(
        states(said))


def test_what_is_missing_comes_in_one_command(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "this_machine", lambda: machine_of({"ID": "debian"}))
    said = called("doctor", "verify", "--format", "json")
    assert said.code == 3
    assert {name for name, state in states(said).items() if state == "missing"} >= {
        "qemu-system-x86_64", "qemu-img", "xorriso", "etcd", "openssl", "nice", "tar"}
    assert json.loads(said.out)["remedy"].startswith(
        "apt-get install qemu-system-x86 qemu-utils xorriso etcd-server openssl")
    text = called("doctor", "verify")
    assert text.code == 3
    assert "to install: apt-get install qemu-system-x86 qemu-utils xorriso" in text.out
    assert text.out.index("  ok  ") < text.out.index("  missing  ")


def test_another_distribution_is_told_its_own_names(
        bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "this_machine", lambda: FEDORA)
    remedy = json.loads(called("doctor", "build", "--format", "json").out)["remedy"]
    assert remedy.startswith("dnf install qemu-system-x86 qemu-img ")
    assert "apt-get" not in remedy
    assert "https://developer.hashicorp.com/packer/install; or set PACKER_BIN" in remedy


@pytest.mark.parametrize(("version", "state"), [("1.5.6", "too old"), ("1.6.6", "ok"),
                                                ("1.11.2", "ok"), ("nonsense", "too old")])
def test_packers_version_is_read(version: str, state: str, bare: Path) -> None:
    program(bare, "packer", f'[ "$1" = version ] && echo "Packer v{version}"; exit 0')
    found = states(called("doctor", "build", "--format", "json"))
    assert found["packer"] == state
    assert found.get("packer-plugin-qemu") == ("note" if version == "1.11.2" else None)


def test_a_plugin_that_is_there_is_seen(bare: Path) -> None:
    program(bare, "packer", 'case "$1" in version) echo Packer v1.11.2;; '
            'plugins) echo /root/.config/packer/plugins/github.com/hashicorp/qemu/p_v1;; esac')
    assert states(called("doctor", "build", "--format", "json"))["packer-plugin-qemu"] == "ok"


def test_an_old_go_is_not_enough(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program(bare, "go", "echo go version go1.19.8 linux/amd64")
    monkeypatch.setattr("imagegen.bake.kube.toolchain._candidates",
                        lambda: iter([str(bare / "go")]))
    row = next(one for one in examine(["kubernetes"]).diagnoses if one.subject == "go")
    assert row.state is State.TOO_OLD and row.hinders
    assert row.found == f"{bare / 'go'}, 1.19; 1.21 is needed"


def test_a_profile_leaves_out_what_it_does_not_need(tmp_path: Path) -> None:
    profile = tmp_path / "own.yaml"
    text = (PROFILES / "quickstart.yaml").read_text()
    profile.write_text(text.replace("kubeProxy:\n", "kubeProxy:\n  binary: {from: path, path: "
                                    f"kube-proxy, sha256: {'a' * 64}}}\n", 1)
                       + f"\nimage: {{base: {{from: path, path: b.qcow2, sha256: {'b' * 64}}}}}\n")
    found = states(called("doctor", "build", "--format", "json", "--profile", str(profile)))
    assert "packer" in found
    assert {"mmdebstrap", "go", "root"} & set(found) == set()


def test_a_verb_that_runs_nothing_needs_nothing(bare: Path) -> None:
    said = called("doctor", "render")
    assert said.code == 0
    assert said.out.endswith("render runs no other program\n")


def test_too_little_room_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "FREE_BYTES", 1 << 60)
    said = called("doctor", "build")
    assert said.code == 3
    assert "name a folder on a larger disk with -o" in said.out


def test_a_user_who_cannot_install_a_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr("imagegen.bake.base.rootfs._has_newuidmap", lambda: False)
    found = {one.subject: one for one in examine(["base"]).diagnoses}
    assert found["root"].hinders and "sudo" in found["root"].remedy


def test_no_kvm_is_a_note_and_hinders_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "kvm_trouble", lambda: "there is no /dev/kvm")
    found = {one.subject: one for one in examine(["verify"]).diagnoses}
    assert found["KVM"].state is State.NOTE and not found["KVM"].hinders
    assert "emulated" in found["KVM"].found


def test_kvm_that_runs_a_trial_is_ok(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "kvm_trouble", lambda: None)
    assert {one.subject: one.state for one in examine(["verify"]).diagnoses}["KVM"] is State.OK


def test_memory_is_what_the_kernel_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "meminfo").write_text("MemTotal: 9 kB\nMemAvailable:     512000 kB\n")
    monkeypatch.setattr(doctor, "MEMINFO", tmp_path / "meminfo")
    found = {one.subject: one for one in examine(["verify"]).diagnoses}["memory"]
    assert (found.state, found.found) == (State.NOTE, "500 MiB available of 1536 MiB wanted")


def test_an_unknown_verb_is_wrong_input() -> None:
    assert called("doctor", "bake").code == 2


def test_all_missing_tools_are_named_at_once(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tools, "this_machine", lambda: machine_of({"ID": "debian"}))
    with pytest.raises(ToolError) as caught:
        require_tools([Tool.XORRISO, Tool.QEMU_IMG, Tool.XORRISO, Tool.MKE2FS])
    assert caught.value.what == "xorriso and qemu-img are not installed"
    assert caught.value.hint == "apt-get install xorriso qemu-utils"
