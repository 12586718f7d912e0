"""Address ranges that exclude each other."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem


def ranges(profile: Profile) -> Iterator[Problem]:
    """Services and pods have ranges of their own, large enough to work."""
    cluster = profile.cluster
    services, pods = (ipaddress.ip_network(c) for c in (cluster.service_cidr, cluster.pod_cidr))
    if services.num_addresses < 4:
        yield Problem(("cluster", "serviceCIDR"),
                      f"the service range {services} is too small for a cluster",
                      "give it the range that the API server has (--service-cluster-ip-range)",
                      rule="cluster-service-range-small")
    if services.version == pods.version and services.overlaps(pods):
        yield Problem(("cluster", "podCIDR"),
                      f"the pod range {pods} and the service range {services} overlap, so "
                      "kube-proxy and the network plugin would claim the same addresses",
                      "take both from the cluster: the API server's and the network plugin's",
                      rule="cluster-ranges-overlap")


def api_servers(profile: Profile) -> Iterator[Problem]:
    """The API servers' own addresses, each once."""
    services = ipaddress.ip_network(profile.cluster.service_cidr)
    for index, server in enumerate(profile.cluster.api_servers):
        host = ipaddress.ip_address(server.rpartition(":")[0].strip("[]"))
        if host.version == services.version and host in services:
            yield Problem(("cluster", "apiServers", index),
                          f"the API server {server} lies inside the service range {services}",
                          "name the API servers' own addresses, not the `kubernetes` service's",
                          rule="cluster-api-server-in-services")
        pods = ipaddress.ip_network(profile.cluster.pod_cidr)
        if host.version == pods.version and host in pods:
            yield Problem(("cluster", "apiServers", index),
                          f"the API server {server} lies inside the pod range {pods}, so packets "
                          "to it are routed to a pod",
                          "name the API servers' own addresses; pods have a range of their own",
                          rule="cluster-api-server-in-pods")
        if server in profile.cluster.api_servers[:index]:
            yield Problem(("cluster", "apiServers", index), f"{server} stands here twice",
                          "keep one of them", rule="cluster-api-server-twice")
