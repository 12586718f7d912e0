"""kube-proxy's own word."""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode

MODE = {"mode": "ipvs"}
METRICS = """\
# HELP kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds x
kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds 1.7e+09
# TYPE kubeproxy_sync_proxy_rules_last_timestamp_seconds gauge
kubeproxy_sync_proxy_rules_last_timestamp_seconds{} {}
"""


def test_ipvs(fake: FakeNode) -> None:
    fake.host.pages["/proxyMode"] = (200, "ipvs")
    assert fake.judge("proxy_mode", MODE).result == "ok"


def test_h08_another_mode_points_at_the_config_file(fake: FakeNode) -> None:
    fake.host.pages["/proxyMode"] = (200, "iptables")
    fake.kube_proxy["config"] = "/etc/kubernetes/kube-proxy.yaml"
    outcome = fake.judge("proxy_mode", MODE)
    assert (outcome.result, outcome.settles) == ("red", False)
    assert "iptables" in outcome.saw
    assert "/etc/kubernetes/kube-proxy.yaml" in outcome.remedy


def test_another_mode_without_a_file_points_at_the_flag(fake: FakeNode) -> None:
    fake.host.pages["/proxyMode"] = (200, "iptables")
    assert "--proxy-mode=ipvs" in fake.judge("proxy_mode", MODE).remedy


@pytest.mark.parametrize(("run_by", "words"), [("kubeadm", "ConfigMap kube-proxy"),
                                               ("none", "where kube-proxy gets its")])
def test_another_mode_without_a_unit_points_at_who_runs_it(
    fake: FakeNode, run_by: str, words: str
) -> None:
    fake.host.pages["/proxyMode"] = (200, "iptables")
    fake.kube_proxy.update(unit=None, runBy=run_by)
    assert words in fake.judge("proxy_mode", MODE).remedy


@pytest.mark.parametrize("page", [None, (500, "ipvs"), (404, "")])
def test_silence_may_end(fake: FakeNode, page: tuple[int, str] | None) -> None:
    if page:
        fake.host.pages["/proxyMode"] = page
    outcome = fake.judge("proxy_mode", MODE)
    assert (outcome.result, outcome.settles) == ("red", True)


@pytest.mark.parametrize(("labels", "value", "result"), [
    ("", "1.7e+09", "ok"), ("", "0", "red"), ('{ip_family="IPv4"}', "1.7e+09", "ok"),
    ('{ip_family="IPv4"}', "0", "red"), ("", "rubbish", "red"),
])
def test_synced(fake: FakeNode, labels: str, value: str, result: str) -> None:
    fake.host.pages["/metrics"] = (200, METRICS.replace("{} {}", f"{labels} {value}"))
    assert fake.judge("proxy_sync", {}).result == result


def test_one_family_that_never_synced_is_red(fake: FakeNode) -> None:
    name = "kubeproxy_sync_proxy_rules_last_timestamp_seconds"
    fake.host.pages["/metrics"] = (200, f'{name}{{ip_family="IPv4"}} 1.7e9\n'
                                        f'{name}{{ip_family="IPv6"}} 0\n')
    assert fake.judge("proxy_sync", {}).result == "red"


def test_no_such_metric_and_no_answer(fake: FakeNode) -> None:
    assert fake.judge("proxy_sync", {}).result == "red"
    fake.host.pages["/metrics"] = (200, "go_goroutines 5\n")
    assert fake.judge("proxy_sync", {}).result == "red"


def test_a_family_that_services_have_and_kube_proxy_does_not_serve_is_red(fake: FakeNode) -> None:
    """As kube-proxy goes on where the kernel has no IPv6, or ip6tables is missing."""
    both = {"families": ["IPv4", "IPv6"]}
    four = METRICS.replace("{} {}", '{ip_family="IPv4"} 1.7e+09')
    fake.host.pages["/metrics"] = (200, four)
    outcome = fake.judge("proxy_sync", both)
    assert (outcome.result, outcome.saw) == ("red", "no sync of IPv6")
    six = METRICS.replace("{} {}", '{ip_family="IPv6"} 1.7e+09')
    fake.host.pages["/metrics"] = (200, four + six)
    assert fake.judge("proxy_sync", both).result == "ok"
    fake.host.pages["/metrics"] = (200, six)
    assert fake.judge("proxy_sync", {"families": ["IPv6"]}).result == "ok"
