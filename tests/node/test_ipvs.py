"""What IPVS itself is set to: flags, timeouts, its connection table, reuse of connections."""

from __future__ import annotations

import struct

import pytest

from imagegen.node import generic
from imagegen.node.ipvs_proc import Table
from imagegen.node.model import CannotTell
from tests.node import cases
from tests.node.fake import TITLE, FakeNode

PLAIN, SPREAD = {"mhPort": False}, {"mhPort": True}
TIMES = {"tcp": 900, "tcpfin": 120, "udp": 300}
REUSE = {"from": "4.1", "before": "5.9"}
SIX_REAL = "  -> [fd00:0010:0244:0001:0000:0000:0000:0008]:1F90      Masq    1      0          0\n"
FOUR_REAL = "  -> 0AF40108:1F90      Masq    1      0          0         \n"


def test_no_flags(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    assert fake.judge("flags", PLAIN).result == "ok"


@pytest.mark.parametrize(("line", "said"), [
    ("TCP  0A600001:01BB rr  persistent 2700000 FFFFFFFF", ""),
    ("TCP  [fd00:0010:0096:0000:0000:0000:0000:0044]:0050 rr persistent 2700000 80000000", ""),
    ("TCP  0A600001:01BB rr  persistent 2700000 FFFFFF00", "TCP 10.96.0.1:443 persistent"),
    ("UDP  0A600001:0035 rr ops ", "UDP 10.96.0.1:53 ops"),
    ("UDP  0A600001:0035 rr ops persistent 9000 FFFFFFFF", "UDP 10.96.0.1:53 ops"),
])
def test_flags_as_proc_shows_them(fake: FakeNode, line: str, said: str) -> None:
    """ip_vs_ctl.c, ip_vs_info_seq_show: `ops`, then `persistent TICKS NETMASK`."""
    fake.table(f"{line}\n")
    outcome = fake.judge("flags", PLAIN)
    assert outcome.result == ("red" if said else "ok")
    assert said in outcome.saw
    assert "00000" not in outcome.saw  # ticks are not told as if they were seconds


def test_affinity_and_marks_are_seen_once(fake: FakeNode) -> None:
    fake.table(cases.KEEPALIVED + cases.MARKS)
    assert fake.judge("flags", PLAIN).result == "ok"


@pytest.mark.parametrize("table", [
    cases.WEIGHT_ZERO + FOUR_REAL + SIX_REAL,
    cases.LOOPBACK + FOUR_REAL,
    cases.LOOPBACK + SIX_REAL + FOUR_REAL + SIX_REAL,
    "TCP  0A603D03:20FB rr  \n" + SIX_REAL,
])
def test_a_real_server_of_the_other_family(fake: FakeNode, table: str) -> None:
    fake.table(table)
    outcome = fake.judge("flags", PLAIN)
    assert "has real servers of the other family" in outcome.saw
    assert outcome.remedy.startswith("Delete them with `ipvsadm -D`")


@pytest.mark.parametrize("table", [
    cases.LOOPBACK, cases.LOOPBACK + cases.MARKS, cases.LOOPBACK + "FWM  00000005 wlc \n"
    + FOUR_REAL + SIX_REAL, cases.LOOPBACK.replace("TCP  [", "TCP   [")])
def test_both_families_beside_each_other(fake: FakeNode, table: str) -> None:
    fake.table(table)
    assert fake.judge("flags", PLAIN).result == "ok"


def test_mhs_flag_is_asked_of_netlink(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO.replace(" rr ", " mh "))
    fake.host.flags = {0x12, 0x13}
    assert fake.judge("flags", SPREAD).result == "ok"
    fake.host.flags = {0x2, 0x3}
    assert fake.judge("flags", SPREAD).saw == "no virtual server has mh-port"
    assert fake.judge("flags", PLAIN).result == "ok"


def test_timeouts(fake: FakeNode) -> None:
    assert fake.judge("timeouts", TIMES).result == "ok"
    fake.host.timeouts = (60, 120, 300)
    outcome = fake.judge("timeouts", TIMES)
    assert (outcome.result, outcome.settles) == ("red", True)
    assert outcome.saw == "tcp 60 s, tcpfin 120 s, udp 300 s"
    assert "ipvsadm --set 900 120 300" in outcome.remedy
    fake.host.timeouts = CannotTell("the kernel does not tell of IPVS by netlink")
    assert fake.judge("timeouts", TIMES).result == "unknown"


def test_the_connection_table(fake: FakeNode) -> None:
    outcome = fake.judge("connection_table", {})
    assert (outcome.result, outcome.saw) == ("ok", "IPVS 1.2.1, 4096 buckets")
    fake.write("/etc/modprobe.d/ipvs.conf", "# large\noptions ip_vs conn_tab_bits=20\n")
    outcome = fake.judge("connection_table", {})
    assert outcome.result == "warning"
    assert "/etc/modprobe.d/ipvs.conf asks for 1048576" in outcome.saw
    fake.host.buckets = 1 << 20
    assert fake.judge("connection_table", {}).result == "ok"
    fake.write("/etc/modprobe.d/ipvs.conf", "#options ip_vs conn_tab_bits=20\n")
    assert "the kernel asks for 4096" in fake.judge("connection_table", {}).saw


def test_a_kernel_that_resizes_its_table_has_any_size(fake: FakeNode) -> None:
    fake.host.buckets = 512
    assert fake.judge("connection_table", {}).result == "warning"
    fake.write("/proc/sys/net/ipv4/vs/conn_lfactor", "-4\n")
    assert fake.judge("connection_table", {}).result == "ok"


@pytest.mark.parametrize(("release", "value", "result"), [
    ("4.18.0-553.el8.x86_64", "1", "red"), ("4.18.0-553.el8.x86_64", "0", "ok"),
    ("5.8.18", "1", "red"), ("4.18.0", None, "red"), ("5.9.0", "1", "ok"),
    ("6.1.0-50-cloud-amd64", "1", "ok"), ("5.10.0", None, "ok"), ("3.10.0-1160.el7", "1", "ok"),
])
def test_reuse_of_connections(fake: FakeNode, release: str, value: str | None,
                              result: str) -> None:
    fake.write("/proc/sys/kernel/osrelease", f"{release}\n")
    if value is not None:
        fake.write("/proc/sys/net/ipv4/vs/conn_reuse_mode", f"{value}\n")
    assert fake.judge("connection_reuse", REUSE).result == result


def test_reuse_says_the_kernel(fake: FakeNode) -> None:
    fake.write("/proc/sys/kernel/osrelease", "4.19.0\n")
    fake.write("/proc/sys/net/ipv4/vs/conn_reuse_mode", "1\n")
    assert fake.judge("connection_reuse", REUSE).saw == "1 on 4.19.0"


def answered(*parts: bytes) -> bytes:
    return generic.message(0x1F, 0, 13, b"".join(parts))


def number(kind: int, value: int) -> bytes:
    return generic.attribute(kind, struct.pack("=I", value))


def test_an_answer_is_read_by_its_attributes() -> None:
    chunk = answered(number(4, 900), number(5, 120), number(6, 300))
    found = generic.attributes(next(generic.bodies(chunk)))
    assert [struct.unpack("=I", found[kind])[0] for kind in (4, 5, 6)] == [900, 120, 300]
    assert not generic.ended(chunk)
    assert generic.ended(generic.HEADER.pack(20, generic.DONE, 0, 1, 0) + bytes(4))


def test_a_kernel_that_refuses_is_no_answer() -> None:
    refusal = generic.HEADER.pack(20, generic.ERROR, 0, 1, 0) + struct.pack("=i", -1)
    with pytest.raises(OSError, match="not permitted"):
        list(generic.bodies(refusal))
    with pytest.raises(OSError, match="without a length"):
        list(generic.messages(bytes(16)))


def test_the_mixed_are_found_whatever_the_blanks() -> None:
    text = TITLE + cases.LOOPBACK.replace("TCP  [2001", "TCP    [2001") + FOUR_REAL
    assert [one.name for one in Table(text.encode()).mixed()] == ["TCP [::1]:31201"]


def test_lines_that_add_up_to_the_same_length_are_counted() -> None:
    """94 lines of IPv4 are as long as 61 of IPv6."""
    head, four, six = "TCP  [{}]:0050 rr \n", FOUR_REAL, SIX_REAL.replace("0\n", "0         \n")
    mine = head.format(":".join(["fd00"] * 8))
    assert 94 * len(four) == 61 * len(six)
    for lines, mixed in ((six * 61, 0), (six * 2 + four * 94, 1)):
        table = Table((TITLE + mine + lines + cases.WEIGHT_ZERO).encode())
        assert len(table.mixed()) == mixed
    inside = cases.WEIGHT_ZERO + six * 61
    assert len(Table((TITLE + mine + six + inside).encode()).mixed()) == 1
