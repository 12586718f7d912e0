"""The real base image, built if the user's cache has none, opened and looked at from outside."""

from __future__ import annotations

import hashlib
import json
import stat
from dataclasses import asdict, dataclass
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

from imagegen.bake.base import BaseImage, BaseSpec, base_image, store
from imagegen.bake.base.disk import layout
from imagegen.bake.base.stock import REMOVED
from imagegen.common.files import sha256_file
from imagegen.common.progress import Silent
from imagegen.common.run import run

SPEC = BaseSpec()


@dataclass(frozen=True)
class Opened:
    """The image as a raw disk, its root file system read by debugfs."""

    disk: Path

    @property
    def root(self) -> str:
        return f"{self.disk}?offset={layout(SPEC.disk_gib).root.start * 512}"

    def ask(self, command: str) -> str:
        output = run(["debugfs", "-R", command, self.root]).output
        return output.removeprefix("debugfs ").partition("\n")[2]

    def text(self, path: str) -> str:
        return self.ask(f"cat {path}")

    def names(self, folder: str) -> list[str]:
        lines = self.ask(f"ls -p {folder}").splitlines()
        found = [line.split("/")[5] for line in lines if line.count("/") >= 6]
        return [name for name in found if name not in (".", "..", "")]


@pytest.fixture(scope="module")
def base() -> BaseImage:
    return base_image(SPEC, Silent())


@pytest.fixture(scope="module")
def opened(base: BaseImage, tmp_path_factory: pytest.TempPathFactory) -> Opened:
    disk = tmp_path_factory.mktemp("base") / "disk.raw"
    run(["qemu-img", "convert", "-O", "raw", str(base.path), str(disk)])
    return Opened(disk)


def test_the_file(base: BaseImage) -> None:
    info = json.loads(run(["qemu-img", "info", "--output=json", str(base.path)]).output)
    assert info["format"] == "qcow2"
    assert info["virtual-size"] == SPEC.disk_gib << 30
    assert info["format-specific"]["data"]["compression-type"] == "zstd"
    assert "backing-filename" not in info
    run(["qemu-img", "check", str(base.path)])
    assert base.path.stat().st_size < 400 << 20
    assert stat.S_IMODE(base.path.stat().st_mode) == 0o444


def test_the_manifest(base: BaseImage) -> None:
    manifest = base.manifest
    assert manifest["sha256"] == base.sha256 == sha256_file(base.path)
    assert manifest["digest"] == SPEC.digest() == base.path.parent.name
    assert json.loads(json.dumps(manifest["spec"])) == json.loads(json.dumps(asdict(SPEC)))
    assert len(manifest["inRelease"]) == 3
    assert manifest["sourceDateEpoch"] == max(entry["date"] for entry in manifest["archives"])
    names = {line.partition("=")[0] for line in manifest["packages"]}
    assert set(SPEC.packages) <= names
    assert any(name.startswith("linux-image-6.1.") for name in names)
    assert "qemu-guest-agent" not in names
    assert all(manifest["tools"].values())


def test_a_cached_base_is_not_read_again(
    base: BaseImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(store, "sha256_file", lambda path: pytest.fail("it was read"))
    assert base_image(SPEC, Silent()) == base


def test_the_partitions(opened: Opened) -> None:
    read = json.loads(run(["sfdisk", "--json", str(opened.disk)]).output)["partitiontable"]
    assert [part["name"] for part in read["partitions"]] == ["bios", "esp", "root"]
    assert "No errors detected" in run(["sfdisk", "--verify", str(opened.disk)]).output


def test_the_file_system_is_sound(opened: Opened) -> None:
    run(["e2fsck", "-f", "-n", opened.root])
    identity = SPEC.uuid("root")
    assert f"Filesystem UUID:          {identity}" in opened.ask("stats -h")
    assert f"UUID={identity} / ext4" in opened.text("/etc/fstab")


def test_no_identity_is_shared(opened: Opened) -> None:
    assert "Size: 0" in opened.ask("stat /etc/machine-id").replace("    ", " ")
    assert not [name for name in opened.names("/etc/ssh") if name.startswith("ssh_host_")]
    assert "sshd_config" in opened.names("/etc/ssh")
    assert opened.text("/etc/hostname") == "localhost\n"
    assert "machine-id" not in opened.names("/var/lib/dbus")
    assert not {"random-seed", "credential.secret"} & set(opened.names("/var/lib/systemd"))
    assert 'Fast link dest: "../run/systemd/resolve/stub-resolv.conf"' in opened.ask(
        "stat /etc/resolv.conf"
    )


def test_nothing_that_was_to_go_is_left(opened: Opened) -> None:
    kept = {"etc/hostname"}  # written anew
    for pattern in set(REMOVED) - kept:
        folder, _, name = pattern.rpartition("/")
        assert not [n for n in opened.names(f"/{folder}") if fnmatchcase(n, name)], pattern


def test_nobody_has_a_password(opened: Opened) -> None:
    lines = opened.text("/etc/shadow").splitlines()
    assert any(line.startswith("root:") for line in lines)
    assert all(line.split(":")[1] in ("*", "!", "!*") for line in lines), lines
    assert all(line.split(":")[1] == "x" for line in opened.text("/etc/passwd").splitlines())
    assert opened.names("/root/.ssh") == []
    assert opened.names("/home") == []


def test_cloud_init_is_as_debian_ships_it(opened: Opened) -> None:
    stanzas = opened.text("/var/lib/dpkg/status").split("\n\n")
    stanza = next(s for s in stanzas if s.startswith("Package: cloud-init\n"))
    line = next(s for s in stanza.splitlines() if s.startswith(" /etc/cloud/cloud.cfg "))
    text = opened.text("/etc/cloud/cloud.cfg")
    assert hashlib.md5(text.encode()).hexdigest() == line.split()[1]
    assert "C.UTF-8" in opened.text("/etc/cloud/cloud.cfg.d/01_base.cfg")


def test_it_can_start(opened: Opened) -> None:
    assert "vmlinuz-6.1." in opened.ask("stat /vmlinuz")
    assert "initrd.img-6.1." in opened.ask("stat /initrd.img")
    assert f"root=UUID={SPEC.uuid('root')}" in opened.text("/boot/grub/grub.cfg")
    assert "GRUB_TIMEOUT=0" in opened.text("/etc/default/grub")
    for platform in ("i386-pc", "x86_64-efi"):
        assert "normal.mod" in opened.names(f"/boot/grub/{platform}")
    listing = run(["mdir", "-b", "-i", f"{opened.disk}@@2M", "::/EFI/BOOT"]).output
    assert "BOOTX64.EFI" in listing


def test_apt_reads_the_spec_and_no_more(opened: Opened) -> None:
    sources = opened.text("/etc/apt/sources.list.d/debian.sources")
    for mirror, suite in SPEC.archives():
        assert f"URIs: {mirror}\nSuites: {suite}\n" in sources
    assert "sources.list" not in opened.names("/etc/apt")


@pytest.mark.wide
def test_the_same_mirror_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path))
    first = base_image(SPEC, Silent())
    made = first.path.stat().st_ino
    second = base_image(SPEC, Silent(), refresh=True)
    assert second.path.stat().st_ino != made
    assert second.manifest["inRelease"] == first.manifest["inRelease"]
    assert second.sha256 == first.sha256
