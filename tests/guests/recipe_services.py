"""The seed's cluster as objects: what its `ipvsadm -Ln` excerpt shows, and what must lie behind it.

The excerpt shows virtual servers only. Which service a node port belongs to follows from the equal
real servers; the cluster IP of the service behind node port 27841 is not shown, so one is chosen.
Names and namespaces are not shown either.
"""

from __future__ import annotations

from dataclasses import dataclass

from imagegen.boot.cluster import (
    ClusterSpec,
    ControlPlane,
    ServicePort,
    ServiceSpec,
    ServiceType,
)

NODE_NAME = "192.168.1.145"
NODE_ADDRESS = "192.168.1.145"
# the node's own address on the pod network (flannel's first of 172.30.90.0/24)
NODE_POD_ADDRESS = "172.30.90.0"
NODE_POD_CIDR = "172.30.90.0/24"
API_SERVERS = ("192.168.1.142:6443", "192.168.1.143:6443", "192.168.1.144:6443")
SERVICE_CIDR = "10.254.0.0/16"
# holds 27841, 28453 and 36018, which Kubernetes' own 30000-32767 does not
NODE_PORT_RANGE = "20000-40000"
# chosen by us: the excerpt does not show this one
WEB_CLUSTER_IP = "10.254.100.80"

# the excerpt, counters aside: virtual server -> real servers, every one `rr` and `Masq 1`
LISTING: dict[str, tuple[str, ...]] = {
    "10.254.0.1:443": API_SERVERS,
    "10.254.27.38:80": ("172.30.36.4:9090",),
    "10.254.72.60:80": ("172.30.90.4:8080",),
    "10.254.72.247:80": ("172.30.36.5:3000",),
    "127.0.0.1:27841": ("172.30.36.2:80", "172.30.90.2:80"),
    "127.0.0.1:28453": ("172.30.36.5:3000",),
    "127.0.0.1:36018": ("172.30.36.4:9090",),
    "172.30.90.0:27841": ("172.30.36.2:80", "172.30.90.2:80"),
}


@dataclass(frozen=True, slots=True)
class Backed:
    """A service and where it leads."""

    service: ServiceSpec
    endpoints: tuple[str, ...]


def _service(name: str, cluster_ip: str, target: int, node_port: int | None = None) -> ServiceSpec:
    kind = ServiceType.CLUSTER_IP if node_port is None else ServiceType.NODE_PORT
    port = ServicePort(80, target, node_port=node_port)
    return ServiceSpec("default", name, cluster_ip, (port,), kind)


SERVICES = (
    Backed(_service("metrics", "10.254.27.38", 9090, 36018), ("172.30.36.4:9090",)),
    Backed(_service("app", "10.254.72.60", 8080), ("172.30.90.4:8080",)),
    Backed(_service("dashboard", "10.254.72.247", 3000, 28453), ("172.30.36.5:3000",)),
    Backed(_service("web", WEB_CLUSTER_IP, 80, 27841), ("172.30.36.2:80", "172.30.90.2:80")),
)


def recipe_cluster(kubernetes: str) -> ClusterSpec:
    """The seed's cluster, run by this version of the API server."""
    return ClusterSpec(kubernetes, SERVICE_CIDR, NODE_PORT_RANGE, API_SERVERS)


def create_recipe(plane: ControlPlane) -> None:
    """Put the seed's node, services and endpoints into a control plane."""
    plane.create_node(NODE_NAME, NODE_ADDRESS, NODE_POD_CIDR)
    for backed in SERVICES:
        plane.create_service(backed.service)
        plane.create_endpoints(backed.service, backed.endpoints)
