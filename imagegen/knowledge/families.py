"""The two address families: what Kubernetes, kube-proxy and the kernel have of each."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from imagegen.knowledge.kubernetes import Version

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address
Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Family(StrEnum):
    """An address family, by Kubernetes' name for it (core/v1, IPFamily)."""

    IPV4 = "IPv4"
    IPV6 = "IPv6"

    @classmethod
    def of(cls, one: IpAddress | Network) -> Family:
        """The family of an address or range."""
        return cls.IPV4 if one.version == 4 else cls.IPV6


def endpoint(address: IpAddress, port: int) -> str:
    """`192.0.2.1:443` or `[2001:db8::1]:443`."""
    return f"[{address}]:{port}" if address.version == 6 else f"{address}:{port}"


# kube-apiserver, ServiceIPRange (pkg/controlplane/apiserver/options/options.go; 1.20: pkg/master)
SMALLEST_SERVICE_RANGE = 8
@dataclass(frozen=True, slots=True)
class ServiceBits:
    """From a version on: how many bits a service range may leave beyond its prefix, and what the
    API server does at more."""

    since: Version
    most: Mapping[Family, int]
    otherwise: str


# Newest first. Up to 1.33 the API server keeps a bitmap of the range in etcd and refuses a large
# one (cmd/kube-apiserver/app/options/validation.go). From 1.34 on DisableAllocatorDualWrite is on,
# and only NewIPAllocator asks, of IPv6 alone (pkg/registry/core/service/ipallocator).
_SERVICE_BITS = (
    ServiceBits(Version(1, 34), {Family.IPV4: 32, Family.IPV6: 64},
                "could give no service an address"),
    ServiceBits(Version(1, 0), {Family.IPV4: 20, Family.IPV6: 20}, "would not start"),
)
# how many minor versions an API server may be ahead of its kube-proxy (version skew policy)
SKEW = 3


def service_bits(version: Version) -> ServiceBits:
    """What an API server of a version takes."""
    return next(one for one in _SERVICE_BITS if version >= one.since)


# Beside IPv4's, what a node of a cluster with IPv6 needs. kube-proxy sets none of them: proxier.go
# names sysctls of IPv4 only, and does without IPv6 where /proc/net/if_inet6 is missing.
IPV6_SYSCTLS = {
    "net.ipv6.conf.all.forwarding": (
        "1", "without it the node drops the IPv6 packets that it should pass on to a real server; "
        "kube-proxy sets it for IPv4 alone, and kubeadm's preflight asks for it",
        "kernel Documentation/networking/ip-sysctl; kubernetes cmd/kubeadm/app/preflight"),
    "net.ipv6.conf.all.disable_ipv6": (
        "0", "a device with IPv6 turned off takes no IPv6 address, so nothing reaches the node",
        "kernel Documentation/networking/ip-sysctl"),
    "net.ipv6.conf.default.disable_ipv6": (
        "0", "kube-ipvs0 is made with it: at 1 kube-proxy cannot put an IPv6 address there "
        "(permission denied)", "kernel net/ipv6/addrconf.c, inet6_addr_add"),
}
IPV6_MODULE = ("ipv6", "kube-proxy leaves IPv6 out where the kernel has none of it",
               "kubernetes cmd/kube-proxy/app/server_linux.go, platformCheckSupported")
# the kernel's command line turns IPv6 off by these (Documentation/networking/ipv6)
IPV6_OFF = ("ipv6.disable=1", "ipv6.disable_ipv6=1")
IP6TABLES = "/usr/sbin/ip6tables"
# Go listens on both families here, and on IPv4 alone at 0.0.0.0 (net, Listen); kube-proxy's own
# default goes by bindAddress (v1alpha1/defaults.go, getDefaultAddresses)
HEALTHZ_OF_BOTH = "[::]:10256"
# kubeproxy_sync_proxy_rules_last_timestamp_seconds has the label ip_family (pkg/proxy/metrics)
SYNC_BY_FAMILY_FROM = Version(1, 33)
# what a cluster's pods and services usually have, where nothing is said (the first: the
# documentation of kubeadm and kind), and ranges for a cluster where that one is taken
USUAL_PODS = {Family.IPV4: ("10.244.0.0/16", "172.30.0.0/16", "192.168.0.0/16", "100.64.0.0/16"),
              Family.IPV6: ("fd00:10:244::/56", "fd00:172:30::/56")}
USUAL_SERVICES = {Family.IPV4: ("10.96.0.0/12", "10.254.0.0/16", "172.20.0.0/16", "100.80.0.0/16"),
                  Family.IPV6: ("fd00:10:96::/112", "fd00:172:20::/112")}
