"""What a build cannot do is said before anything is made, fetched or written."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake import accelerator, inputs, preflight
from tests.profiles import as_yaml, changed
from tests.verbs import Said, called

OWN: dict[str, Any] = {"image.base": {"from": "path", "path": "there", "sha256": "ab" * 32},
       "kubeProxy.binary": {"from": "path", "path": "there", "sha256": "ab" * 32}}
TOOLS = ("packer", "qemu-system-x86_64", "qemu-img", "ssh-keygen", "xorriso")
BASE = ("mmdebstrap", "grub-mkimage", "debugfs", "mke2fs", "sfdisk", "mkfs.vfat", "mcopy")


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty cache, and nothing that costs may begin."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    for name in ("find_base", "find_kube_proxy", "find_kubelet"):
        monkeypatch.setattr(inputs, name, lambda *_: pytest.fail("began what costs"))
    Path("there").touch()


def tried(verb: str, *argv: str, **changes: Any) -> Said:
    Path("p.yaml").write_bytes(as_yaml(changed(changes)))
    before = {path for path in Path().rglob("*") if "cache" not in path.parts}
    said = called(verb, "p.yaml", *argv)
    assert {path for path in Path().rglob("*") if "cache" not in path.parts} == before
    return said


def _names(folder: str) -> list[str]:
    return [path.name for path in Path(folder).iterdir()]


def without(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A PATH with every tool but one."""
    folder = Path("bin")
    folder.mkdir()
    for name in {*TOOLS, *BASE, *_names("/usr/bin"), *_names("/usr/sbin")} - {tool}:
        if found := shutil.which(name, path="/usr/bin:/usr/sbin:/bin:/sbin"):
            (folder / name).symlink_to(found)
    # what imagegen adds to a PATH must not bring it back
    monkeypatch.setattr("imagegen.bake.tools.environment",
                        lambda: {"PATH": str(folder.absolute())})


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_that_is_missing(tool: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PACKER_BIN", raising=False)
    without(tool, monkeypatch)
    said = tried("build", **OWN)
    assert said.code == 3 and f"{tool} " in said.err and "not installed" in said.err, said.err


@pytest.mark.parametrize("tool", BASE)
@pytest.mark.parametrize("verb", ["build", "inputs"])
def test_a_tool_that_makes_a_base_image(verb: str, tool: str,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    without(tool, monkeypatch)
    said = tried(verb, **{"kubeProxy.binary": OWN["kubeProxy.binary"]})
    assert said.code == 3 and f"{tool} " in said.err and "not installed" in said.err, said.err


def test_kvm_that_does_not_work(monkeypatch: pytest.MonkeyPatch) -> None:
    """The trial itself is tried for real in tests/boot/test_accelerator.py."""
    monkeypatch.setattr(accelerator, "KVM_DEVICE", Path("nothing"))
    accelerator.kvm_trouble.cache_clear()
    said = tried("build", "--accelerator", "kvm", **OWN)
    accelerator.kvm_trouble.cache_clear()
    assert said.code == 3 and "KVM does not work here" in said.err


def test_a_full_disk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(preflight, "FREE_BYTES", 1 << 60)
    said = tried("build", **OWN)
    assert said.code == 3 and "images has " in said.err and "MiB free" in said.err


@pytest.mark.parametrize("out", ["there", "there/images", "/proc/images"])
@pytest.mark.parametrize("verb", ["build", "inputs"])
def test_a_folder_that_cannot_be(verb: str, out: str) -> None:
    said = tried(verb, "-o", out, **OWN)
    assert said.code in (2, 3) and out.partition("/images")[0] in said.err, said.err


@pytest.mark.parametrize("field", ["image.base", "kubeProxy.binary"])
@pytest.mark.parametrize("verb", ["build", "inputs"])
def test_a_file_that_is_not_there(verb: str, field: str) -> None:
    said = tried(verb, **{**OWN, field: {**OWN[field], "path": "gone"}})
    assert said.code == 2 and "gone is not there" in said.err


@pytest.mark.parametrize("verb", ["build", "inputs"])
def test_flatcar_is_not_baked(verb: str) -> None:
    kubelet = {"from": "url", "url": "https://e.org/k", "sha256": "ab" * 32, "version": "1.34.4"}
    said = tried(verb, **{"os.distribution": "flatcar", "os.release": "stable",
                          "check.python": "/opt/python/bin/python3", "os.kubelet": kubelet,
                          "kubeProxy.binary": {"from": "url", "url": "https://e.org/p",
                                               "sha256": "ab" * 32}})
    assert said.code == 2 and "flatcar stable is not baked" in said.err, said.err
    assert "ignition/node.ign" in said.err
