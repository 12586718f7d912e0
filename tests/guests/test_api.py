"""A booted node compared with a real API server: green, each fault red, its Node told."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from typing import Any

import pytest

from imagegen.boot.cluster import ServicePort, ServiceSpec
from tests.guests.api_faults import API_FAULTS
from tests.guests.faults import Fault
from tests.guests.harness import CHECK, NodeClone
from tests.guests.judging import judged_right, not_ok
from tests.guests.nodes import SeedCluster, image_of, seed_cluster
from tests.guests.recipe_services import NODE_NAME

pytestmark = [pytest.mark.guest, pytest.mark.wide]
# what `check.traffic.to` of api-node.yaml names
SELF = ServiceSpec("default", "itself", "10.254.0.99", (ServicePort(443, 6443),))


@pytest.fixture(scope="module")
def cluster() -> Iterator[SeedCluster]:
    with seed_cluster(image_of("api-node"), "1.34.4", services=(SELF,)) as made:
        yield made


def condition(cluster: SeedCluster) -> dict[str, str]:
    node = cluster.plane.api.get(f"/api/v1/nodes/{NODE_NAME}")
    return next(one for one in node["status"]["conditions"] if one["type"] == "IPVSReady")


def test_a_healthy_node_is_green_and_the_cluster_knows(cluster: SeedCluster) -> None:
    with cluster.node() as node:
        verdict = node.check("table")
    assert not_ok(verdict) == {}
    found = {one["rule"]: one["saw"] for one in verdict["findings"]}
    assert "virtual servers of" in found["api_virtual_servers"]
    assert "which answered" in found["traffic_probe"]
    assert condition(cluster)["status"] == "True"


@pytest.mark.parametrize("fault", API_FAULTS, ids=lambda fault: fault.name)
def test_the_right_fact_turns_red(cluster: SeedCluster, fault: Fault) -> None:
    with cluster.node() as node:
        judged_right(node, fault)
    assert condition(cluster)["status"] == "False"


def test_without_the_api_server_nothing_passes_for_good(cluster: SeedCluster) -> None:
    with cluster.node() as node:
        node.run(["sh", "-c", "iptables -I OUTPUT -d 10.0.2.2 -j DROP"])
        bad = not_ok(node.check("table"))
    assert {bad[name]["result"] for name in bad if ".api." in name} == {"unknown"}


def waited(node: NodeClone) -> dict[str, Any]:
    """The verdict of a check that waits for kube-proxy, which is slow on an emulated node."""
    done = node.run([*CHECK[:-1], "--timeout", "90", "--level", "table"], check=False, timeout=240)
    verdict: dict[str, Any] = json.loads(done.stdout)
    return verdict


def test_rolling_endpoints_are_no_fault(cluster: SeedCluster) -> None:
    """A service whose endpoints change while the check looks; it waits as it does at a boot."""
    plane = cluster.plane
    rolled = plane.create_service(ServiceSpec("default", "rolled", None, (ServicePort(80, 8080),)))
    with cluster.node() as node:
        for number in range(6):
            plane.create_endpoints(rolled, [f"172.30.7.{number + 1}:8080"])
            bad = not_ok(waited(node))
            assert bad == {}, {name: one["saw"] for name, one in bad.items()}
        plane.delete_service("default", "rolled")
        time.sleep(10)
        assert not_ok(waited(node)) == {}
