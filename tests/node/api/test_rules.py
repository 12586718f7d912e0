"""The rules of the API server and of traffic: green, red, unknown, and no false alarm."""

from __future__ import annotations

import json
import socket
import tracemalloc
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from imagegen.node.api.client import Client
from imagegen.node.api.condition import LIMIT, announce, condition, event
from imagegen.node.api.kubeconfig import access
from imagegen.node.model import CannotTell, Outcome
from tests.node.api.server import Server, serving
from tests.node.api.test_compare import NODE, ONE, PLAIN, Object, Rows, cluster, service, text
from tests.node.busy import Busy
from tests.node.fake import FakeNode

EXPECT = {"kubeconfig": "/etc/kubernetes/k", "timeout": 20, "families": ["IPv4"],
          "ranges": ["10.96.0.0/12"], "nodePorts": "30000-32767"}
RULES = ("api_virtual_servers", "api_real_servers", "api_affinity", "api_stale")
STALE: Rows = {("TCP", "10.96.9.9", 80): (0, {})}


@pytest.fixture
def node(tmp_path: Path) -> FakeNode:
    made = FakeNode(tmp_path / "root")
    made.write("/sys/class/net/kube-ipvs0/ifindex", "7\n")
    made.write("/etc/imagegen/node.env", "NODE_NAME=n1\nNODE_ADDRESS=192.0.2.10\n")
    made.host.local = [(2, socket.AF_INET, socket.inet_aton(NODE), 24),
                       (7, socket.AF_INET, socket.inet_aton("10.96.0.2"), 32)]
    made.host.objects = lambda: cluster([service(1)], PLAIN)
    table(made, ONE)
    return made


def table(node: FakeNode, rows: Rows) -> None:
    node.write("/proc/net/ip_vs", text(rows))


def outcomes(node: FakeNode) -> dict[str, Outcome]:
    return {rule: node.judge(rule, EXPECT) for rule in RULES}


def results(node: FakeNode) -> str:
    return " ".join(one.result for one in outcomes(node).values())


def test_green(node: FakeNode) -> None:
    assert results(node) == "ok ok ok ok"
    assert outcomes(node)["api_stale"].saw == "1 virtual server of 1 Service"
    assert node.host.clock == 0
    assert "cluster as n1" in node.host.asked


@pytest.mark.parametrize(("rows", "expected"), [
    ({}, "red ok ok ok"),
    ({("TCP", "10.96.0.2", 80): (0, {})}, "ok red ok ok"),
    ({("TCP", "10.96.0.2", 80): (60, ONE["TCP", "10.96.0.2", 80][1])}, "ok ok red ok"),
    (ONE | STALE, "ok ok ok red")])
def test_red(node: FakeNode, rows: Rows, expected: str) -> None:
    node.host.sticky = {(b"TCP", b"0A600002:0050"): 60}
    table(node, rows)
    assert results(node) == expected
    bad = next(one for one in outcomes(node).values() if one.result == "red")
    assert bad.settles and bad.remedy and "1 otherwise: TCP 10.96." in bad.saw


def test_each_rule_speaks_of_its_own_difference(node: FakeNode) -> None:
    assert node.judge("api_virtual_servers", EXPECT).expected.startswith("a virtual server for")
    assert node.judge("api_real_servers", EXPECT).expected.endswith("as real servers")
    assert node.judge("api_affinity", EXPECT).expected.endswith("session affinity")
    assert node.judge("api_stale", EXPECT).expected.startswith("no virtual server without")
    table(node, STALE)
    assert "(default/s1)" in node.judge("api_virtual_servers", EXPECT).saw
    table(node, {("TCP", "10.96.0.2", 80): (0, {})})
    assert "172.30.0.1:8080, 172.30.0.2:8080 missing" in node.judge("api_real_servers", EXPECT).saw
    node.host.sticky = {(b"TCP", b"0A600002:0050"): 60}
    table(node, {("TCP", "10.96.0.2", 80): (60, {})})
    assert "has 60 s, the Service none" in node.judge("api_affinity", EXPECT).saw


def test_what_is_mended_meanwhile_is_no_fault(node: FakeNode) -> None:
    table(node, {})
    node.host.on_sleep = lambda: table(node, ONE)
    assert results(node) == "ok ok ok ok"


def test_what_changes_at_every_look_is_no_fault(node: FakeNode) -> None:
    """A Service whose endpoints roll: another thing is wrong each time."""
    count = 0

    def rolling() -> Any:
        nonlocal count
        count += 1
        one = service(1)
        one["metadata"]["resourceVersion"] = str(count)
        return cluster([one], PLAIN)

    node.host.objects = rolling
    table(node, {})
    assert results(node) == "ok ok ok ok"


