"""The seed's own table, made by the kube-proxy it was made by, and by a modern one."""

from __future__ import annotations

import re
import time

import pytest

from tests.guests.harness import NodeClone
from tests.guests.nodes import SeedCluster
from tests.guests.recipe_services import LISTING, NODE_ADDRESS, NODE_POD_ADDRESS, WEB_CLUSTER_IP

pytestmark = pytest.mark.guest

NODE_PORTS = {27841: ("172.30.36.2:80", "172.30.90.2:80"), 28453: ("172.30.36.5:3000",),
              36018: ("172.30.36.4:9090",)}
USER_NETWORK = "10.0.2.15"
SETTLES_WITHIN = 150.0

# Lines beyond the seed's excerpt, each with the reason why a whole table has them.
BEYOND = {f"{WEB_CLUSTER_IP}:80": "the service behind node port 27841 has a cluster IP, too"} | {
    f"{address}:{port}": why
    for port in NODE_PORTS
    for address, why in ((NODE_ADDRESS, "a node port on the node's own address"),
                         (NODE_POD_ADDRESS, "a node port on the pod network's address"),
                         (USER_NETWORK, "a node port on the guest's way to the API server"))
}


def table_of(node: NodeClone) -> dict[str, tuple[str, ...]]:
    """`ipvsadm -Ln` as virtual server -> real servers; every line must be rr, Masq, weight 1."""
    table: dict[str, list[str]] = {}
    current = ""
    for line in node.run(["ipvsadm", "-Ln"]).stdout.splitlines():
        if found := re.fullmatch(r"TCP +(\S+) rr *", line):
            current = found[1]
            table[current] = []
        elif found := re.fullmatch(r"  -> ([\d\[]\S+) +Masq +1 +\d+ +\d+ *", line):
            table[current].append(found[1])
        elif not line.startswith(("IP Virtual Server", "Prot ", "  -> RemoteAddress")):
            pytest.fail(f"an unexpected line: {line!r}")
    return {server: tuple(sorted(real)) for server, real in table.items()}


def settled(node: NodeClone, wanted: set[str]) -> dict[str, tuple[str, ...]]:
    """The table once all of `wanted` is there; new node addresses are seen at the next sync."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while not wanted <= set(table := table_of(node)) and time.monotonic() < deadline:
        time.sleep(3)
    return table


# an image of its own, and an API server that no other test of every run compiles
@pytest.mark.wide
def test_the_seed_listing_line_by_line(recipe: SeedCluster) -> None:
    with recipe.node() as node:
        table = settled(node, set(LISTING))
        verdict = node.check("table")
    assert {server: table.get(server) for server in LISTING} == {
        server: tuple(sorted(real)) for server, real in LISTING.items()}
    beyond = set(table) - set(LISTING)
    assert beyond <= set(BEYOND), beyond - set(BEYOND)
    assert verdict["verdict"] == "green", [f for f in verdict["findings"] if f["result"] != "ok"]


def test_what_a_modern_kube_proxy_makes_of_it(modern: SeedCluster) -> None:
    """All but the loopback lines, which kube-proxy stopped making in 1.22; nothing unexplained."""
    loopback = {server for server in LISTING if server.startswith("127.")}
    expected = {s: tuple(sorted(r)) for s, r in LISTING.items() if s not in loopback}
    with modern.node() as node:
        table = settled(node, {*expected, *BEYOND})
    assert {server: table.get(server) for server in expected} == expected
    assert not loopback & set(table)
    assert set(table) == {*expected, *BEYOND}
    for server, real in table.items():
        port = int(server.rpartition(":")[2])
        assert port not in NODE_PORTS or real == tuple(sorted(NODE_PORTS[port]))
