"""What each version is pinned to holds together."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from imagegen.bake.kube import (
    KubeProgram,
    buildable,
    buildable_versions,
    input_digest,
    kube_binary,
    nearest,
    pins,
)
from imagegen.common.errors import ExitCode, ToolError
from imagegen.common.progress import Silent

KUBEADM = ("1.20.2", "1.29.6", "1.34.4", "1.37.2")
MODULES = ("1.29.6", "1.34.4", "1.37.2")


def test_the_versions_are_listed_oldest_first() -> None:
    assert buildable_versions() == ("1.20.2", "1.29.6", "1.34.4", "1.37.2")
    assert buildable_versions(KubeProgram.APISERVER) == ("1.20.2", "1.34.4", "1.37.2")
    assert buildable_versions(KubeProgram.KUBEADM) == KUBEADM
    assert buildable("1.34.4")
    assert buildable("1.29.6", KubeProgram.KUBEADM)
    assert not buildable("1.29.6", KubeProgram.APISERVER)
    assert not buildable("1.34.5")


@pytest.mark.parametrize(("version", "served"), [
    ("1.20.2", "1.20.2"), ("1.29.6", "1.34.4"), ("1.34.4", "1.34.4"), ("1.35.0", "1.37.2"),
    ("1.43.0", "1.37.2")])
def test_the_api_server_beside_a_kube_proxy(version: str, served: str) -> None:
    assert nearest(version, KubeProgram.APISERVER) == served


@pytest.mark.parametrize("version", ["1.34.5", "v1.34.4", "1.34", "", "../pins", "1.34.4/"])
def test_any_other_version_is_refused_with_those_that_can_be_built(version: str) -> None:
    with pytest.raises(ToolError, match="cannot be built here") as caught:
        kube_binary(KubeProgram.PROXY, version, Silent())
    assert "1.20.2, 1.29.6, 1.34.4, 1.37.2" in caught.value.hint
    assert caught.value.exit_code == ExitCode.TOOL_FAILED


@pytest.mark.parametrize(("program", "version"), [
    *((KubeProgram.PROXY, version) for version in MODULES),
    *((KubeProgram.KUBEADM, version) for version in KUBEADM[1:])])
def test_a_module_pins_kubernetes_and_every_staging_module_alike(
    program: KubeProgram, version: str
) -> None:
    text = (pins.pins(version, program).folder / "go.mod").read_text()
    assert f"\nrequire k8s.io/kubernetes v{version}\n" in text
    staging = re.findall(r"^\t(k8s\.io/\S+) => (k8s\.io/\S+) (\S+)$", text, re.MULTILINE)
    assert len(staging) >= 30
    assert {(old == new, v) for old, new, v in staging} == {(True, "v0" + version[1:])}
    assert "./" not in text


@pytest.mark.parametrize(("program", "version"), [
    (program, version) for program in (KubeProgram.PROXY, KubeProgram.KUBEADM)
    for version in buildable_versions(program)])
def test_a_version_says_what_it_comes_to(program: KubeProgram, version: str) -> None:
    sums = pins.pins(version, program).sums
    assert program in sums
    assert all(re.fullmatch("[0-9a-f]{64}", value) for value in sums.values())


def test_the_digest_tells_programs_versions_and_pins_apart(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    digests = {input_digest(p, v) for p in KubeProgram for v in buildable_versions(p)}
    assert len(digests) == 11
    before = input_digest(KubeProgram.PROXY, "1.34.4")
    shutil.copytree(pins._PINS, tmp_path / "pins")
    monkeypatch.setattr(pins, "_PINS", tmp_path / "pins")
    assert input_digest(KubeProgram.PROXY, "1.34.4") == before
    with (tmp_path / "pins/1.34.4/go.sum").open("a") as file:
        file.write("\n")
    assert input_digest(KubeProgram.PROXY, "1.34.4") != before


def test_the_sums_decide_no_digest(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = input_digest(KubeProgram.PROXY, "1.34.4")
    shutil.copytree(pins._PINS, tmp_path / "pins")
    (tmp_path / "pins/1.34.4/sha256sums").write_text("")
    monkeypatch.setattr(pins, "_PINS", tmp_path / "pins")
    assert input_digest(KubeProgram.PROXY, "1.34.4") == before
