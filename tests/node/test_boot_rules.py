"""The kernel's command line, swap, the runtime, apt's sources and the bundle of authorities."""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode

THP = {"argument": "transparent_hugepage=never"}
MENU = ("menuentry 'Debian' {{\n\tlinux\t/vmlinuz root=UUID=1 ro {0}\n\tinitrd /initrd\n}}\n"
        "menuentry 'old' {{\n\tlinux\t/vmlinuz.old root=UUID=1 ro single {1}\n}}\n")
SWAPS = "Filename\tType\tSize\tUsed\tPriority\n"
SOCKET = {"socket": "/run/containerd/containerd.sock"}
SOURCES = {"path": "/etc/apt/sources.list.d/imagegen.sources"}
TRUST = {"path": "/own.crt", "bundle": "/etc/ssl/certs/ca-certificates.crt"}


def test_the_running_kernel_was_given_it(fake: FakeNode) -> None:
    fake.write("/proc/cmdline", "ro transparent_hugepage=never quiet\n")
    assert fake.judge("kernel_argument", THP, "kernel").result == "ok"
    fake.write("/proc/cmdline", "ro transparent_hugepage=nevermore\n")
    assert "not there" in fake.judge("kernel_argument", THP, "kernel").saw


def test_every_line_of_the_menu_has_it(fake: FakeNode) -> None:
    assert "no boot menu" in fake.judge("kernel_argument", THP, "bake").saw
    own = THP["argument"]
    fake.write("/boot/grub/grub.cfg", MENU.format(own, own))
    assert fake.judge("kernel_argument", THP, "bake").saw == "in 2 lines of the boot menu"
    fake.write("/boot/grub/grub.cfg", MENU.format(own, ""))
    assert "/vmlinuz.old" in fake.judge("kernel_argument", THP, "bake").saw


def test_an_entry_a_file(fake: FakeNode) -> None:
    fake.write("/boot/loader/entries/a.conf", "title a\noptions root=/dev/vda ro\n")
    assert fake.judge("kernel_argument", THP, "bake").result == "red"
    fake.write("/boot/loader/entries/a.conf", "options root=/dev/vda transparent_hugepage=never\n")
    assert fake.judge("kernel_argument", THP, "bake").result == "ok"


def test_nothing_swaps(fake: FakeNode) -> None:
    fake.write("/proc/swaps", SWAPS)
    fake.write("/etc/fstab", "# /dev/x none swap sw 0 0\nUUID=1 / ext4 defaults 0 1\n")
    assert fake.judge("swap", {}).result == "ok"
    fake.write("/proc/swaps", f"{SWAPS}/swapfile file 1 0 -2\n")
    assert fake.judge("swap", {}).saw == "/swapfile is swapped to"
    assert fake.judge("swap", {}, "bake").result == "ok"


def test_fstab_asks_for_swap(fake: FakeNode) -> None:
    fake.write("/etc/fstab", "UUID=2 none swap sw 0 0\n")
    assert "/etc/fstab asks for it" in fake.judge("swap", {}, "bake").saw


def test_containerd_agrees(fake: FakeNode) -> None:
    assert fake.judge("runtime", SOCKET).settles
    fake.write(SOCKET["socket"], "")
    fake.host.programs["containerd"] = (0, "      SystemdCgroup = true\n")
    assert fake.judge("runtime", SOCKET).result == "ok"


@pytest.mark.parametrize(("filed", "result"), [("true", "ok"), ("false", "red")])
def test_an_old_containerd_leaves_it_out(fake: FakeNode, filed: str, result: str) -> None:
    """Debian 11's 1.4.13 prints nothing under runc's options; what it says itself goes first."""
    fake.write(SOCKET["socket"], "")
    fake.write("/etc/containerd/config.toml", f"  SystemdCgroup = {filed}\n")
    fake.host.programs["containerd"] = (0, "  [plugins.cri.containerd.runtimes.runc.options]\n")
    assert fake.judge("runtime", SOCKET).result == result
    fake.host.programs["containerd"] = (0, "  SystemdCgroup = false\n")
    assert fake.judge("runtime", SOCKET).result == "red"


@pytest.mark.parametrize(("code", "said", "saw"), [
    (0, "  SystemdCgroup = false\n", "its SystemdCgroup is false"),
    (0, "", "its SystemdCgroup is false"),
    (1, "containerd: invalid TOML\n", "invalid TOML"),
])
def test_containerd_does_not(fake: FakeNode, code: int, said: str, saw: str) -> None:
    fake.write(SOCKET["socket"], "")
    fake.host.programs["containerd"] = (code, said)
    outcome = fake.judge("runtime", SOCKET)
    assert outcome.result == "red"
    assert saw in outcome.saw


def test_the_only_sources(fake: FakeNode) -> None:
    assert "is not there" in fake.judge("apt_sources", SOURCES).saw
    fake.write(SOURCES["path"], "Types: deb\n")
    fake.write("/etc/apt/sources.list", "# nothing\n\n")
    fake.write("/etc/apt/sources.list.d/debian.sources.bak", "")
    assert fake.judge("apt_sources", SOURCES).result == "ok"
    fake.write("/etc/apt/sources.list.d/other.list", "")
    assert "/etc/apt/sources.list.d/other.list" in fake.judge("apt_sources", SOURCES).saw
    (fake.root / "etc/apt/sources.list.d/other.list").unlink()
    fake.write("/etc/apt/sources.list", "deb http://example.org x main\n")
    assert "/etc/apt/sources.list" in fake.judge("apt_sources", SOURCES).saw


def test_the_bundle_holds_it(fake: FakeNode) -> None:
    assert "/own.crt is not there" in fake.judge("trust", TRUST).saw
    fake.write(TRUST["path"], "-----BEGIN X-----\nAAAA\nBBBB\n-----END X-----\n")
    fake.write(TRUST["bundle"], "other\n-----BEGIN X-----\nAAAABBBB\n-----END X-----\n")
    assert fake.judge("trust", TRUST).result == "ok"
    fake.write(TRUST["bundle"], "other\n")
    assert fake.judge("trust", TRUST).saw == "the bundle does not hold it"
