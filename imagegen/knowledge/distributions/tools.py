"""The tools that IPVS mode needs, under each family's names for their packages."""

from __future__ import annotations

from imagegen.knowledge.distributions.model import Package

_IPVSADM = ("/usr/sbin/ipvsadm", None,
            "an operator reads the table with it; the recipe installs it", "the recipe, 2.2")
_IPSET = ("/usr/sbin/ipset", "6.0",
          "kube-proxy keeps its address sets with it and exits without it",
          "kubernetes pkg/proxy/ipvs/proxier.go, MinIPSetCheckVersion")
_IPTABLES = ("/usr/sbin/iptables", "1.4.11",
             "kube-proxy masquerades with it, also in IPVS mode",
             "kubernetes pkg/proxy/ipvs/proxier.go")
_CONNTRACK = ("/usr/sbin/conntrack", None,
              "kube-proxy removes stale UDP flows with it", "kubernetes pkg/proxy/conntrack")


def tools(*, iptables: str = "iptables", conntrack: str = "conntrack") -> tuple[Package, ...]:
    """ipvsadm, ipset, iptables and conntrack, by the names that the family's manager knows."""
    return (
        Package("ipvsadm", *_IPVSADM),
        Package("ipset", *_IPSET),
        Package(iptables, *_IPTABLES),
        Package(conntrack, *_CONNTRACK),
    )
