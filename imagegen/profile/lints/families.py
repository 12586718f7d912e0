"""kube-proxy's and the node's settings against the cluster's address families."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator

from imagegen.knowledge.families import IPV6_OFF, Family
from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.kubernetes_fields import KEYWORDS
from imagegen.knowledge.kubernetes_gates import DUAL_STACK_DEFAULT_FROM
from imagegen.profile.cluster import networks
from imagegen.profile.kubeproxy import DetectLocalMode
from imagegen.profile.lints.kube_proxy import CONFIG, version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity


def ipv6_off(profile: Profile) -> Iterator[Problem]:
    """A kernel without IPv6 serves no cluster that has it."""
    for index, argument in enumerate(profile.os.kernel_arguments):
        if argument in IPV6_OFF and Family.IPV6 in profile.cluster.families:
            yield Problem(("os", "kernelArguments", index), f"{argument} turns IPv6 off, and the "
                          f"cluster's services have it ({profile.cluster.service_cidr})",
                          "remove it", rule="cluster-ipv6-off")


def cluster_cidr(profile: Profile) -> Iterator[Problem]:
    """Of a family that clusterCIDR lacks, kube-proxy cannot tell the pods' traffic."""
    config = profile.kube_proxy.config
    asked = config.detect_local_mode in (None, DetectLocalMode.CLUSTER_CIDR)
    if config.cluster_cidr is None or not asked:
        return
    there = {Family.of(one) for one in networks(config.cluster_cidr)}
    primary = profile.cluster.families[0]
    for family in profile.cluster.families:
        if family not in there:
            severe = family is primary and version_of(profile) < DUAL_STACK_DEFAULT_FROM
            yield Problem((*CONFIG, "clusterCIDR"), f"clusterCIDR {config.cluster_cidr} has no "
                          f"{family} range, and services have: kube-proxy "
                          + ("stops at it" if severe else f"takes all {family} traffic of pods for "
                             "traffic from outside"),
                          "write the pods' ranges of both families, or remove the line: it is "
                          "cluster.podCIDR then", rule="kube-proxy-cluster-cidr-family",
                          severity=Severity.ERROR if severe else Severity.WARNING)


def bind_address(profile: Profile) -> Iterator[Problem]:
    """bindAddress names the node's address, and by it the family that kube-proxy begins with."""
    given, families = profile.kube_proxy.config.bind_address, profile.cluster.families
    if given is None or ipaddress.ip_address(given).is_unspecified:
        return
    family = Family.of(ipaddress.ip_address(given))
    if family not in families:
        yield Problem((*CONFIG, "bindAddress"), f"bindAddress {given} is {family}, and the "
                      f"cluster's services are {families[0]}: kube-proxy takes the node for "
                      f"{family}", "name the node's address of the cluster's family, or remove "
                      "the line: kube-proxy then asks the API server for the node's address",
                      rule="kube-proxy-bind-address-family")


def health(profile: Profile) -> Iterator[Problem]:
    """A load balancer of an IPv6 cluster asks the node by IPv6."""
    config = profile.kube_proxy.config
    if "healthz_bind_address" not in config.model_fields_set:
        return
    host = ipaddress.ip_address(config.healthz_bind_address.rpartition(":")[0].strip("[]"))
    deaf = Family.of(host) not in profile.cluster.families
    if deaf and not host.is_loopback and str(host) != "::":
        yield Problem((*CONFIG, "healthzBindAddress"), f"{config.healthz_bind_address} listens on "
                      f"{Family.of(host)} alone, and the cluster is "
                      f"{profile.cluster.families[0]}: no load balancer reaches it",
                      'write "[::]:10256", which listens on both families, or remove the line',
                      rule="kube-proxy-healthz-family", severity=Severity.WARNING)


def node_ports(profile: Profile) -> Iterator[Problem]:
    """A family without a range in nodePortAddresses has node ports on all of its addresses."""
    given = profile.kube_proxy.config.node_port_addresses
    if not given or any(one in KEYWORDS for one in given):
        return
    path, families = (*CONFIG, "nodePortAddresses"), profile.cluster.families
    named = [ipaddress.ip_network(one) for one in given]
    there = [Family.of(one) for one in named]
    for family in families:
        # loopback alone is kube-proxy-node-ports-loopback's
        if family not in there and not all(one.is_loopback for one in named):
            yield Problem(path, f"nodePortAddresses has no {family} range, so node ports are taken "
                          f"on every {family} address of the node", f"add the nodes' {family} "
                          "range", rule="kube-proxy-node-ports-family", severity=Severity.WARNING)
    for index, family in enumerate(there):
        if family not in families and not named[index].is_loopback:
            yield Problem((*path, index), f"{given[index]} is {family}, which no service of the "
                          "cluster has", "remove it, or give serviceCIDR a range of this family",
                          rule="kube-proxy-node-ports-family", severity=Severity.WARNING)


def excluded(profile: Profile) -> Iterator[Problem]:
    """kube-proxy leaves what it made itself, too, once it lies in an excluded range."""
    if profile.kube_proxy.config.mode is not Mode.IPVS:
        return
    for index, text in enumerate(profile.kube_proxy.config.ipvs.exclude_cidrs):
        kept = ipaddress.ip_network(text)
        for services in profile.cluster.services:
            if kept.version == services.version and kept.overlaps(services):
                yield Problem((*CONFIG, "ipvs", "excludeCIDRs", index), f"{text} overlaps the "
                              f"service range {services}: kube-proxy never removes the virtual "
                              "server of a service there, even when the service is gone",
                              "name only addresses that somebody else's virtual servers have",
                              rule="ipvs-exclude-services", severity=Severity.WARNING)
