"""A booted node compared with a real API server: green, each fault red, its Node told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from imagegen.boot.cluster import ServicePort, ServiceSpec
from tests.guests.api_faults import API_FAULTS
from tests.guests.faults import Fault
from tests.guests.judging import judged_right, mended_right, not_ok
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
        mended_right(node, fault)
    assert condition(cluster)["status"] == "True"


def test_without_the_api_server_nothing_passes_for_good(cluster: SeedCluster) -> None:
    with cluster.node() as node:
        node.run(["sh", "-c", "iptables -I OUTPUT -d 10.0.2.2 -j DROP"])
        bad = not_ok(node.check("table"))
    assert {bad[name]["result"] for name in bad if ".api." in name} == {"unknown"}
