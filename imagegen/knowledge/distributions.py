"""What differs between distributions, each line with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Distribution(StrEnum):
    """The families whose images imagegen makes."""

    DEBIAN = "debian"


@dataclass(frozen=True, slots=True)
class Package:
    """A package, the tool it must bring, and the oldest version that kube-proxy lives with."""

    name: str
    tool: str
    minimum: str | None
    reason: str
    source: str


@dataclass(frozen=True, slots=True)
class Release:
    """One release of a distribution."""

    distribution: Distribution
    release: str
    suite: str
    python: str
    # nf_conntrack_ipv4 up to 4.18; the release says, since RHEL 8's 4.18 has it merged already
    conntrack: str
    # whether an init script of the family runs /etc/sysconfig/modules/*.modules at boot
    reads_ipvs_modules: bool
    packages: tuple[Package, ...]
    # units of the release that fight with kube-proxy or only slow a node's boot, and why
    masked: tuple[tuple[str, str], ...]


_TOOLS = (
    Package("ipvsadm", "/usr/sbin/ipvsadm", None,
            "an operator reads the table with it; the recipe installs it",
            "the recipe, 2.2"),
    Package("ipset", "/usr/sbin/ipset", "6.0",
            "kube-proxy keeps its address sets with it and exits without it",
            "kubernetes pkg/proxy/ipvs/proxier.go, MinIPSetCheckVersion"),
    Package("iptables", "/usr/sbin/iptables", "1.4.11",
            "kube-proxy masquerades with it, also in IPVS mode",
            "kubernetes pkg/proxy/ipvs/proxier.go"),
    Package("conntrack", "/usr/sbin/conntrack", None,
            "kube-proxy removes stale UDP flows with it",
            "kubernetes pkg/proxy/conntrack"),
)

_MASKED = (
    ("ipvsadm.service", "Debian's unit of the ipvsadm package restores or flushes the IPVS table "
     "behind kube-proxy's back"),
    ("e2scrub_reap.service", "it costs seconds at every boot and serves LVM snapshots only"),
    ("grub-common.service", "it records a successful boot for a menu that an image does not show"),
    ("apt-daily.timer", "an immutable image is replaced, not upgraded in place"),
    ("apt-daily-upgrade.timer", "an immutable image is replaced, not upgraded in place"),
)

RELEASES = {
    (Distribution.DEBIAN, "12"): Release(
        Distribution.DEBIAN, "12", "bookworm", python="3.11", conntrack="nf_conntrack",
        reads_ipvs_modules=False, packages=_TOOLS, masked=_MASKED,
    ),
}


def release_of(distribution: str, release: str) -> Release | None:
    """The table's entry, or None where imagegen does not know the release."""
    return RELEASES.get((Distribution(distribution), release))
