"""Kernel modules and schedulers of IPVS, and why a node needs them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scheduler(StrEnum):
    """The kernel's schedulers (net/netfilter/ipvs); knowledge/kubernetes says who takes which."""

    RR = "rr"
    WRR = "wrr"
    LC = "lc"
    WLC = "wlc"
    LBLC = "lblc"
    LBLCR = "lblcr"
    DH = "dh"
    SH = "sh"
    SED = "sed"
    NQ = "nq"
    MH = "mh"
    FO = "fo"
    OVF = "ovf"
    TWOS = "twos"

    @property
    def module(self) -> str:
        """The kernel module that brings it."""
        return f"ip_vs_{self.value}"


# The kernel that a scheduler came with, for those that are younger than any release's kernel could
# be: ip_vs_mh https://github.com/coreos/bugs/issues/2542, ip_vs_twos kernel commit 012da53d1afb
# (net-next of February 2021). fo and ovf are in 4.15's configuration already.
SCHEDULER_SINCE = {Scheduler.MH: (4, 18), Scheduler.TWOS: (5, 12)}


@dataclass(frozen=True, slots=True)
class Module:
    """A module and the sentence that says what fails without it."""

    name: str
    reason: str
    source: str


_PROXIER = "kubernetes pkg/proxy/ipvs/proxier.go"
_IPSETS = "kubernetes pkg/proxy/ipvs/ipset.go"

# The recipe's own, in its order; nf_conntrack_ipv4 was merged into nf_conntrack in 4.19.
RECIPE = (
    Module("ip_vs", "without it there is no IPVS and kube-proxy exits or falls back", _PROXIER),
    Module("ip_vs_rr", "round robin, kube-proxy's default scheduler", _PROXIER),
    Module("ip_vs_wrr", "kube-proxy up to 1.26 refuses IPVS mode where it is missing", _PROXIER),
    Module("ip_vs_sh", "kube-proxy up to 1.26 refuses IPVS mode where it is missing", _PROXIER),
)

# kernel commit a0ae2562c6c4 (4.19) folds the IPv4 half into nf_conntrack; older kernels have it
# ported back, so each release's entry names its module
CONNTRACK = "nf_conntrack"
CONNTRACK_OLD = "nf_conntrack_ipv4"
# the same commit folds the IPv6 half
CONNTRACK_GONE = frozenset({CONNTRACK_OLD, "nf_conntrack_ipv6"})
CONNTRACK_REASON = "connection tracking: masquerading and nf_conntrack_max hang on it"
CONNTRACK_SOURCE = "kernel commit a0ae2562c6c4; kubernetes cmd/kube-proxy/app/conntrack.go"

# What the recipe leaves to luck: each is loaded on demand on most nodes, and missing on some.
SUPPORT = (
    Module("br_netfilter", "net.bridge.* does not exist before it is loaded, so the recipe's "
           "sysctls would be ignored without a word", "kernel net/bridge/br_netfilter_hooks.c"),
    Module("overlay", "the container runtime's file system", "kernel fs/overlayfs"),
    Module("dummy", "kube-ipvs0 is a dummy device", "kubernetes pkg/proxy/ipvs/netlink_linux.go"),
    Module("ip_set", "the sets that kube-proxy matches service addresses with", _IPSETS),
    Module("ip_set_hash_ip", "KUBE-LOAD-BALANCER-* and newer sets", _IPSETS),
    Module("ip_set_hash_ipport", "KUBE-CLUSTER-IP and its like", _IPSETS),
    Module("ip_set_hash_ipportip", "KUBE-LOOP-BACK", _IPSETS),
    Module("ip_set_hash_ipportnet", "KUBE-LOAD-BALANCER-SOURCE-CIDR", _IPSETS),
    Module("ip_set_bitmap_port", "KUBE-NODE-PORT-TCP and -UDP", _IPSETS),
    Module("xt_set", "iptables' match of an ipset", _IPSETS),
)

_NFTABLES = "kubernetes pkg/proxy/nftables/proxier.go, setupNFTables; kernel net/netfilter"

# What the rules of nftables mode are made of: each is loaded on demand on most nodes.
NFTABLES = (
    Module("nf_tables", "without it there is no nftables and kube-proxy exits", _NFTABLES),
    Module("nft_chain_nat", "the chains in which service addresses become endpoints'", _NFTABLES),
    Module("nft_nat", "the rules' dnat", _NFTABLES),
    Module("nft_masq", "the rules' masquerade", _NFTABLES),
    Module("nft_ct", "the rules look at a connection's state", _NFTABLES),
    Module("nft_numgen", "an endpoint is chosen by a random number", _NFTABLES),
    Module("nft_fib_ipv4", "node ports ask whether an address is the node's own", _NFTABLES),
    Module("nft_fib_ipv6", "the same for IPv6", _NFTABLES),
    Module("nft_reject_ipv4", "a service without endpoints refuses instead of dropping", _NFTABLES),
    Module("nft_reject_ipv6", "the same for IPv6", _NFTABLES),
)
# of SUPPORT, what has nothing to do with IPVS
PLAIN_SUPPORT = ("br_netfilter", "overlay")
