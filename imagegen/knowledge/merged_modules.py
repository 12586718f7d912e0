"""Modules that kernels of today no longer have, or know by another name, and which one it is."""

from __future__ import annotations

# old name -> module of today, and where that is said
MERGED = {
    "nf_conntrack_ipv4": ("nf_conntrack", "kernel commit a0ae2562c6c4, 4.19"),
    "nf_conntrack_ipv6": ("nf_conntrack", "kernel commit a0ae2562c6c4, 4.19"),
    "ip_conntrack": ("nf_conntrack", "kernel net/netfilter/nf_conntrack_core.c"),
    "nf_conntrack_l3proto_ipv4": ("nf_conntrack", "kernel commit a0ae2562c6c4, 4.19"),
    "nf_conntrack_proto_sctp": ("nf_conntrack", "kernel commit a85406afeb3e, 4.11"),
    "nf_conntrack_proto_gre": ("nf_conntrack", "kernel commit 22fc4c4c9fd6, 5.1"),
    "nf_nat_ipv4": ("nf_nat", "kernel commit 3bf195ae6037, 5.1"),
    "nf_nat_ipv6": ("nf_nat", "kernel commit 3bf195ae6037, 5.1"),
    "nf_nat_masquerade_ipv4": ("nf_nat", "kernel commit d1aca8ab3104, 5.1"),
    "ipt_set": ("xt_set", "kernel net/netfilter/xt_set.c, MODULE_ALIAS"),
    "ip6t_set": ("xt_set", "kernel net/netfilter/xt_set.c, MODULE_ALIAS"),
    "ipt_MASQUERADE": ("xt_MASQUERADE", "kernel commit adf82accc5f5, 5.2, MODULE_ALIAS"),
    "overlayfs": ("overlay", "kernel commit ef94b1864d1e, 3.18"),
}
# by an alias modprobe still finds these under the old name, though /proc/modules never lists it
ALIASES = frozenset({"ip_conntrack", "ipt_set", "ip6t_set", "ipt_MASQUERADE"})
# old name -> the first series without it; for the others, no release of imagegen's has it
GONE_FROM = {"nf_nat_ipv4": (5, 1), "nf_nat_ipv6": (5, 1), "nf_conntrack_proto_gre": (5, 1),
             "nf_nat_masquerade_ipv4": (5, 1), "ipt_MASQUERADE": (5, 2)}
# module -> the first series that has it
COMES_WITH = {"ip_vs_mh": (4, 18), "ip_vs_twos": (6, 12), "tcp_bbr": (4, 9), "nft_fib": (4, 10)}
