"""nftables mode, baked and booted with a real kube-proxy and API server: green, and red by fault.

Level table, with the seed's services. Wide: a bake and a boot of its own for a mode of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.guests.faults import Fault
from tests.guests.judging import judged_right, mended_right, not_ok
from tests.guests.nftables_faults import NFTABLES_FAULTS
from tests.guests.nodes import SeedCluster, image_of, seed_cluster
from tests.guests.recipe_services import API_SERVERS, SERVICES

pytestmark = [pytest.mark.guest, pytest.mark.wide]


@pytest.fixture(scope="session")
def nftables_image() -> Path:
    """The sealed image of nftables.yaml."""
    return image_of("nftables")


@pytest.fixture(scope="session")
def cluster(nftables_image: Path) -> Iterator[SeedCluster]:
    """The seed's cluster, on a kube-proxy in nftables mode."""
    with seed_cluster(nftables_image, "1.34.4") as cluster:
        yield cluster


def test_a_healthy_node_is_green(cluster: SeedCluster) -> None:
    with cluster.node() as node:
        verdict = node.check("table")
        rules = node.run(["nft", "list", "map", "ip", "kube-proxy", "service-ips"]).stdout
    assert not_ok(verdict) == {}
    assert (verdict["verdict"], verdict["level"]) == ("green", "table")
    saw = {finding["id"]: finding["saw"] for finding in verdict["findings"]}
    assert saw["nftables.mode"] == "nftables"
    assert saw["nftables.api-service"] == ", ".join(API_SERVERS)
    # nft says the protocol's name where the node has /etc/protocols, else its number
    assert all(re.search(rf"{backed.service.cluster_ip} \. (tcp|6) \. 80 : goto", rules)
               for backed in SERVICES)
    assert verdict["table"]["virtualServers"] == 0


@pytest.mark.parametrize("fault", NFTABLES_FAULTS, ids=lambda fault: fault.name)
def test_the_right_fact_turns_red(cluster: SeedCluster, fault: Fault) -> None:
    with cluster.node() as node:
        judged_right(node, fault)
        mended_right(node, fault)
