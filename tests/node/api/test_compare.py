"""What the table should be, and what differs: random clusters, and each case by itself."""

from __future__ import annotations

import socket
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegen.node.api.compare import Difference, Whose, differences
from imagegen.node.api.objects import Cluster
from imagegen.node.api.wanted import Here, wanted_table
from imagegen.node.ipvs_proc import Table, hexadecimal
from imagegen.node.model import CannotTell
from tests.node.fake import TITLE

Object = dict[str, Any]
Rows = dict[tuple[str, str, int], tuple[int, dict[tuple[str, int], int]]]
NODE, OTHER = "192.0.2.10", "192.0.2.11"
LOCAL = {socket.inet_aton(address) for address in (NODE, "10.0.2.15", "127.0.0.1")}
WHOSE = Whose(["10.96.0.0/12"], ["10.96.255.0/24"], "30000-32767",
              {socket.inet_aton("203.0.113.9")}, LOCAL)


def service(number: int, **spec: Any) -> Object:
    meta = {"namespace": "default", "name": f"s{number}", "resourceVersion": "1"}
    given = {"clusterIP": f"10.96.{number // 250}.{number % 250 + 1}", "type": "ClusterIP",
             "ports": [{"name": "http", "protocol": "TCP", "port": 80}], **spec}
    ingress = given.pop("ingress", [])
    return {"metadata": meta, "spec": given, "status": {"loadBalancer": {"ingress": ingress}}}


def slice_of(number: int, *endpoints: Object, protocol: str = "TCP", part: int = 0,
             kind: str = "IPv4") -> Object:
    meta = {"namespace": "default", "name": f"s{number}-{part}", "resourceVersion": "1",
            "labels": {"kubernetes.io/service-name": f"s{number}"}}
    return {"metadata": meta, "addressType": kind, "endpoints": list(endpoints),
            "ports": [{"name": "http", "protocol": protocol, "port": 8080}]}


def end(number: int, node: str = "n1", *, ready: bool | None = True, draining: bool = False,
        zones: tuple[str, ...] = (), nodes: tuple[str, ...] = ()) -> Object:
    conditions = {"ready": ready, "serving": True, "terminating": draining}
    hints = {"forZones": [{"name": one} for one in zones],
             "forNodes": [{"name": one} for one in nodes]}
    return {"addresses": [f"172.30.0.{number}"], "nodeName": node, "conditions": conditions,
            "hints": hints}


def cluster(services: list[Object], slices: list[Object], zone: str = "a") -> Cluster:
    found = Cluster("n1")
    found.of_node({"metadata": {"labels": {"topology.kubernetes.io/zone": zone}}, "status": {
        "addresses": [{"type": "InternalIP", "address": NODE},
                      {"type": "Hostname", "address": "n1"}]}})
    for one in services:
        found.add_service(one)
    for one in slices:
        found.add_slice(one)
    return found


def text(rows: Rows) -> bytes:
    lines = [TITLE]
    for (protocol, address, port), (sticky, real) in rows.items():
        flags = f" persistent {sticky * 250} " if sticky else ""
        lines.append(f"{protocol}  {hexadecimal(address, port).decode()} rr{flags}\n")
        lines += [f"  -> {hexadecimal(*server).decode()}      Masq    {weight}      0          0\n"
                  for server, weight in real.items()]
    return "".join(lines).encode()


def differ(found: Cluster, rows: Rows, version: str = "1.34.4",
           ports: tuple[str, ...] = ()) -> list[Difference]:
    wanted = wanted_table(found, Here(version, ("IPv4", "IPv6"), LOCAL, ports))
    sticky = {(protocol.encode(), hexadecimal(address, port)): seconds
              for (protocol, address, port), (seconds, _) in rows.items() if seconds}
    return differences(Table(text(rows)), wanted, WHOSE, lambda: sticky)


def kinds(found: list[Difference]) -> list[str]:
    return sorted(one.kind for one in found)


def real(*numbers: int, weight: int = 1) -> dict[tuple[str, int], int]:
    return {(f"172.30.0.{number}", 8080): weight for number in numbers}


ONE: Rows = {("TCP", "10.96.0.2", 80): (0, real(1, 2))}
PLAIN = [slice_of(1, end(1), end(2, "n2"))]


def test_a_service_as_it_should_be() -> None:
    assert differ(cluster([service(1)], PLAIN), ONE) == []


