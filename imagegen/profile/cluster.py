"""The cluster's addresses, as its API server and network plugin have them."""

from __future__ import annotations

import ipaddress
from typing import Annotated

from pydantic import Field

from imagegen.profile.fields import Cidr, DnsName, Endpoint, HostPort, PortRange, Section


class Cluster(Section):
    """The cluster's addresses."""

    service_cidr: Cidr = Field("10.96.0.0/12", alias="serviceCIDR")
    pod_cidr: Cidr = Field("10.244.0.0/16", alias="podCIDR")
    node_port_range: PortRange = "30000-32767"
    api_service_port: Annotated[int, Field(ge=1, le=65535)] = 443
    api_servers: tuple[Endpoint, ...] = Field((), strict=False)
    control_plane_endpoint: HostPort | None = None
    dns_domain: DnsName = "cluster.local"

    @property
    def api_service(self) -> str:
        """The API service's virtual address: the first of the service range."""
        return str(ipaddress.ip_network(self.service_cidr)[1])
