"""Sysctls: the live value decides, and the finding says which file is to blame (case H05)."""

from __future__ import annotations

import pytest

from imagegen.node.sysctl_files import SysctlFiles, proc_path
from tests.node.fake import KERNEL, FakeNode

FORWARD = {"key": "net.ipv4.ip_forward", "value": "1"}
LIVE = "/proc/sys/net/ipv4/ip_forward"
OURS = "/etc/sysctl.d/90-imagegen-ipvs.conf"


def test_right_value_is_ok(fake: FakeNode) -> None:
    fake.write(LIVE, "1\n")
    fake.write(OURS, "net.ipv4.ip_forward = 1")
    outcome = fake.judge("sysctl", FORWARD)
    assert (outcome.result, outcome.saw) == ("ok", "1")


def test_a_later_file_is_named_with_the_one_that_it_beats(fake: FakeNode) -> None:
    fake.write(LIVE, "0\n")
    fake.write(OURS, "# ours\n\nnet.ipv4.ip_forward = 1\n")
    fake.write("/etc/sysctl.d/zz-local.conf", "net/ipv4/ip_forward = 0")
    outcome = fake.judge("sysctl", FORWARD)
    assert outcome.result == "red"
    assert outcome.saw == ("0, set by /etc/sysctl.d/zz-local.conf:1 "
                           "after /etc/sysctl.d/90-imagegen-ipvs.conf:3")
    assert "line 1 of /etc/sysctl.d/zz-local.conf" in outcome.remedy


def test_h05a_the_link_to_sysctl_conf_sorts_after_kubernetes(fake: FakeNode) -> None:
    fake.write(LIVE, "0\n")
    fake.write("/etc/sysctl.d/99-kubernetes-cri.conf",
               "net.bridge.bridge-nf-call-iptables  = 1\nnet.ipv4.ip_forward                 = 1\n")
    fake.write("/etc/sysctl.conf", "# hardening 2016\nnet.ipv4.ip_forward=0\n")
    fake.link("/etc/sysctl.d/99-sysctl.conf", "../sysctl.conf")
    outcome = fake.judge("sysctl", FORWARD)
    assert outcome.saw == ("0, set by /etc/sysctl.d/99-sysctl.conf:2 "
                           "after /etc/sysctl.d/99-kubernetes-cri.conf:2")


def test_h05b_sysctl_conf_alone_is_seen(fake: FakeNode) -> None:
    fake.write(OURS, "net.ipv4.ip_forward=1\n")
    fake.write("/etc/sysctl.conf", "net.ipv4.ip_forward=0\n")
    fake.write(LIVE, "0\n")
    assert "/etc/sysctl.conf:1" in fake.judge("sysctl", FORWARD).saw
    fake.write(LIVE, "1\n")
    outcome = fake.judge("sysctl", FORWARD)
    assert outcome.result == "warning"
    assert "/etc/sysctl.conf:1 says 0" in outcome.saw


def test_h05c_no_file_explains_the_value(fake: FakeNode) -> None:
    fake.write(OURS, "net.ipv4.ip_forward=1\n")
    fake.write(LIVE, "0\n")
    outcome = fake.judge("sysctl", FORWARD)
    assert outcome.result == "red"
    assert outcome.saw == f"0, and no file explains it: {OURS}:1 says 1"


def test_the_kernels_command_line_explains_a_value(fake: FakeNode) -> None:
    fake.write("/proc/cmdline", "ro sysctl.net.ipv4.ip_forward=0 sysctl.vm/swappiness=1\n")
    fake.write(LIVE, "0\n")
    outcome = fake.judge("sysctl", FORWARD)
    assert outcome.saw == "0, as the kernel's command line says: `sysctl.net.ipv4.ip_forward=0`"


def test_a_file_beats_the_kernels_command_line(fake: FakeNode) -> None:
    fake.write("/proc/cmdline", "sysctl.net.ipv4.ip_forward=0\n")
    fake.write(OURS, "net.ipv4.ip_forward=1\n")
    fake.write(LIVE, "1\n")
    assert fake.judge("sysctl", FORWARD).result == "ok"
    fake.write(LIVE, "0\n")
    assert "no file explains it" in fake.judge("sysctl", FORWARD).saw


def test_a_mask_hides_the_distributions_file(fake: FakeNode) -> None:
    fake.write("/usr/lib/sysctl.d/zz-forward.conf", "net.ipv4.ip_forward=0\n")
    fake.write(OURS, "net.ipv4.ip_forward=1\n")
    fake.write(LIVE, "1\n")
    assert fake.judge("sysctl", FORWARD).result == "warning"
    fake.link("/etc/sysctl.d/zz-forward.conf", "/dev/null")
    assert fake.judge("sysctl", FORWARD).result == "ok"


def test_a_link_that_leads_to_the_root_stays_below_this_root(fake: FakeNode) -> None:
    fake.write(LIVE, "0\n")
    fake.write("/etc/sysctl.conf", "net.ipv4.ip_forward=0\n")
    fake.link("/etc/sysctl.d/99-sysctl.conf", "/etc/sysctl.conf")
    assert "99-sysctl.conf:1" in fake.judge("sysctl", FORWARD).saw


