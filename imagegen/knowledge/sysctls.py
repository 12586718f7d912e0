"""Sysctls by their paths below /proc/sys: which kernels have them, and who else writes them."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

# `net.ipv4.ip_forward` and this are one variable of the kernel's (net/ipv4/devinet.c), and what a
# device that comes later starts with
FORWARDING = ("net/ipv4/conf/all/forwarding", "net/ipv4/conf/default/forwarding")
MODULES_DISABLED = "kernel/modules_disabled"
LOCAL_PORTS = "net/ipv4/ip_local_port_range"
# the kernel's own, of every release here (net/ipv4/af_inet.c, inet_init_net)
USUAL_LOCAL_PORTS = (32768, 60999)
RESERVED_PORTS = "net/ipv4/ip_local_reserved_ports"
# the only ones whose values are lists with commas (Documentation/admin-guide/sysctl)
WITH_COMMAS = frozenset({RESERVED_PORTS, "kernel/watchdog_cpumask", "net/ipv4/vs/est_cpulist",
                         "net/core/flow_limit_cpu_bitmap"})


@dataclass(frozen=True, slots=True)
class Gone:
    """A key that kernels lack from `since` on; (0, 0) for one that no kernel of today's has."""

    since: tuple[int, int]
    instead: str
    source: str


_COMPAT = "kernel commit adf0516845bc (4.9)"
_DEBUGFS = "kernel commit 8a99b6833c88 (5.13)"
_NEVER = (0, 0)
GONE = {
    "net/ipv4/tcp_tw_recycle": Gone((4, 12), "remove it; it broke clients behind one address",
                                    "kernel commit 4396e46187ca (4.12)"),
    "net/ipv4/ip_conntrack_max": Gone((4, 9), "kubeProxy.config.conntrack sizes the table",
                                      _COMPAT),
    "net/ipv4/netfilter/ip_conntrack_max": Gone(
        (4, 9), "kubeProxy.config.conntrack sizes the table", _COMPAT),
    "net/ipv4/netfilter/ip_conntrack_tcp_timeout_established": Gone(
        (4, 9), "kubeProxy.config.conntrack.tcpEstablishedTimeout sets it", _COMPAT),
    "net/netfilter/nf_conntrack_hashsize": Gone(
        _NEVER, "write net.netfilter.nf_conntrack_buckets",
        "kernel Documentation/networking/nf_conntrack-sysctl.rst"),
    "fs/may_detach_mounts": Gone(_NEVER, "remove it; only RHEL 7's kernel had it",
                                 "Red Hat Enterprise Linux 7.4 release notes"),
    "kernel/exec-shield": Gone(_NEVER, "remove it; only old kernels of Red Hat's had it",
                               "Red Hat Enterprise Linux 7 migration guide"),
    "kernel/softlockup_thresh": Gone(_NEVER, "write kernel.watchdog_thresh",
                                     "kernel Documentation/admin-guide/sysctl/kernel.rst"),
    "net/ipv4/tcp_abc": Gone((3, 10), "remove it", "kernel commit ca2eb5679f8d (3.9)"),
    "net/ipv4/tcp_frto_response": Gone((3, 10), "remove it", "kernel commit 9b44190dc114 (3.10)"),
    "net/ipv4/rt_cache_rebuild_count": Gone((3, 6), "remove it",
                                            "kernel commit 89aef8921bfb (3.6)"),
    **{f"kernel/sched_{name}": Gone((5, 13), "remove it; it lies in /sys/kernel/debug/sched now",
                                    _DEBUGFS)
       for name in ("latency_ns", "min_granularity_ns", "wakeup_granularity_ns",
                    "migration_cost_ns", "nr_migrate", "tunable_scaling")},
}

# what the kubelet writes at its start, unless protectKernelDefaults makes it stop at another value
# (pkg/kubelet/cm/container_manager_linux.go, setupKernelTunables)
KUBELETS = {"vm/overcommit_memory": "1", "vm/panic_on_oom": "0", "kernel/panic": "10",
            "kernel/panic_on_oops": "1", "kernel/keys/root_maxkeys": "1000000",
            "kernel/keys/root_maxbytes": "25000000"}

CONN_REUSE = "net.ipv4.vs.conn_reuse_mode"
# path -> the first kernel that has it, of those that a supported release's kernel may lack
# (net/netfilter/ipvs/ip_vs_ctl.c: commits 2232642ec3fb and 144361c1949f)
SINCE_KERNEL = {"net/ipv4/vs/run_estimation": (5, 17), "net/ipv4/vs/est_cpulist": (6, 2),
                "net/ipv4/vs/est_nice": (6, 2)}

# folder -> the module that brings it; until then systemd-sysctl passes its keys over
BROUGHT_BY = {"sunrpc": "sunrpc", "net/sctp": "sctp", "net/mpls": "mpls_router", "fs/nfs": "lockd",
              "net/ipv4/vs": "ip_vs"}

_PER_DEVICE = re.compile(r"(net/ipv[46]/(?:conf|neigh))/([^/]+)/([^/]+)\Z")
_TOO_DEEP = re.compile(r"(net/ipv[46]/(?:conf|neigh))/(.+)/([^/]+)\Z")


def proc_path(key: str) -> str:
    """A key's path below /proc/sys: its first separator says whether dots or slashes part it.

    `net.ipv4.conf.eth0/100.rp_filter` and `net/ipv4/conf/eth0.100/rp_filter` are one (sysctl.d(5)).
    """
    dot, slash = key.find("."), key.find("/")
    if dot >= 0 and (slash < 0 or dot < slash):
        return key.translate({ord("."): "/", ord("/"): "."})
    return key


def dotted(key: str) -> str:
    """A key in its usual form, whatever its spelling."""
    return proc_path(key).translate({ord("."): "/", ord("/"): "."})


def device_with_dots(path: str) -> str:
    """The key that was meant where an interface's dots were taken for folders; empty for none."""
    found = _TOO_DEEP.match(path)
    if not found or "/" not in found[2]:
        return ""
    return dotted(f"{found[1]}/{found[2].replace('/', '.')}/{found[3]}")


def module_of(path: str) -> str:
    """The module that brings a key; empty where the kernel itself or imagegen's modules do."""
    return next((module for folder, module in BROUGHT_BY.items()
                 if path.startswith(f"{folder}/")), "")


@cache
def _known() -> frozenset[str]:
    """Every key of a 6.18 kernel, `*` for a device: `sysctl -aN` and the kernel's documentation."""
    rows = (line.split() for line in
            (Path(__file__).parent / "sysctl-keys.txt").read_text().splitlines())
    return frozenset(f"{folder}.{name}" for folder, *names in rows for name in names)


def meant(path: str) -> str:
    """The key that a misspelt one was meant to be; empty where it is known, or nothing is near."""
    found = _PER_DEVICE.match(path)
    plain = dotted(f"{found[1]}/*/{found[3]}" if found else path)
    if plain in _known():
        return ""
    near = difflib.get_close_matches(plain, _known(), 1, cutoff=0.93)
    return near[0].replace(".*.", f".{found[2]}.") if near and found else (near or [""])[0]
