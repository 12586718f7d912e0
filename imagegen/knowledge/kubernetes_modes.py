"""Which kube-proxy has which mode: the sunset of IPVS (KEP-5495) and the rise of nftables."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from imagegen.knowledge.distributions import Package
from imagegen.knowledge.kubernetes import Version

SUNSET_SOURCE = "KEP-5495; kubernetes 1.37.2 cmd/kube-proxy/app/server_linux.go"


class Life(StrEnum):
    """How far IPVS mode is in its life."""

    HEALTHY = "healthy"
    DEPRECATED = "deprecated"
    GATED = "gated"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Stage:
    """From a version on: the state of IPVS mode, what happens, and what to do."""

    since: Version
    life: Life
    what: str
    do: str


_MOVE = "`mode: nftables` renders the successor's node, and `imagegen diff` shows what changes"

# newest first
SUNSET = (
    Stage(Version(1, 43), Life.GONE, "IPVS mode was removed from kube-proxy in 1.43 (KEP-5495)",
          f"stay below 1.43, or move: {_MOVE}"),
    Stage(Version(1, 40), Life.GATED,
          "IPVS mode is off by default from Kubernetes 1.40 on and gone in 1.43 (KEP-5495); "
          "imagegen adds `featureGates: {KubeProxyIPVS: true}` so that kube-proxy starts",
          f"plan the move before 1.43: {_MOVE}"),
    Stage(Version(1, 37), Life.DEPRECATED,
          "IPVS mode is deprecated: from Kubernetes 1.40 on it needs the gate KubeProxyIPVS, and "
          "1.43 has it no more (KEP-5495)",
          f"nothing has to change now; plan the move: {_MOVE}"),
    Stage(Version(1, 35), Life.DEPRECATED,
          "IPVS mode is deprecated from Kubernetes 1.35 on: kube-proxy logs it and makes the event "
          "IPVSDeprecation (KEP-5495)",
          f"nothing has to change now; plan the move: {_MOVE}"),
    Stage(Version(1, 0), Life.HEALTHY, "IPVS mode is supported", ""),
)

# kubernetes pkg/features/kube_features.go, NFTablesProxyMode
NFTABLES_FROM = Version(1, 29)
NFTABLES_WITHOUT_GATE_FROM = Version(1, 31)
# kube-proxy takes an older kernel for one whose own nft would break at its rules (supported.go)
NFTABLES_KERNEL = (5, 13)
# without nodePortAddresses, nftables mode serves node ports on the node's primary addresses only
# (kubernetes PR 122724, CHANGELOG-1.30; 1.29.6 has it not)
NFTABLES_PRIMARY_FROM = Version(1, 30)
NFTABLES_STABLE_FROM = Version(1, 33)


@dataclass(frozen=True, slots=True)
class ModeDefault:
    """A field of KubeProxyConfiguration whose default is another one in each mode."""

    field: str
    by_mode: Mapping[str, str]
    why: str
    source: str


MODE_DEFAULTS = (
    ModeDefault("nodePortAddresses",
                {"ipvs": "every address of the node", "nftables": "the node's primary addresses"},
                "a node port answers on these addresses where the profile names none",
                "kubernetes pkg/proxy/nftables, the backend's defaults; pkg/proxy/ipvs/proxier.go"),
)

# The tools that only IPVS mode calls; a release's package of one is left out in another mode.
IPVS_TOOLS = ("/usr/sbin/ipvsadm", "/usr/sbin/ipset", "/usr/sbin/iptables")
# knftables wants 1.0.1: an older one reads everybody's rules at each start, and may break at them
NFT = Package("nftables", "/usr/sbin/nft", "1.0.1",
              "kube-proxy writes its rules with nft and exits without it",
              "kubernetes pkg/proxy/nftables/supported.go")
# Units and files of a node that only IPVS mode needs, by the ids of their facts.
IPVS_ONLY = ("unit.ipvsadm.service", "file.networkmanager", "file.networkd.network")


def ipvs_stage(version: Version) -> Stage:
    """The state of IPVS mode in a version."""
    return next(stage for stage in SUNSET if version >= stage.since)
