"""What changed in kube-proxy from version to version, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How kube-proxy is told what to do."""

    CONFIG = "config"
    FLAGS = "flags"


class RunBy(StrEnum):
    """Who runs kube-proxy on a node: the image's own unit, kubeadm's DaemonSet, or anybody else."""

    SYSTEMD = "systemd"
    KUBEADM = "kubeadm"
    NONE = "none"


class Mode(StrEnum):
    """kube-proxy's modes that imagegen bakes for."""

    IPVS = "ipvs"
    NFTABLES = "nftables"


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A Kubernetes version, for comparing."""

    major: int
    minor: int
    patch: int = 0

    @classmethod
    def parse(cls, text: str) -> Version:
        """`1.34.4` as numbers. Raises ValueError on anything else."""
        major, minor, patch = text.split(".")
        return cls(int(major), int(minor), int(patch))

    @property
    def minor_text(self) -> str:
        """`1.34`, as a release is called."""
        return f"{self.major}.{self.minor}"


# klog's flags were removed in 1.26, so the recipe's unit stops kube-proxy from then on (KEP-2845)
FLAGS_FORM_BEFORE = Version(1, 26)
# virtual servers on 127.0.0.0/8 for node ports are no longer made (kubernetes PR 92938)
NO_LOOPBACK_FROM = Version(1, 22)
OLDEST = Version(1, 20)
# up to 1.26 kube-proxy validates the scheduler's name against this list and exits (PR 114878)
ANY_SCHEDULER_FROM = Version(1, 27)
# the size of the connection tracking table that is worked out from the cores is cut to this, even
# where conntrack.min asks for more (PR 137002; getConntrackMax of v1.35.4 and v1.36.0)
CONNTRACK_CAP, CONNTRACK_CAP_FROM = 1048576, Version(1, 36)
# a table that is larger already is left alone by 1.23 to 1.28 (PR 103174, until PR 120448) and from
# 1.37.2 on (PR 142035); every other version sets just its own number (setIntSysCtl, SetMax)
_KEEPS_LARGER = ((Version(1, 23), Version(1, 29)), (Version(1, 37, 2), None))
OLD_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq")
# kubernetes.io, Version Skew Policy: how many minors kubelet and kube-proxy may lie apart; from
# where on the older of them is allowed the third (KEP-3935)
SKEW, OLD_SKEW = 3, 2
SKEW_FROM = Version(1, 25)


def allowed_skew(older: Version) -> int:
    """How many minor versions newer than this a program of the same node may be."""
    return SKEW if older >= SKEW_FROM else OLD_SKEW


def conntrack_cap(version: Version) -> int | None:
    """The most entries that this kube-proxy makes of cores and maxPerCore; None: no limit."""
    return CONNTRACK_CAP if version >= CONNTRACK_CAP_FROM else None


def keeps_larger_conntrack(version: Version) -> bool:
    """Whether a connection tracking table that is larger than asked for stays as it is."""
    return any(since <= version and (until is None or version < until)
               for since, until in _KEEPS_LARGER)
