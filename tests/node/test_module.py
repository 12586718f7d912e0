"""Modules: on the disk for the kernel that will boot, at work in the one that runs."""

from __future__ import annotations

import pytest

from tests.node.fake import KERNEL, TITLE, FakeNode

SH = {"name": "ip_vs_sh"}


def kernel(fake: FakeNode, version: str = KERNEL, suffix: str = ".ko", builtin: str = "") -> None:
    fake.write(f"/boot/vmlinuz-{version}", "")
    path = f"kernel/net/netfilter/ipvs/ip_vs_sh{suffix}"
    folder = f"/lib/modules/{version}"
    fake.write(f"{folder}/modules.dep", f"{path}: kernel/net/netfilter/ipvs/ip_vs{suffix}\n")
    fake.write(f"{folder}/{path}", "")
    fake.write(f"{folder}/modules.builtin", builtin)


@pytest.mark.parametrize("suffix", [".ko", ".ko.xz", ".ko.zst", ".ko.gz"])
def test_bake_finds_it_however_it_is_packed(fake: FakeNode, suffix: str) -> None:
    kernel(fake, suffix=suffix)
    assert fake.judge("module", SH, "bake").result == "ok"


def test_bake_takes_built_in(fake: FakeNode) -> None:
    kernel(fake, builtin="kernel/net/bridge/br-netfilter.ko\n")
    assert fake.judge("module", {"name": "br_netfilter"}, "bake").result == "ok"


def test_bake_wants_it_for_every_kernel(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/boot/vmlinuz-6.99", "")
    fake.write("/lib/modules/6.99/modules.dep", "")
    fake.write("/lib/modules/5.0-left-over/modules.dep", "")
    outcome = fake.judge("module", SH, "bake")
    assert (outcome.result, outcome.saw) == ("red", "missing for 6.99")


def test_bake_is_red_for_an_index_that_lies(fake: FakeNode) -> None:
    kernel(fake)
    (fake.root / f"lib/modules/{KERNEL}/kernel/net/netfilter/ipvs/ip_vs_sh.ko").unlink()
    assert fake.judge("module", SH, "bake").result == "red"


def test_bake_without_a_kernel_is_red(fake: FakeNode) -> None:
    assert "no kernel" in fake.judge("module", SH, "bake").saw


def test_bake_is_red_for_a_module_that_is_kept_out(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/etc/modprobe.d/hardening.conf", "install ip_vs_sh /bin/false\n")
    assert "hardening.conf:1" in fake.judge("module", SH, "bake").saw


def test_loaded(fake: FakeNode) -> None:
    fake.write("/proc/modules", "ip_vs_sh 16384 0 - Live 0x0000000000000000\n"
                                "br_netfilter 36864 0 - Live 0x0000000000000000\n")
    assert fake.judge("module", SH).result == "ok"
    assert fake.judge("module", {"name": "br-netfilter"}).result == "ok"


def test_built_in_the_running_kernel(fake: FakeNode) -> None:
    kernel(fake, builtin="kernel/net/netfilter/ipvs/ip_vs_sh.ko\n")
    assert fake.judge("module", SH).saw == "built into the kernel"


def test_not_loaded_though_there(fake: FakeNode) -> None:
    kernel(fake)
    outcome = fake.judge("module", SH, "kernel")
    assert outcome.result == "red"
    assert "modprobe ip_vs_sh" in outcome.remedy


def test_no_such_module(fake: FakeNode) -> None:
    assert KERNEL in fake.judge("module", SH, "kernel").saw


@pytest.mark.parametrize("line", [
    "blacklist ip_vs_sh", "blacklist ip-vs-sh", "install ip_vs_sh /bin/true",
    "install ip_vs_sh /usr/bin/false", "install ip_vs_sh",
])
def test_the_line_that_keeps_it_out_is_named(fake: FakeNode, line: str) -> None:
    kernel(fake)
    fake.write("/etc/modprobe.d/hardening.conf", f"# no\noptions ip_vs conn_tab_bits=12\n{line}\n")
    outcome = fake.judge("module", SH)
    assert outcome.result == "red"
    assert f"/etc/modprobe.d/hardening.conf:3 says `{line}`" in outcome.saw


def test_an_install_line_that_does_load_is_no_cause(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/etc/modprobe.d/a.conf", "install ip_vs_sh /sbin/modprobe -i ip_vs_sh\n")
    assert "a.conf" not in fake.judge("module", SH).saw


def test_the_kernel_command_line_can_keep_it_out(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/proc/cmdline", "quiet module_blacklist=foo,ip_vs_sh ro\n")
    assert "command line" in fake.judge("module", SH).saw


def test_h07_a_scheduler_at_work_is_there(fake: FakeNode) -> None:
    fake.write("/proc/modules", "ip_vs 1 0 - Live 0x0\n")
    fake.write("/proc/net/ip_vs", TITLE + "TCP  0A600001:01BB sed  \n"
               "  -> C000020B:192B      Masq    1      0          0         \n")
    assert fake.judge("module", {"name": "ip_vs_sed"}).result == "ok"
    assert fake.judge("module", {"name": "ip_vs_lc"}).result == "red"


def test_h06_an_old_name_in_modules_load_is_a_warning(fake: FakeNode) -> None:
    fake.write("/proc/modules", "nf_conntrack 1 0 - Live 0x0\n")
    fake.write("/etc/modules-load.d/ipvs.conf",
               "ip_vs \nip_vs_rr \nip_vs_wrr \nip_vs_sh \nip_vs_sh \nnf_conntrack_ipv4\nipt_set \n")
    outcome = fake.judge("module", {"name": "nf_conntrack"})
    assert outcome.result == "warning"
    assert "/etc/modules-load.d/ipvs.conf:6 asks for nf_conntrack_ipv4" in outcome.saw


def test_h06_the_old_name_is_right_where_the_kernel_has_it(fake: FakeNode) -> None:
    fake.write("/proc/modules", "nf_conntrack 1 0 - Live 0x0\nnf_conntrack_ipv4 1 0 - Live 0x0\n")
    fake.write("/etc/modules-load.d/ipvs.conf", "nf_conntrack_ipv4\n")
    assert fake.judge("module", {"name": "nf_conntrack"}).result == "ok"
    assert fake.judge("module", {"name": "nf_conntrack_ipv4"}).result == "ok"
