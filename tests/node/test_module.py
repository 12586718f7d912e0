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
    "install ip_vs_sh /usr/bin/false", "install ip_vs_sh", "install ip_vs_sh /bin/false; exit 1",
    "install ip_vs_sh /bin/sh -c 'exit 1'", "install ip_vs_sh :",
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


# kURL issue 5057, LinuxwtCluster-Service's scripts/ipvs.sh: blanks and the twin line are real
H06 = ("ip_vs \nip_vs_rr \nip_vs_wrr \nip_vs_sh \nip_vs_sh \nnf_conntrack_ipv4\nipt_set \nipip \n")
H06_LOADED = "".join(f"{name} 1 0 - Live 0x0\n" for name in
                     ("ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack", "xt_set"))


@pytest.mark.parametrize("version", ["5.15.0-91-generic", "4.18.0-240.el8.x86_64"])
def test_h06_a_name_that_is_no_module_is_a_warning(fake: FakeNode, version: str) -> None:
    """The kernel's number does not decide: EL8's 4.18 has nf_conntrack_ipv4 no more."""
    fake.write("/proc/sys/kernel/osrelease", f"{version}\n")
    fake.write("/proc/modules", H06_LOADED)
    fake.write(f"/lib/modules/{version}/modules.dep", "kernel/net/ipv4/ipip.ko.xz: \n")
    fake.write(f"/lib/modules/{version}/kernel/net/ipv4/ipip.ko.xz", "")
    fake.write(f"/lib/modules/{version}/modules.alias", "# Aliases\nalias ipt_set xt_set\n")
    fake.write("/etc/modules-load.d/ipvs.conf", H06)
    outcome = fake.judge("modules_load", {})
    assert outcome.result == "warning"
    assert outcome.saw == ("/etc/modules-load.d/ipvs.conf:6 asks for nf_conntrack_ipv4, which this "
                           "kernel does not have (nf_conntrack has taken its place)")
    assert fake.judge("module", {"name": "nf_conntrack"}).result == "ok"


def test_h06_the_old_kernel_has_the_old_name(fake: FakeNode) -> None:
    fake.write("/proc/modules", H06_LOADED + "nf_conntrack_ipv4 1 0 - Live 0x0\nipip 1 0 - L 0\n")
    fake.write(f"/lib/modules/{KERNEL}/modules.alias", "alias ipt_set xt_set\n")
    fake.write("/etc/modules-load.d/ipvs.conf", H06)
    outcome = fake.judge("modules_load", {})
    assert (outcome.result, outcome.saw) == ("ok", "7 names")


@pytest.mark.parametrize("line", ["modules_load=ip_vs_rrr", "rd.modules_load=ip-vs-rrr"])
def test_the_command_line_asks_for_modules_too(fake: FakeNode, line: str) -> None:
    fake.write("/proc/cmdline", f"ro {line} quiet\n")
    outcome = fake.judge("modules_load", {}, "kernel")
    assert "command line asks for ip_vs_rrr" in outcome.saw


@pytest.mark.parametrize("file", ["modules.builtin.modinfo", "modprobe"])
def test_another_name_of_a_module_is_a_module(fake: FakeNode, file: str) -> None:
    fake.write("/etc/modules-load.d/a.conf", "ipt-set\n")
    if file == "modprobe":
        fake.write("/etc/modprobe.d/a.conf", "alias ipt_set xt_set\n")
    else:
        fake.write(f"/lib/modules/{KERNEL}/{file}", "xt_set.license=GPL\0xt_set.alias=ipt_set\0")
    assert fake.judge("modules_load", {}, "kernel").result == "ok"


def test_bake_asks_for_the_kernels_that_may_boot(fake: FakeNode) -> None:
    kernel(fake, version="6.99")
    fake.write("/etc/modules-load.d/a.conf", "ip_vs_sh\n")
    assert fake.judge("modules_load", {}, "bake").result == "ok"
    fake.write("/etc/modules-load.d/b.conf", "; no\nip_vs_s\n")
    assert "b.conf:2 asks for ip_vs_s," in fake.judge("modules_load", {}, "bake").saw


def test_a_masked_file_asks_for_nothing(fake: FakeNode) -> None:
    fake.write("/usr/lib/modules-load.d/old.conf", "nf_conntrack_ipv4\n")
    fake.link("/etc/modules-load.d/old.conf", "/dev/null")
    assert fake.judge("modules_load", {}, "kernel").result == "ok"


def test_loaded_now_and_kept_out_at_the_next_boot_is_a_warning(fake: FakeNode) -> None:
    fake.write("/proc/modules", "ip_vs_sh 1 0 - Live 0x0\n")
    fake.write("/etc/modprobe.d/new.conf", "blacklist ip_vs_sh\n")
    outcome = fake.judge("module", SH)
    assert (outcome.result, "new.conf:1" in outcome.saw) == ("warning", True)


def test_a_module_that_it_needs_is_kept_out(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/etc/modprobe.d/a.conf", "install ip_vs \\\n  /bin/false\n")
    outcome = fake.judge("module", SH)
    assert outcome.result == "red"
    assert "it needs ip_vs, and /etc/modprobe.d/a.conf:1 says" in outcome.saw


def test_no_index_for_the_running_kernel(fake: FakeNode) -> None:
    kernel(fake, version="6.99")
    outcome = fake.judge("module", SH, "kernel")
    assert f"/lib/modules/{KERNEL}/modules.dep is not there" in outcome.saw
    assert f"depmod {KERNEL}" in outcome.remedy


def test_nothing_can_be_loaded_any_more(fake: FakeNode) -> None:
    kernel(fake)
    fake.write("/proc/sys/kernel/modules_disabled", "1\n")
    assert "kernel.modules_disabled is 1" in fake.judge("module", SH, "kernel").saw


def test_built_in_is_kept_out_by_nobody(fake: FakeNode) -> None:
    kernel(fake, builtin="kernel/net/netfilter/ipvs/ip_vs_sh.ko\n")
    fake.write("/etc/modprobe.d/a.conf", "blacklist ip_vs_sh\n")
    assert fake.judge("module", SH, "bake").result == "ok"
    assert fake.judge("module", SH, "kernel").result == "ok"


def test_h06_the_old_name_is_right_where_the_kernel_has_it(fake: FakeNode) -> None:
    fake.write("/proc/modules", "nf_conntrack 1 0 - Live 0x0\nnf_conntrack_ipv4 1 0 - Live 0x0\n")
    fake.write("/etc/modules-load.d/ipvs.conf", "nf_conntrack_ipv4\n")
    assert fake.judge("module", {"name": "nf_conntrack"}).result == "ok"
    assert fake.judge("module", {"name": "nf_conntrack_ipv4"}).result == "ok"
