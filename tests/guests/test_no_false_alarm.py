"""What is healthy stays green: a busy cluster, a restarted kube-proxy, a keepalived beside it.

The node is a MetalLB one (strictARP), compares itself with its cluster, and carries a keepalived
whose virtual server kube-proxy is told to leave alone (excludeCIDRs). `IMAGEGEN_ROLLING_RUNS` says
how many checks see rolling endpoints: 20 took eight minutes on a busy emulated node.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

import pytest

from imagegen.boot.cluster import ControlPlane, ServicePort, ServiceSpec
from tests.guests.crowd import BALANCER, coming_and_going, create_crowd, rolling
from tests.guests.judging import assert_green, waited
from tests.guests.nodes import SeedCluster, image_of, seed_cluster
from tests.guests.recipe_services import NODE_ADDRESS

pytestmark = [pytest.mark.guest, pytest.mark.wide]

RUNS = int(os.environ.get("IMAGEGEN_ROLLING_RUNS", "200"))
BATCH = 10
# what `check.traffic.to` of api-node.yaml names
SELF = ServiceSpec("default", "itself", "10.254.0.99", (ServicePort(443, 6443),))
HELD = ServiceSpec("default", "held", "10.254.60.1", (ServicePort(80, 9000),))
KEEPALIVED = "192.0.2.10:8080"
# a server on the node, and a connection through the virtual server that stays open
_HOLD = f"""
import socket, time
server = socket.create_server(("{NODE_ADDRESS}", 9000))
client = socket.create_connection(("10.254.60.1", 80), timeout=30)
taken, _ = server.accept()
print("held", flush=True)
time.sleep(3600)
"""


@pytest.fixture(scope="module")
def cluster() -> Iterator[SeedCluster]:
    with seed_cluster(image_of("api-node"), "1.34.4", services=(SELF,), also=create_crowd) as made:
        yield made


def test_a_node_with_everything_beside_it(cluster: SeedCluster) -> None:
    """keepalived's virtual server, a load balancer's address, and services without any."""
    with cluster.node() as node:
        table = node.run(["ipvsadm", "-Ln"]).stdout
        strict = [node.read(f"/proc/sys/net/ipv4/conf/all/{name}").decode().strip()
                  for name in ("arp_ignore", "arp_announce")]
        verdict, = waited(node)
    for place in (f"TCP  {KEEPALIVED} rr", f"TCP  {BALANCER}:80 rr", "SCTP "):
        assert place in table
    assert strict == ["1", "2"]
    assert_green(verdict)


@pytest.mark.timeout(4 * 3600)
def test_rolling_endpoints(cluster: SeedCluster) -> None:
    """A hundred services change all the time, and each of 200 checks is green."""
    _green_through(rolling, cluster, RUNS)


@pytest.mark.timeout(3600)
def test_services_that_come_and_go(cluster: SeedCluster) -> None:
    """kube-proxy writes its set of service addresses at a sync's end, the table all through it."""
    _green_through(coming_and_going, cluster, max(1, RUNS // 10))


def _green_through(changes: Callable[[ControlPlane], AbstractContextManager[list[int]]],
                   cluster: SeedCluster, runs: int) -> None:
    greens = 0
    with cluster.node() as node:
        while greens < runs:
            with changes(cluster.plane) as changed:
                verdicts = waited(node, min(BATCH, runs - greens))
            for verdict in verdicts:
                assert_green(verdict)
            assert changed[0] > 0
            greens += len(verdicts)


def test_a_restart_within_its_grace(cluster: SeedCluster) -> None:
    with cluster.node() as node:
        for _ in range(3):
            node.run(["systemctl", "restart", "kube-proxy"])
            verdict, = waited(node)
            assert_green(verdict)


def test_a_terminating_endpoint(cluster: SeedCluster) -> None:
    """kube-proxy keeps an endpoint that has gone, with weight 0, while a connection lasts."""
    plane = cluster.plane
    plane.create_endpoints(plane.create_service(HELD), [f"{NODE_ADDRESS}:9000"])
    with cluster.node() as node:
        assert_green(*waited(node))
        node.write("/root/hold.py", _HOLD.encode())
        node.run(["systemd-run", "--unit=hold", "python3", "/root/hold.py"])
        node.run(["sh", "-c", "until journalctl -u hold | grep -q held; do sleep 1; done"])
        plane.create_endpoints(HELD, ["172.30.36.8:9000"])
        assert_green(*waited(node))
        lines = node.run(["ipvsadm", "-Ln", "-t", "10.254.60.1:80"]).stdout.split("\n")
    draining = next(line.split() for line in lines if f"{NODE_ADDRESS}:9000" in line)
    assert draining[3:5] == ["0", "1"], lines