@pytest.mark.parametrize("one_for_both", [False, True])
def test_a_kube_proxy_that_is_behind_is_no_fault(node: FakeNode, one_for_both: bool) -> None:
    """What is asked for at the first look stands in the table after the second sync from there."""
    busy = Busy(node, one_for_both)
    table(node, {})
    busy.done = lambda: table(node, ONE) if busy.rounds == 2 else None
    expect = {**EXPECT, "families": ["IPv4", "IPv6"]}
    assert node.judge("api_virtual_servers", expect).result == "ok"
    assert 20 <= node.host.clock < 30


def test_what_two_syncs_do_not_mend_is_a_fault(node: FakeNode) -> None:
    Busy(node)
    table(node, {})
    assert node.judge("api_virtual_servers", EXPECT).result == "red"
    assert 20 <= node.host.clock < 30


def test_a_sync_that_never_ends_does_not_hold_the_check(node: FakeNode) -> None:
    Busy(node).rounds = 99
    table(node, {})
    assert node.judge("api_virtual_servers", EXPECT).result == "red"
    assert 60 <= node.host.clock < 70


@pytest.mark.parametrize("page", [(500, ""), (200, "go_goroutines 5\n"), (
    200, "kubeproxy_sync_proxy_rules_duration_seconds_count 7\n"
         "kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds 1.7e9\n"
         "kubeproxy_sync_proxy_rules_last_timestamp_seconds 1.7000001e9\n"), (
    200, 'kubeproxy_sync_proxy_rules_duration_seconds_count{ip_family="IPv4"} 7\n'
         'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv4"} 1.7e9\n'
         'kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds{ip_family="IPv6"} 1.7e9\n'
         'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv4"} 1.7000001e9\n'
         'kubeproxy_sync_proxy_rules_last_timestamp_seconds{ip_family="IPv6"} 1.6e9\n')])
def test_a_kube_proxy_that_has_nothing_to_do_is_not_waited_for(
    node: FakeNode, page: tuple[int, str]
) -> None:
    node.host.pages["/metrics"] = page
    table(node, {})
    assert node.judge("api_virtual_servers", EXPECT).result == "red"
    assert node.host.clock == 7


def test_a_table_that_comes_between_two_reads_is_no_fault(node: FakeNode) -> None:
    def late() -> Any:
        table(node, ONE)
        return cluster([service(1)], PLAIN)

    node.host.objects = late
    table(node, {})
    assert results(node) == "ok ok ok ok"
    assert node.host.clock == 0


def test_without_a_kubeconfig_it_may_still_come(node: FakeNode) -> None:
    node.host.objects = None
    for one in outcomes(node).values():
        assert (one.result, one.settles) == ("unknown", True)
        assert one.saw == "/etc/kubernetes/k is not there"


def test_what_is_refused_waits_for_nothing(node: FakeNode) -> None:
    node.host.objects = None
    node.write("/etc/kubernetes/k", "users: [exec]\n")
    for one in outcomes(node).values():
        assert (one.result, one.settles) == ("unknown", False)
        assert "line 1 has a form" in one.saw and one.remedy


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.lists = {"/api/v1/services": [service(1)],
                     "/apis/discovery.k8s.io/v1/endpointslices": PLAIN}
        one.objects["/api/v1/nodes/n1"] = {"metadata": {"name": "n1"}, "status": {
            "addresses": [{"type": "InternalIP", "address": NODE}], "conditions": []}}
        yield one


@pytest.fixture
def asking(node: FakeNode, server: Server) -> FakeNode:
    node.host.objects = None
    node.write(str(server.certificates.ca), server.certificates.ca.read_bytes())
    node.write("/etc/kubernetes/k", server.kubeconfig())
    return node


def test_all_of_it_over_tls(asking: FakeNode, server: Server) -> None:
    assert results(asking) == "ok ok ok ok"
    table(asking, ONE | STALE)
    assert asking.judge("api_stale", EXPECT).result == "red"
    server.lists["/apis/discovery.k8s.io/v1beta1/endpointslices"] = server.lists.pop(
        "/apis/discovery.k8s.io/v1/endpointslices")
    assert asking.judge("api_real_servers", EXPECT).result == "ok"