@pytest.mark.parametrize(("rows", "kind", "said"), [
    ({}, "missing", "TCP 10.96.0.2:80 (default/s1)"),
    ({("UDP", "10.96.0.2", 80): (0, real(1, 2))}, "missing", "TCP 10.96.0.2:80"),
    ({("TCP", "10.96.0.2", 80): (0, real(1))}, "endpoints", "172.30.0.2:8080 missing"),
    ({("TCP", "10.96.0.2", 80): (0, real(1, 2, 3))}, "endpoints", "3:8080 not an endpoint"),
    ({("TCP", "10.96.0.2", 80): (0, real(1) | real(2, weight=0))}, "endpoints", "2:8080 missing"),
    ({("TCP", "10.96.0.2", 80): (0, real(1) | real(2, weight=7))}, "endpoints",
     "172.30.0.2:8080 with another weight than 1"),
    ({("TCP", "10.96.0.2", 80): (60, real(1, 2))}, "affinity", "has 60 s, the Service none"),
    (ONE | {("TCP", "10.96.9.9", 80): (0, {})}, "stale", "TCP 10.96.9.9:80 is no Service's"),
    (ONE | {("TCP", "203.0.113.9", 80): (0, {})}, "stale", "203.0.113.9:80 is no Service's"),
    (ONE | {("TCP", NODE, 30001): (0, {})}, "stale", f"{NODE}:30001 is no Service's"),
])
def test_what_is_wrong_with_it(rows: Rows, kind: str, said: str) -> None:
    found = differ(cluster([service(1)], PLAIN), rows)
    assert kind in kinds(found)
    assert any(said in one.said for one in found), [one.said for one in found]


@pytest.mark.parametrize("more", [
    {("TCP", "10.96.255.7", 80): (0, {})},  # excludeCIDRs
    {("TCP", "198.51.100.0", 20000): (0, {})},  # kube-proxy's trial of the kernel
    {("TCP", "192.0.2.99", 80): (0, {})},  # keepalived's: the rules of foreign servers speak
    {("TCP", NODE, 6443): (0, {})},
])
def test_what_is_none_of_its_business(more: Rows) -> None:
    assert differ(cluster([service(1)], PLAIN), ONE | more) == []


def test_a_draining_real_server_is_no_fault() -> None:
    rows: Rows = {("TCP", "10.96.0.2", 80): (0, real(1, 2) | real(9, weight=0))}
    assert differ(cluster([service(1)], PLAIN), rows) == []


@pytest.mark.parametrize("change", [{"clusterIP": "None"}, {"type": "ExternalName",
                                                           "clusterIP": ""}, {"ports": []}])
def test_services_that_have_none(change: Object) -> None:
    assert differ(cluster([service(1, **change)], PLAIN), {}) == []


@pytest.mark.parametrize("label", ["service.kubernetes.io/headless",
                                   "service.kubernetes.io/service-proxy-name"])
def test_services_of_another_proxy(label: str) -> None:
    one = service(1)
    one["metadata"]["labels"] = {label: "x"}
    assert differ(cluster([one], PLAIN), {}) == []


