"""Modules that kernels of today no longer have, or know by another name, and which one it is."""

from __future__ import annotations

# old name -> module of today, and where that is said
MERGED = {
    "nf_conntrack_ipv4": ("nf_conntrack", "kernel commit a0ae2562c6c4, 4.19"),
    "nf_conntrack_ipv6": ("nf_conntrack", "kernel commit a0ae2562c6c4, 4.19"),
    "ip_conntrack": ("nf_conntrack", "kernel net/netfilter/nf_conntrack_core.c"),
    "nf_nat_ipv4": ("nf_nat", "kernel commit 3bf195ae6037, 5.1"),
    "nf_nat_ipv6": ("nf_nat", "kernel commit 3bf195ae6037, 5.1"),
    "ipt_set": ("xt_set", "kernel net/netfilter/xt_set.c, MODULE_ALIAS"),
    "ip6t_set": ("xt_set", "kernel net/netfilter/xt_set.c, MODULE_ALIAS"),
}