def test_a_missing_permission(asking: FakeNode, server: Server) -> None:
    server.statuses["/api/v1/services"] = 403, {"message": "services is forbidden"}
    one = asking.judge("api_stale", EXPECT)
    assert (one.result, one.settles) == ("unknown", False)
    assert "cluster/check-rbac.yaml" in one.remedy


@pytest.mark.parametrize("odd", [
    7, {"spec": {"clusterIP": "10.96.0.9"}}, {"metadata": [], "spec": {"clusterIP": "10.96.0.9"}},
    {"metadata": {"name": "x"}, "spec": {"clusterIP": "10.96.0.9", "ports": [{"port": "x"}]}}])
def test_objects_of_another_form(asking: FakeNode, server: Server, odd: Object) -> None:
    server.lists["/api/v1/services"] = [odd]
    one = asking.judge("api_stale", EXPECT)
    assert one.result in ("unknown", "ok")
    assert "check itself failed" not in one.saw


def test_ten_thousand_services_fit() -> None:
    """30 endpoints' worth of fields each would not; as objects of JSON they are 100 MB."""
    items = ((service(n, clusterIP=f"10.96.{n // 250}.{n % 250 + 1}"),
              {"metadata": {"namespace": "default", "name": f"s{n}-a", "resourceVersion": "1",
                            "labels": {"kubernetes.io/service-name": f"s{n}"}},
               "addressType": "IPv4", "ports": [{"name": "http", "protocol": "TCP", "port": 8080}],
               "endpoints": [{"addresses": [f"10.{m}.{n // 250}.{n % 250}"], "nodeName": "n1",
                              "conditions": {"ready": True}} for m in range(10)]})
             for n in range(10_000))
    from imagegen.node.api.wanted import Here, wanted_table

    tracemalloc.start()
    found = cluster([], [])
    for one, slices in items:
        found.add_service(one)
        found.add_slice(slices)
    wanted = wanted_table(found, Here("1.34.4", ("IPv4",), set(), ()))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert len(wanted) == 10_000
    assert peak < 80 << 20, peak >> 20


GREEN: Object = {"verdict": "green", "level": "table", "findings": [], "counts": {"ok": 30}}


def red(result: str = "red", saw: str = "it is off", count: int = 1) -> Object:
    one = {"id": "a.fact", "severity": "error", "result": result, "saw": saw}
    return {**GREEN, "verdict": "red", "findings": [one] * count}


@pytest.mark.parametrize(("found", "status", "reason", "message"), [
    (GREEN, "True", "IPVSHealthy", "level table: 30 facts hold"),
    (red(), "False", "IPVSUnhealthy", "a.fact: it is off"),
    (red("unknown"), "Unknown", "IPVSUnknown", "a.fact: it is off"),
    (red(count=5), "False", "IPVSUnhealthy",
     "a.fact: it is off; a.fact: it is off; a.fact: it is off (and 2 more)")])
def test_a_verdict_as_a_condition(found: Object, status: str, reason: str, message: str) -> None:
    made = condition(found, {}, 1.0)
    assert (made["status"], made["reason"], made["message"]) == (status, reason, message)
    assert made["lastTransitionTime"] == made["lastHeartbeatTime"] == "1970-01-01T00:00:01Z"
    again = condition(found, made, 61.0)
    assert again["lastTransitionTime"] == "1970-01-01T00:00:01Z"
    assert again["lastHeartbeatTime"] == "1970-01-01T00:01:01Z"


def test_a_long_message_is_cut() -> None:
    made = condition(red(saw="ä\n" * 9000, count=9), {}, 1.0)
    assert len(made["message"].encode()) <= LIMIT
    assert made["message"].endswith("… (and 6 more)") and "\n" not in made["message"]
    assert event(made, "n" * 253, 1.5)["message"] == made["message"]


def test_it_is_told_and_an_event_only_where_it_changes(server: Server) -> None:
    said: list[str] = []

    def client() -> Client:
        read = lambda path: Path(path).read_bytes()  # noqa: E731
        return Client(access(server.kubeconfig(), "/etc/x", read), 20.0)

    announce(GREEN, client, "n1", said.append)
    node = server.objects["/api/v1/nodes/n1"]
    sent = [(method, path, kind) for method, path, _, kind in server.asked]
    assert sent == [
        ("GET", "/api/v1/nodes/n1", ""),
        ("PATCH", "/api/v1/nodes/n1/status", "application/strategic-merge-patch+json"),
        ("POST", "/api/v1/namespaces/default/events", "application/json")]
    node["status"]["conditions"] = server.asked[1][2]["status"]["conditions"]
    server.asked.clear()
    announce(GREEN, client, "n1", said.append)
    assert [one[0] for one in server.asked] == ["GET", "PATCH"]
    server.asked.clear()
    announce(red(), client, "n1", said.append)
    assert server.asked[2][2]["type"] == "Warning"
    assert said == [f"the Node n1 has the condition IPVSReady {status}"
                    for status in ("True", "True", "False")]