def test_a_file_that_will_win_at_the_next_boot_is_a_warning(fake: FakeNode) -> None:
    fake.write(LIVE, "1\n")
    fake.write(OURS, "net.ipv4.ip_forward=1\n")
    fake.write("/etc/sysctl.d/zz.conf", "net.ipv4.ip_forward=0\n")
    assert fake.judge("sysctl", FORWARD).result == "warning"


def test_a_key_that_is_not_there_names_its_module(fake: FakeNode) -> None:
    outcome = fake.judge("sysctl", {"key": "net.bridge.bridge-nf-call-iptables", "value": "1"})
    assert outcome.result == "red"
    assert "br_netfilter" in outcome.saw


def test_blanks_inside_a_value_do_not_matter(fake: FakeNode) -> None:
    fake.write("/proc/sys/net/ipv4/tcp_rmem", "4096\t131072\t6291456\n")
    expect = {"key": "net.ipv4.tcp_rmem", "value": "4096 131072  6291456"}
    assert fake.judge("sysctl", expect).result == "ok"


@pytest.mark.parametrize(("key", "path"), [
    ("net.ipv4.ip_forward", "net/ipv4/ip_forward"),
    ("net/ipv4/ip_forward", "net/ipv4/ip_forward"),
    ("net.ipv4.conf.eth0/100.rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ("net/ipv4/conf/eth0.100/rp_filter", "net/ipv4/conf/eth0.100/rp_filter"),
    ("hostname", "hostname"),
])
def test_both_forms_of_a_key(key: str, path: str) -> None:
    assert proc_path(key) == path


def test_the_first_folder_hides_a_file_of_the_same_name(fake: FakeNode) -> None:
    fake.write("/usr/lib/sysctl.d/50-a.conf", "a.b = lib\n")
    fake.write("/run/sysctl.d/50-a.conf", "a.b = run\n")
    fake.write("/etc/sysctl.d/10-a.conf", "a.b = etc\n")
    fake.write("/etc/sysctl.d/README", "a.b = no\n")
    files = SysctlFiles(fake.node())
    assert [line.value for line in files.setters("a/b")] == ["etc", "run"]


def test_comments_dashes_and_patterns(fake: FakeNode) -> None:
    fake.write("/etc/sysctl.d/1.conf", "; a\n#b\n-a.x.c = 1\n a . x . c \nnonsense\n"
               "net.ipv4.conf.*.rp_filter = 2\nnet.ipv4.conf.eth0.rp_filter = 1\n"
               "-net.ipv4.conf.eth1.rp_filter\n")
    files = SysctlFiles(fake.node())
    assert [line.value for line in files.setters("a/x/c")] == ["1"]
    assert [line.value for line in files.setters("net/ipv4/conf/eth9/rp_filter")] == ["2"]
    assert [line.value for line in files.setters("net/ipv4/conf/eth0/rp_filter")] == ["1"]
    assert files.setters("net/ipv4/conf/eth1/rp_filter") == []
    assert files.setters("net/ipv4/conf/a/b/rp_filter") == []


def test_a_key_with_dots_in_an_interface_name_is_read(fake: FakeNode) -> None:
    fake.write("/proc/sys/net/ipv4/conf/eth0.100/rp_filter", "1\n")
    expect = {"key": "net.ipv4.conf.eth0/100.rp_filter", "value": "1"}
    assert fake.judge("sysctl", expect).result == "ok"


def test_bytes_that_are_no_text_do_not_hurt(fake: FakeNode) -> None:
    fake.write(LIVE, b"\xff\xfe\n")
    fake.write("/etc/sysctl.d/9.conf", b"\xff\xff=\x00\n=\n-\nnet.ipv4.ip_forward")
    assert fake.judge("sysctl", FORWARD).result == "red"


@pytest.mark.parametrize("there", ["loaded", "builtin"])
def test_r28_a_key_that_the_kernel_does_not_have(fake: FakeNode, there: str) -> None:
    """ip_vs is at work, so that it cannot be why the key is missing."""
    if there == "loaded":
        fake.write("/proc/modules", "ip_vs 1 0 - Live 0x0\n")
    else:
        fake.write(f"/lib/modules/{KERNEL}/modules.builtin", "kernel/net/netfilter/ipvs/ip_vs.ko\n")
    outcome = fake.judge("sysctl", {"key": "net.ipv4.vs.run_estimation", "value": "1"})
    assert outcome.result == "red"
    assert "net/ipv4/vs/run_estimation is not there, though ip_vs is loaded" in outcome.saw
    assert "not in /proc/modules" not in outcome.saw
    assert KERNEL in outcome.remedy


def test_r28_a_key_whose_module_is_absent(fake: FakeNode) -> None:
    fake.write("/proc/modules", "overlay 1 0 - Live 0x0\n")
    outcome = fake.judge("sysctl", {"key": "net.ipv4.vs.conntrack", "value": "1"})
    assert "ip_vs is not in /proc/modules" in outcome.saw
