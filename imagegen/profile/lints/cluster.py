"""Address ranges that exclude each other, and families that belong together."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.knowledge.families import (
    SKEW,
    SMALLEST_SERVICE_RANGE,
    Family,
    IpAddress,
    Network,
    service_bits,
)
from imagegen.knowledge.kubernetes import Version
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

_SERVICES = ("cluster", "serviceCIDR")
_OF_SERVER = "give it the range that the API server has (--service-cluster-ip-range)"


def ranges(profile: Profile) -> Iterator[Problem]:
    """Services and pods have ranges of their own, of a size that works."""
    for services in profile.cluster.services:
        yield from _size(profile, services)
        for pods in profile.cluster.pods:
            if _overlap(services, pods):
                yield Problem(("cluster", "podCIDR"),
                              f"the pod range {pods} and the service range {services} overlap, so "
                              "kube-proxy and the network plugin would claim the same addresses",
                              "take both from the cluster: the API server's and the network "
                              "plugin's", rule="cluster-ranges-overlap")


def _overlap(one: Network, other: Network) -> bool:
    return one.version == other.version and one.overlaps(other)


def _size(profile: Profile, services: Network) -> Iterator[Problem]:
    if services.num_addresses < SMALLEST_SERVICE_RANGE:
        yield Problem(_SERVICES, f"the service range {services} is too small for a cluster: the "
                      f"API server wants {SMALLEST_SERVICE_RANGE} addresses at least", _OF_SERVER,
                      rule="cluster-service-range-small")
    version, family = version_of(profile), Family.of(services)
    takes, bits = service_bits(version), services.max_prefixlen - services.prefixlen
    if bits > takes.most[family]:
        # an API server may be newer than kube-proxy, and take it
        newest = service_bits(Version(version.major, version.minor + SKEW))
        severity = Severity.ERROR if bits > newest.most[family] else Severity.WARNING
        yield Problem(_SERVICES, f"the service range {services} is too large: an API server of "
                      f"{version.minor_text} takes /{services.max_prefixlen - takes.most[family]} "
                      f"at the most, and {takes.otherwise}", _OF_SERVER,
                      rule="cluster-service-range-large", severity=severity)


def families_agree(profile: Profile) -> Iterator[Problem]:
    """Services of a family lead to pods of that family."""
    cluster = profile.cluster
    key = "podCIDR" if "pod_cidr" in cluster.model_fields_set else "serviceCIDR"
    for services in cluster.services:
        family = Family.of(services)
        if family not in {Family.of(pods) for pods in cluster.pods}:
            yield Problem(("cluster", key), f"the service range {services} is {family}, and the "
                          f"pods have no {family} range ({cluster.pod_cidr}), so its services "
                          "lead nowhere", "write podCIDR as the network plugin has it: a range of "
                          "each family that services have, with a comma between",
                          rule="cluster-families-differ")


def api_servers(profile: Profile) -> Iterator[Problem]:
    """The API servers' own addresses, each once, in the API service's family."""
    servers = profile.cluster.api_servers
    for index, server in enumerate(servers):
        host = ipaddress.ip_address(server.rpartition(":")[0].strip("[]"))
        yield from _inside(profile, index, host)
        if server in servers[:index]:
            yield Problem(("cluster", "apiServers", index), f"{server} stands here twice",
                          "keep one of them", rule="cluster-api-server-twice")
        primary = profile.cluster.families[0]
        if Family.of(host) is not primary:
            yield Problem(("cluster", "apiServers", index), f"the API server {server} is "
                          f"{Family.of(host)}, and the service `kubernetes` is {primary} alone: it "
                          "has the family of the first service range", f"name the API servers' "
                          f"{primary} addresses, or put the other range first in serviceCIDR",
                          rule="cluster-api-server-family")


def _inside(profile: Profile, index: int, host: IpAddress) -> Iterator[Problem]:
    path, server = ("cluster", "apiServers", index), profile.cluster.api_servers[index]
    for services in profile.cluster.services:
        if host in services:
            yield Problem(path, f"the API server {server} lies inside the service range {services}",
                          "name the API servers' own addresses, not the `kubernetes` service's",
                          rule="cluster-api-server-in-services")
    for pods in profile.cluster.pods:
        if host in pods:
            yield Problem(path, f"the API server {server} lies inside the pod range {pods}, so "
                          "packets to it are routed to a pod",
                          "name the API servers' own addresses; pods have a range of their own",
                          rule="cluster-api-server-in-pods")