def test_trouble_is_a_line_and_nothing_else(server: Server) -> None:
    said: list[str] = []
    server.statuses["/api/v1/nodes/n1/status"] = 403, {"message": "forbidden"}

    def client() -> Client:
        read = lambda path: Path(path).read_bytes()  # noqa: E731
        return Client(access(server.kubeconfig(), "/etc/x", read), 20.0)

    def none() -> Client:
        raise CannotTell("/etc/k is not there")

    announce(GREEN, client, "n1", said.append)
    announce(GREEN, none, "n1", said.append)
    assert "gives 403: forbidden; apply the tree's cluster/condition-rbac" in said[0]
    assert said[1] == "the Node's condition IPVSReady could not be set: /etc/k is not there"


TRAFFIC = {"address": "10.96.0.2", "port": 80, "timeout": 5}


@pytest.mark.parametrize(("hop", "result", "said"), [
    (("", "172.30.0.1:8080"), "ok", "IPVS sent it to 172.30.0.1:8080, which answered"),
    (("", ""), "red", "10.96.0.2:80 answers, but IPVS did not see the connection"),
    (("refused the connection", "172.30.0.1:8080"), "red",
     "IPVS sent it to 172.30.0.1:8080, which refused the connection"),
    (("did not answer in time", "172.30.0.1:8080"), "red", "which did not answer in time"),
    (("cannot be reached: no route", ""), "red",
     "10.96.0.2:80 cannot be reached: no route, and IPVS did not see the connection")])
def test_traffic(node: FakeNode, hop: tuple[str, str], result: str, said: str) -> None:
    node.host.hop = hop
    one = node.judge("traffic_probe", TRAFFIC)
    assert (one.result, said in one.saw) == (result, True), one.saw


def test_traffic_through_nothing(node: FakeNode) -> None:
    one = node.judge("traffic_probe", {**TRAFFIC, "port": 81})
    assert (one.result, one.saw) == ("red", "there is no virtual server TCP 10.96.0.2:81")


def test_a_connection_is_found_among_the_kernels(
        tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The lines' form: ip_vs_conn_seq_show."""
    from imagegen.node import traffic

    with socket.create_server(("127.0.0.1", 0)) as peer, socket.socket() as link:
        port = peer.getsockname()[1]
        assert traffic._connected(link, "127.0.0.1", port) == ""
        mine = link.getsockname()[1]
        entries = tmp_path / "ip_vs_conn"
        entries.write_text(
            "Pro FromIP   FPrt ToIP     TPrt DestIP   DPrt State       Expires PEName PEData\n"
            f"TCP 7F000001 {mine:04X} 7F000001 {port:04X} AC1E0001 1F90 ESTABLISHED     899\n")
        monkeypatch.setattr(traffic, "ENTRIES", str(entries))
        entry = traffic._entry("127.0.0.1", mine, "127.0.0.1", port)
        assert traffic._chosen(entry) == "172.30.0.1:8080"
        assert traffic.through("127.0.0.1", port, 2.0) == ("", "")
    assert traffic.through("127.0.0.1", port, 2.0)[0] == "refused the connection"
    six = traffic._entry("fd00::1", 40000, "fd00::2", 443)
    entries.write_bytes(six + b"fd00:0000:0000:0000:0000:0000:0000:0009 01BB ESTABLISHED 9\n")
    assert traffic._chosen(six) == "[fd00::9]:443"
    monkeypatch.setattr(traffic, "ENTRIES", "/nowhere")
    with pytest.raises(CannotTell, match="/nowhere cannot be read"):
        traffic._chosen(six)


def test_expectations_of_a_condition() -> None:
    from imagegen.node.expectations import expectations
    from imagegen.node.model import InputProblem

    whole: Object = {"format": 1, "profile": "p", "digest": "d", "facts": [],
                     "condition": {"kubeconfig": "/k", "timeout": 30}}
    told = expectations(json.dumps(whole).encode(), "e").condition
    assert told is not None and (told.kubeconfig, told.seconds) == ("/k", 30.0)
    whole["condition"] = {"kubeconfig": 1}
    with pytest.raises(InputProblem, match="condition: kubeconfig must be a text"):
        expectations(json.dumps(whole).encode(), "e")
