"""Connection tracking's table: its size by kube-proxy's own reckoning, and its use."""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode

ASKED = {"perCore": 32768, "min": 131072}
FOLDER = "/proc/sys/net/netfilter"
# Debian's 6.1: a row a core, hexadecimal
HEAD = ("entries  clashres found new invalid ignore delete chainlength insert insert_failed drop "
        "early_drop icmp_error  expect_new expect_create expect_delete search_restart\n")


def table(fake: FakeNode, count: int, most: int, cores: str = "0-1") -> None:
    fake.write(f"{FOLDER}/nf_conntrack_count", f"{count}\n")
    fake.write(f"{FOLDER}/nf_conntrack_max", f"{most}\n")
    fake.write("/sys/devices/system/cpu/online", f"{cores}\n")
    fake.write("/sys/module/nf_conntrack/parameters/hashsize", "65536\n")


def statistics(fake: FakeNode, *rows: tuple[int, int, int]) -> None:
    """insert_failed, drop and early_drop of each core."""
    fake.write("/proc/net/stat/nf_conntrack", HEAD + "".join(
        f"0000001a 0 0 0 0 0 0 0 0 {failed:08x} {drop:08x} {early:08x} 0 0 0 0 0\n"
        for failed, drop, early in rows))


@pytest.mark.parametrize(("cores", "least"), [
    ("0-1", 131072), ("0-3", 131072), ("0-7", 262144), ("0,2-4,7", 163840), ("0", 131072)])
def test_the_size_is_kube_proxys_own_reckoning(fake: FakeNode, cores: str, least: int) -> None:
    table(fake, 9, least, cores)
    outcome = fake.judge("conntrack_size", ASKED)
    assert (outcome.result, outcome.saw) == ("ok", f"{least}; 65536 buckets")
    table(fake, 9, least - 1, cores)
    outcome = fake.judge("conntrack_size", ASKED)
    assert (outcome.result, outcome.settles) == ("red", True)


def test_kube_proxy_never_lowers_it(fake: FakeNode) -> None:
    table(fake, 9, 1 << 20)
    assert fake.judge("conntrack_size", ASKED).result == "ok"


def test_without_the_module_it_is_unknown(fake: FakeNode) -> None:
    assert fake.judge("conntrack_size", ASKED).result == "unknown"
    assert "nf_conntrack is not loaded" in fake.judge("conntrack_use", {}).saw


@pytest.mark.parametrize(("count", "result"), [(0, "ok"), (80, "ok"), (81, "warning"),
                                               (99, "warning"), (100, "red"), (104, "red")])
def test_how_full_it_is(fake: FakeNode, count: int, result: str) -> None:
    table(fake, count, 100)
    outcome = fake.judge("conntrack_use", {}, "kernel")
    assert outcome.result == result
    assert f"{count} of 100" in outcome.saw


@pytest.mark.parametrize(("rows", "saw"), [
    (((0, 0, 3), (0, 0, 0x10)), "19 were thrown out early since the boot"),
    (((0, 7, 0), (0, 0, 0)), "7 packets were dropped since the boot"),
    (((2, 7, 1), (0, 0, 0)), "1 was thrown out early and 5 packets were dropped"),
])
def test_it_was_full_once(fake: FakeNode, rows: tuple[tuple[int, int, int], ...],
                          saw: str) -> None:
    table(fake, 5, 100)
    statistics(fake, *rows)
    outcome = fake.judge("conntrack_use", {})
    assert (outcome.result, saw in outcome.saw) == ("warning", True)


def test_a_clash_of_two_packets_is_no_sign_of_it(fake: FakeNode) -> None:
    """The kernel counts it as insert_failed and drop alike."""
    table(fake, 5, 100)
    statistics(fake, (4, 4, 0), (1, 0, 0))
    assert fake.judge("conntrack_use", {}).result == "ok"


def test_statistics_that_are_no_numbers_are_unknown(fake: FakeNode) -> None:
    table(fake, 5, 100)
    fake.write("/proc/net/stat/nf_conntrack", "drop\nmany\n")
    assert fake.judge("conntrack_use", {}).result == "unknown"


CAPPED = {**ASKED, "cap": 1048576}


@pytest.mark.parametrize(("cores", "least", "asked"), [
    ("0-47", 1572864, ASKED), ("0-47", 1048576, CAPPED), ("0-31", 1048576, CAPPED),
    ("0-30", 1015808, CAPPED), ("0-47", 1048576, {**CAPPED, "min": 4194304}),
    ("0-31", 4194304, {**CAPPED, "min": 4194304}), ("0-1", 4194304, {**CAPPED, "min": 4194304})])
def test_r21_from_1_36_on_the_product_of_cores_is_cut(
    fake: FakeNode, cores: str, least: int, asked: dict[str, int]
) -> None:
    """kubernetes pkg/proxy/conntrack/sysctls.go: above the cap, min counts for nothing."""
    table(fake, 9, least, cores)
    assert fake.judge("conntrack_size", asked).result == "ok"
    table(fake, 9, least - 1, cores)
    assert fake.judge("conntrack_size", asked).result == "red"
