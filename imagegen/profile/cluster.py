"""The cluster's addresses, as its API server and network plugin have them."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from typing import Annotated

from pydantic import Field

from imagegen.knowledge.families import Family, Network
from imagegen.profile.addresses import ClusterCidr, DnsName, Endpoint, HostPort, PortRange
from imagegen.profile.fields import Section


class Cluster(Section):
    """The cluster's addresses; a range is one, or one of each family, the primary first."""

    service_cidr: ClusterCidr = Field("10.96.0.0/12", alias="serviceCIDR")
    pod_cidr: ClusterCidr = Field("10.244.0.0/16", alias="podCIDR")
    node_port_range: PortRange = "30000-32767"
    api_service_port: Annotated[int, Field(ge=1, le=65535)] = 443
    api_servers: tuple[Endpoint, ...] = Field((), strict=False)
    control_plane_endpoint: HostPort | None = None
    dns_domain: DnsName = "cluster.local"

    @property
    def services(self) -> tuple[Network, ...]:
        """The service ranges, the primary first."""
        return networks(self.service_cidr)

    @property
    def pods(self) -> tuple[Network, ...]:
        """The pod ranges, the primary first."""
        return networks(self.pod_cidr)

    @property
    def families(self) -> tuple[Family, ...]:
        """The families that services have, the primary first."""
        return tuple(Family.of(one) for one in self.services)

    @property
    def api_service(self) -> str:
        """The API service's virtual address: the first of the primary service range.

        The service `kubernetes` has this one address, in a cluster of both families too.
        """
        return str(self.services[0][1])


@lru_cache(256)  # most lints and many facts ask for a profile's ranges
def networks(text: str) -> tuple[Network, ...]:
    """Ranges as Kubernetes writes them, with a comma between."""
    return tuple(ipaddress.ip_network(part) for part in text.split(","))
