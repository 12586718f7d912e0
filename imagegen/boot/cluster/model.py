"""What a control plane is asked for, and what lives in it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Any

# an object of the API, as its JSON
Object = dict[str, Any]
# where a guest on QEMU's user network finds the host's loopback (QEMU's manual, -netdev user)
GUEST_VIEW = "10.0.2.2"
# The same by IPv6. Nothing listens there: kube-proxy asks the API server by IPv4, and what stands
# in the table of an IPv6 cluster is looked at, not used.
GUEST_VIEW_IPV6 = "fec0::2"


class Authorization(StrEnum):
    """Who may do what: everybody all, or as RBAC's roles say (the plane's own token: all)."""

    ALWAYS = "AlwaysAllow"
    RBAC = "RBAC"


@dataclass(frozen=True, slots=True)
class ClusterSpec:
    """A cluster: Kubernetes' version, the service range, the node-port range (`20000-40000`).

    The service range is one, or one of each family with a comma between, the primary first.
    `api_servers` ("ip:port" each) are the API service's real servers; none means this very server,
    as a guest sees it.
    """

    kubernetes: str = "1.34.4"
    service_cidr: str = "10.96.0.0/12"
    node_port_range: str = "30000-32767"
    api_servers: tuple[str, ...] = ()
    authorization: Authorization = Authorization.ALWAYS

    @property
    def primary_ipv6(self) -> bool:
        """Whether the API service is of IPv6."""
        return ":" in self.service_cidr.partition(",")[0]


class ServiceType(StrEnum):
    """Kubernetes' service types that need no cloud."""

    CLUSTER_IP = "ClusterIP"
    NODE_PORT = "NodePort"


class Protocol(StrEnum):
    """What a service port speaks."""

    TCP = "TCP"
    UDP = "UDP"
    SCTP = "SCTP"


@dataclass(frozen=True, slots=True)
class ServicePort:
    """One port of a service; `target` is the port that its endpoints listen on."""

    port: int
    target: int
    protocol: Protocol = Protocol.TCP
    node_port: int | None = None
    given_name: str = ""

    @property
    def name(self) -> str:
        """The name that binds a service's port to its endpoints' (`tcp-80` unless given)."""
        return self.given_name or f"{self.protocol.lower()}-{self.port}"


@dataclass(frozen=True, slots=True)
class ServiceSpec:
    """A service. Without a cluster IP the API server chooses one; `second_ip` makes it of both
    families."""

    namespace: str
    name: str
    cluster_ip: str | None
    ports: tuple[ServicePort, ...]
    type: ServiceType = ServiceType.CLUSTER_IP
    second_ip: str | None = None
