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
OLD_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq")
# kubernetes.io, Version Skew Policy: how many minors kubelet and kube-proxy may lie apart; from
# where on the older of them is allowed the third (KEP-3935)
SKEW, OLD_SKEW = 3, 2
SKEW_FROM = Version(1, 25)


def allowed_skew(older: Version) -> int:
    """How many minor versions newer than this a program of the same node may be."""
    return SKEW if older >= SKEW_FROM else OLD_SKEW