def test_all_addresses_of_a_load_balancer() -> None:
    one = service(1, type="LoadBalancer", externalIPs=["203.0.113.1"], ports=[
        {"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}],
        ingress=[{"ip": "203.0.113.2"}, {"ip": "203.0.113.3", "ipMode": "VIP"},
                 {"ip": "203.0.113.4", "ipMode": "Proxy"}, {"hostname": "x.example"}])
    found = cluster([one], PLAIN)
    whole: Rows = {("TCP", address, port): (0, real(1, 2)) for address, port in (
        ("10.96.0.2", 80), ("203.0.113.1", 80), ("203.0.113.2", 80), ("203.0.113.3", 80),
        (NODE, 30080))}
    assert differ(found, whole) == []
    for key in whole:
        assert kinds(differ(found, {k: v for k, v in whole.items() if k != key})) == ["missing"]
    # an interface that kube-proxy has seen, too, and a proxy's address of a version before ipMode
    for more in ((("TCP", "10.0.2.15", 30080)), ("TCP", "203.0.113.4", 80)):
        assert differ(found, whole | {more: (0, real(1, 2))}) == []
        assert kinds(differ(found, whole | {more: (0, real(1))})) == ["endpoints"]


NODE_PORT = service(1, type="NodePort", ports=[
    {"name": "http", "protocol": "TCP", "port": 80, "nodePort": 30080}])


@pytest.mark.parametrize(("ports", "missing"), [
    ((), 1), (("192.0.2.0/24",), 1), (("primary",), 1), (("10.0.0.0/8",), 0), (("fd00::/8",), 0)])
def test_node_ports_by_their_addresses(ports: tuple[str, ...], missing: int) -> None:
    assert len(differ(cluster([NODE_PORT], PLAIN), ONE, ports=ports)) == missing


def test_a_node_without_addresses_cannot_be_told() -> None:
    found = cluster([NODE_PORT], PLAIN)
    found.node_addresses.clear()
    with pytest.raises(CannotTell, match="node ports cannot be told"):
        differ(found, ONE)


def test_both_families() -> None:
    one = service(1, clusterIPs=["10.96.0.2", "fd00:96::2"])
    six = slice_of(1, {"addresses": ["fd00::1"], "conditions": {}}, part=1, kind="IPv6")
    rows: Rows = ONE | {("TCP", "fd00:96::2", 80): (0, {("fd00::1", 8080): 1})}
    assert differ(cluster([one], [*PLAIN, six]), rows) == []
    assert kinds(differ(cluster([one], [*PLAIN, six]), ONE)) == ["missing"]


def test_session_affinity() -> None:
    one = service(1, sessionAffinity="ClientIP",
                  sessionAffinityConfig={"clientIP": {"timeoutSeconds": 600}})
    for seconds, expected in ((600, []), (10800, ["affinity"]), (0, ["affinity"])):
        rows: Rows = {("TCP", "10.96.0.2", 80): (seconds, real(1, 2))}
        assert kinds(differ(cluster([one], PLAIN), rows)) == expected


# of a Service's endpoints, what the table may have: by policy, hints, state, kube-proxy's version
LEGAL: list[tuple[Object, list[Object], list[tuple[int, ...]], list[tuple[int, ...]], str]] = [
    ({}, [end(1), end(2, "n2")], [(1, 2)], [(1,), (2,), ()], "1.34.4"),
    ({}, [end(1, ready=None)], [(1,)], [()], "1.34.4"),
    ({}, [end(1, ready=False)], [()], [(1,)], "1.34.4"),
    ({}, [end(1, ready=False, draining=True), end(2)], [(2,)], [(1, 2), (1,)], "1.34.4"),
    ({}, [end(1, ready=False, draining=True)], [(1,), ()], [(2,)], "1.34.4"),
    ({"internalTrafficPolicy": "Local"}, [end(1), end(2, "n2")], [(1,)], [(1, 2), ()], "1.34.4"),
    ({"internalTrafficPolicy": "Local"}, [end(1), end(2, "n2")], [(1,), (1, 2)], [()], "1.20.2"),
    ({"internalTrafficPolicy": "Local"}, [end(2, "n2")], [(), (2,)], [(1,)], "1.34.4"),
    ({"externalTrafficPolicy": "Local"}, [end(1), end(2, "n2")], [(1, 2)], [(1,)], "1.34.4"),
    ({}, [end(1, zones=("a",)), end(2, zones=("b",))], [(1, 2), (1,)], [(2,)], "1.34.4"),
    ({}, [end(1, zones=("a",)), end(2)], [(1, 2)], [(1,), (2,)], "1.34.4"),
    ({}, [end(1, zones=("b",)), end(2, zones=("b",))], [(1, 2)], [(1,), (2,)], "1.34.4"),
    ({}, [end(1, nodes=("n1",)), end(2, nodes=("n2",))], [(1, 2), (1,)], [(2,)], "1.37.2"),
]


@pytest.mark.parametrize(("spec", "endpoints", "good", "bad", "version"), LEGAL)
def test_legal_sets(spec: Object, endpoints: list[Object], good: list[tuple[int, ...]],
                    bad: list[tuple[int, ...]], version: str) -> None:
    found = cluster([service(1, **spec)], [slice_of(1, *endpoints)])
    for numbers in good:
        assert differ(found, {("TCP", "10.96.0.2", 80): (0, real(*numbers))}, version) == []
    for numbers in bad:
        rows: Rows = {("TCP", "10.96.0.2", 80): (0, real(*numbers))}
        assert kinds(differ(found, rows, version)) == ["endpoints"], numbers


def test_external_traffic_stays_local() -> None:
    found = cluster([service(1, externalTrafficPolicy="Local", type="LoadBalancer",
                             ingress=[{"ip": "203.0.113.2"}])], PLAIN)
    vip = ("TCP", "203.0.113.2", 80)
    assert differ(found, ONE | {vip: (0, real(1))}) == []
    assert kinds(differ(found, ONE | {vip: (0, real(1, 2))})) == ["endpoints"]


def test_what_two_services_claim_is_either_s() -> None:
    two = service(2, clusterIP="10.96.0.2")
    for numbers in ((1, 2), (7,)):
        rows: Rows = {("TCP", "10.96.0.2", 80): (0, real(*numbers))}
        assert differ(cluster([service(1), two], [*PLAIN, slice_of(2, end(7))]), rows) == []


def test_slices_of_v1beta1() -> None:
    old = {"addresses": ["172.30.0.1"], "conditions": {"ready": True},
           "topology": {"kubernetes.io/hostname": "n1"}}
    found = cluster([service(1, internalTrafficPolicy="Local")],
                    [slice_of(1, old, end(2, "n2"))])
    assert differ(found, {("TCP", "10.96.0.2", 80): (0, real(1))}) == []


SHAPES = st.lists(st.tuples(
    st.sampled_from(("TCP", "UDP", "SCTP")), st.sampled_from((0, 0, 600)),
    st.sampled_from(("ClusterIP", "NodePort", "LoadBalancer", "External")),
    st.lists(st.integers(1, 250), unique=True, max_size=4),
    st.integers(1, 3)), min_size=1, max_size=8)


def world(shapes: list[tuple[str, int, str, list[int], int]]) -> tuple[Cluster, Rows]:
    """A cluster, and, made here by hand, the table that kube-proxy makes of it."""
    services: list[Object] = []
    slices: list[Object] = []
    rows: Rows = {}
    for number, (protocol, sticky, kind, ends, parts) in enumerate(shapes):
        spec: Object = {"ports": [{"name": "http", "protocol": protocol, "port": 80,
                                   "nodePort": 30000 + number if kind == "NodePort" else None}]}
        places = [(f"10.96.0.{number + 1}", 80)]
        if sticky:
            spec |= {"sessionAffinity": "ClientIP",
                     "sessionAffinityConfig": {"clientIP": {"timeoutSeconds": sticky}}}
        if kind == "LoadBalancer":
            spec["ingress"] = [{"ip": f"203.0.113.{100 + number}"}]
            places.append((f"203.0.113.{100 + number}", 80))
        if kind == "External":
            spec["externalIPs"] = [f"203.0.113.{200 + number}"]
            places.append((f"203.0.113.{200 + number}", 80))
        if kind == "NodePort":
            places += [(NODE, 30000 + number), ("10.0.2.15", 30000 + number)]
        services.append(service(number, **spec))
        slices += [slice_of(number, *map(end, ends[part::parts]), protocol=protocol, part=part)
                   for part in range(parts)]
        rows |= {(protocol, *place): (sticky, real(*ends)) for place in places}
    return cluster(services, slices), rows


@given(SHAPES)
def test_kube_proxys_table_is_right(
        shapes: list[tuple[str, int, str, list[int], int]]) -> None:
    found, rows = world(shapes)
    assert [one.said for one in differ(found, rows)] == []


def without_service(rows: Rows, draw: Callable[[int], int]) -> str:
    # a node port on an address that is not the Node's may be missing
    keys = [key for key in rows if key[1] != "10.0.2.15"]
    del rows[keys[draw(len(keys))]]
    return "missing"


def without_endpoint(rows: Rows, draw: Callable[[int], int]) -> str:
    full = [key for key, (_, ends) in rows.items() if ends]
    if not full:
        return ""
    ends = rows[full[draw(len(full))]][1]
    del ends[list(ends)[draw(len(ends))]]
    return "endpoints"


def with_endpoint(rows: Rows, draw: Callable[[int], int]) -> str:
    keys = list(rows)
    rows[keys[draw(len(keys))]][1]["172.30.1.1", 8080] = 1
    return "endpoints"


def with_weight(rows: Rows, draw: Callable[[int], int]) -> str:
    full = [key for key, (_, ends) in rows.items() if ends]
    if not full:
        return ""
    ends = rows[full[draw(len(full))]][1]
    ends[list(ends)[draw(len(ends))]] = 2 * draw(2)
    return "endpoints"


def with_service(rows: Rows, draw: Callable[[int], int]) -> str:
    rows["TCP", "10.97.0.1", 80 + draw(9)] = (0, real(1))
    return "stale"


def with_affinity(rows: Rows, draw: Callable[[int], int]) -> str:
    keys = list(rows)
    key = keys[draw(len(keys))]
    rows[key] = (rows[key][0] + 1, rows[key][1])
    return "affinity"


@given(SHAPES, st.sampled_from((without_service, without_endpoint, with_endpoint, with_weight,
                                with_service, with_affinity)), st.data())
def test_one_fault_is_one_difference(
        shapes: list[tuple[str, int, str, list[int], int]],
        fault: Callable[[Rows, Callable[[int], int]], str], data: st.DataObject) -> None:
    found, rows = world(shapes)
    rows = {key: (sticky, dict(ends)) for key, (sticky, ends) in rows.items()}
    kind = fault(rows, lambda count: data.draw(st.integers(0, count - 1)))
    assert kinds(differ(found, rows)) == ([kind] if kind else [])


@pytest.mark.parametrize(("port", "held"), [(29999, False), (30000, True), (32767, True),
                                            (32768, False)])
def test_the_edges_of_the_node_ports(port: int, held: bool) -> None:
    assert WHOSE.holds(b"TCP", hexadecimal(NODE, port)) is held
