"""Waiting: for what can still come, no longer than the profile says, and never without hope."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from imagegen.node.ipset import Set
from imagegen.node.model import Fact
from imagegen.node.verdict import verdict
from imagegen.node.wait import Waited, settle
from tests.node import cases
from tests.node.fake import RUNNING, TITLE, UNIT, FakeNode, fact

API = {"address": "10.96.0.1", "port": 443, "realServers": None}
FACTS = [fact("unit", {"name": UNIT, "state": "active"}),
         fact("api_service", API), fact("proxy_sync", {})]
SYNCED = "kubeproxy_sync_proxy_rules_last_timestamp_seconds 1.7e9\n"


def settled(fake: FakeNode, facts: list[Fact] | None = None, timeout: float = 300,
            level: str = "table") -> tuple[Waited, list[str]]:
    said: list[str] = []
    facts = facts or FACTS
    return settle(fake.node(level, facts, timeout), facts, timeout, said.append), said


def at(fake: FakeNode, second: float, act: Callable[[], object]) -> None:
    """Have something happen when the fake clock passes a second."""
    before = fake.host.on_sleep

    def tick() -> None:
        before()
        if fake.host.clock >= second:
            act()

    fake.host.on_sleep = tick


def test_what_is_there_is_not_waited_for(fake: FakeNode) -> None:
    fake.table(cases.WEIGHT_ZERO)
    fake.host.pages["/metrics"] = (200, SYNCED)
    waited, said = settled(fake)
    assert (waited.seconds, waited.lines, said) == (0.0, [], [])


def test_it_waits_and_says_for_what(fake: FakeNode) -> None:
    fake.table("")
    fake.host.pages["/metrics"] = (200, SYNCED)
    at(fake, 7, lambda: fake.table(cases.WEIGHT_ZERO))
    waited, said = settled(fake)
    assert 7 <= waited.seconds <= 10.5
    assert all(one.result == "ok" for one in waited.outcomes.values())
    assert said[0] == ("waiting, 0.0 of 300 s, for api_service: no virtual server 10.96.0.1:443 "
                       "yet; 0 virtual servers so far (and 1 more)")
    assert said[-2].startswith("waited for api_service.x ")
    assert "no virtual server 10.96.0.1:443 yet" in waited.lines[0]


def test_progress_is_told_when_it_changes(fake: FakeNode) -> None:
    fake.table("")
    at(fake, 2, lambda: fake.table("TCP  0A600002:0050 rr  \n"))
    _, said = settled(fake, timeout=10)
    assert any("1 virtual server so far" in line for line in said)
    assert len([line for line in said if line.startswith("waiting")]) == 2


def test_it_gives_up_after_the_profiles_time(fake: FakeNode) -> None:
    fake.table("")
    waited, _ = settled(fake, timeout=20)
    assert 20 <= waited.seconds <= 21
    assert waited.outcomes["api_service.x"].result == "red"


def test_metrics_are_asked_only_when_the_rest_is_there(fake: FakeNode) -> None:
    fake.table("")
    fake.host.pages["/metrics"] = (200, SYNCED)
    at(fake, 5, lambda: fake.table(cases.WEIGHT_ZERO))
    settled(fake)
    assert fake.host.asked.count("/metrics") == 1


def test_what_is_dear_waits_for_the_dear_ones_before_it(fake: FakeNode) -> None:
    """The first sync ends last; before its end the set of addresses lacks what it will have."""
    fake.table(cases.WEIGHT_ZERO)
    fake.host.heads = {"KUBE-CLUSTER-IP": Set("hash:ip,port", "IPv4")}
    fake.host.held = {"KUBE-CLUSTER-IP": set()}
    entries = fact("ipset_entries", {"name": "KUBE-CLUSTER-IP", "family": "IPv4",
                                     "ranges": ["10.99.0.0/16"]})
    waited, _ = settled(fake, [*FACTS, entries], timeout=5)
    assert waited.outcomes["ipset_entries.x"].saw == "not asked before the rest is there"
    fake.host.pages["/metrics"] = (200, SYNCED)
    waited, _ = settled(fake, [*FACTS, entries], timeout=5)
    assert waited.outcomes["ipset_entries.x"].saw == "0 entries"


def test_an_unanswered_question_is_asked_at_the_end(fake: FakeNode) -> None:
    fake.table("")
    told = verdict(fake.node("table", FACTS, 3), 3, lambda line: None, 0.0)
    by_id = {one["id"]: one for one in told["findings"]}
    assert by_id["proxy_sync.x"]["saw"].startswith("no answer from kube-proxy")


@pytest.mark.parametrize("unit", [
    {"ActiveState": "failed", "Result": "start-limit-hit"},
    {"LoadState": "not-found", "ActiveState": "inactive"},
    {"ActiveState": "inactive"},
])
def test_without_a_kube_proxy_it_does_not_wait(fake: FakeNode, unit: dict[str, str]) -> None:
    fake.table("")
    fake.host.units[UNIT] = {**RUNNING, **unit}
    waited, said = settled(fake)
    assert waited.seconds == 0
    assert said[0].startswith("not waiting for the table: kube-proxy.service")


def test_without_a_kubeconfig_it_does_not_wait(fake: FakeNode) -> None:
    fake.table("")
    fake.kube_proxy["kubeconfig"] = "/etc/kubernetes/kube-proxy.kubeconfig"
    _, said = settled(fake)
    assert said == ["not waiting for the table: /etc/kubernetes/kube-proxy.kubeconfig is not there"]


def test_a_pod_is_waited_for_as_long_as_the_profile_says(fake: FakeNode) -> None:
    """Without a unit nothing on the node says that it will never come."""
    fake.table("")
    fake.kube_proxy.update(unit=None, runBy="kubeadm")
    fake.host.units = {}
    facts = [fact("api_service", API), fact("proxy_sync", {})]
    waited, said = settled(fake, facts, timeout=9)
    assert waited.seconds >= 9
    assert not [line for line in said if line.startswith("not waiting")]
    assert "systemctl" not in fake.host.asked


def test_a_start_that_is_queued_is_waited_for(fake: FakeNode) -> None:
    fake.table("")
    fake.kube_proxy["kubeconfig"] = "/not/yet"
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "inactive", "Job": "77"}
    waited, _ = settled(fake, timeout=5)
    assert waited.seconds >= 5


def test_a_unit_in_auto_restart_is_waited_for(fake: FakeNode) -> None:
    fake.table("")
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "activating", "SubState": "auto-restart"}
    waited, _ = settled(fake, timeout=5)
    assert waited.seconds >= 5


def test_a_kube_proxy_in_another_mode_is_not_waited_for(fake: FakeNode) -> None:
    fake.table("")
    fake.host.pages["/proxyMode"] = (200, "iptables")
    waited, said = settled(fake, [*FACTS, fact("proxy_mode", {"mode": "ipvs"})])
    assert waited.seconds == 0
    assert said == ["not waiting for the table: kube-proxy runs in iptables mode"]


def test_without_a_cluster_nothing_is_waited_for(fake: FakeNode) -> None:
    fake.write("/proc/net/ip_vs", TITLE)
    waited, said = settled(fake, level="kernel")
    assert (waited.outcomes, said) == ({}, [])


def test_sysctls_are_read_after_the_waiting(fake: FakeNode) -> None:
    """kube-proxy sets some of them itself, late."""
    key = fact("sysctl", {"key": "net.ipv4.vs.conntrack", "value": "1"})
    fake.table("")
    fake.write("/proc/sys/net/ipv4/vs/conntrack", "0\n")
    fake.host.pages["/metrics"] = (200, SYNCED)
    at(fake, 3, lambda: fake.table(cases.WEIGHT_ZERO))
    at(fake, 3, lambda: fake.write("/proc/sys/net/ipv4/vs/conntrack", "1\n"))
    told = verdict(fake.node("table", [key, *FACTS]), 300, lambda line: None, 0.0)
    assert told["verdict"] == "green"
    assert told["seconds"]["waited"] >= 3
