"""What changed in kube-proxy from version to version, each with its source."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Form(StrEnum):
    """How kube-proxy is told what to do."""

    CONFIG = "config"
    FLAGS = "flags"


class Mode(StrEnum):
    """kube-proxy's modes that imagegen bakes for."""

    IPVS = "ipvs"


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


# klog's flags were removed in 1.26, so the recipe's unit stops kube-proxy from then on (KEP-2845)
FLAGS_FORM_BEFORE = Version(1, 26)
# virtual servers on 127.0.0.0/8 for node ports are no longer made (kubernetes PR 92938)
NO_LOOPBACK_FROM = Version(1, 22)
# removed for good, after a warning from 1.35 on (KEP-5495)
IPVS_GONE_FROM = Version(1, 43)
OLDEST = Version(1, 20)
# up to 1.26 kube-proxy validates the scheduler's name against this list and exits (PR 114878)
ANY_SCHEDULER_FROM = Version(1, 27)
OLD_SCHEDULERS = ("rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed", "nq")

# How the flags form says what the configuration says (kubernetes cmd/kube-proxy/app/server.go)
FLAG_OF = {
    "mode": "proxy-mode",
    "clusterCIDR": "cluster-cidr",
    "bindAddress": "bind-address",
    "metricsBindAddress": "metrics-bind-address",
    "healthzBindAddress": "healthz-bind-address",
    "nodePortAddresses": "nodeport-addresses",
    "detectLocalMode": "detect-local-mode",
    "ipvs.scheduler": "ipvs-scheduler",
    "ipvs.strictARP": "ipvs-strict-arp",
    "ipvs.excludeCIDRs": "ipvs-exclude-cidrs",
    "ipvs.syncPeriod": "ipvs-sync-period",
    "ipvs.minSyncPeriod": "ipvs-min-sync-period",
    "ipvs.tcpTimeout": "ipvs-tcp-timeout",
    "ipvs.tcpFinTimeout": "ipvs-tcpfin-timeout",
    "ipvs.udpTimeout": "ipvs-udp-timeout",
    "iptables.masqueradeAll": "masquerade-all",
    "iptables.masqueradeBit": "iptables-masquerade-bit",
    "conntrack.maxPerCore": "conntrack-max-per-core",
    "conntrack.min": "conntrack-min",
    "conntrack.tcpEstablishedTimeout": "conntrack-tcp-timeout-established",
    "conntrack.tcpCloseWaitTimeout": "conntrack-tcp-timeout-close-wait",
}
