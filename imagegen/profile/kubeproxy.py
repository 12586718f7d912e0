"""The kube-proxy section: which one, from where, and its KubeProxyConfiguration."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import BeforeValidator, Field, model_validator

from imagegen.knowledge.kubernetes import Form, Mode
from imagegen.knowledge.modules import Scheduler
from imagegen.profile.fields import (
    Address,
    Cidr,
    ClusterCidr,
    Count,
    Duration,
    Endpoint,
    KubeVersion,
    LineText,
    NodePath,
    Section,
    Sha256,
    Url,
    pinned,
)


class BinaryFrom(StrEnum):
    """Where the kube-proxy program comes from."""

    BUILD = "build"
    PATH = "path"
    URL = "url"


class Binary(Section):
    """The program itself, pinned."""

    source: BinaryFrom = Field(BinaryFrom.BUILD, alias="from", strict=False)
    path: LineText | None = None
    url: Url | None = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        pinned(self.source, self.path, self.url, self.sha256)
        return self


def _default_scheduler(value: object) -> object:
    return Scheduler.RR.value if value in ("", None) else value


class Ipvs(Section):
    """KubeProxyIPVSConfiguration (kubeproxy.config.k8s.io/v1alpha1)."""

    scheduler: Annotated[Scheduler, BeforeValidator(_default_scheduler)] = Field(
        Scheduler.RR, strict=False)
    exclude_cidrs: tuple[Cidr, ...] = Field((), alias="excludeCIDRs", strict=False)
    strict_arp: bool = Field(False, alias="strictARP")
    sync_period: Duration | None = None
    min_sync_period: Duration | None = None
    tcp_timeout: Duration | None = None
    tcp_fin_timeout: Duration | None = None
    udp_timeout: Duration | None = None


class Iptables(Section):
    """KubeProxyIPTablesConfiguration: in IPVS mode, too, masquerading is configured here.

    Its sync periods are left out: in IPVS mode kube-proxy drops them and reads `ipvs`' own.
    """

    masquerade_all: bool = False
    masquerade_bit: Annotated[int, Field(ge=0, le=31)] | None = None


class Conntrack(Section):
    """KubeProxyConntrackConfiguration."""

    max_per_core: Count | None = None
    min: Count | None = None
    tcp_established_timeout: Duration | None = None
    tcp_close_wait_timeout: Duration | None = None


class DetectLocalMode(StrEnum):
    """How kube-proxy tells traffic of local pods from other traffic."""

    CLUSTER_CIDR = "ClusterCIDR"
    NODE_CIDR = "NodeCIDR"


class Config(Section):
    """KubeProxyConfiguration, under its own names; what is unset stays kube-proxy's default."""

    mode: Mode = Field(Mode.IPVS, strict=False)
    cluster_cidr: ClusterCidr | None = Field(None, alias="clusterCIDR")
    bind_address: Address | None = None
    metrics_bind_address: Endpoint = "127.0.0.1:10249"
    healthz_bind_address: Endpoint = "0.0.0.0:10256"
    node_port_addresses: tuple[Cidr, ...] = Field((), strict=False)
    detect_local_mode: DetectLocalMode | None = Field(None, strict=False)
    ipvs: Ipvs = Ipvs()
    iptables: Iptables = Iptables()
    conntrack: Conntrack = Conntrack()


class KubeProxy(Section):
    """kube-proxy on the node."""

    version: KubeVersion
    form: Form | None = Field(None, strict=False)
    binary: Binary = Binary()
    path: NodePath = "/usr/local/bin/kube-proxy"
    working_directory: NodePath | None = None
    kubeconfig: NodePath = "/etc/kubernetes/kube-proxy.kubeconfig"
    config_file: NodePath = "/etc/kubernetes/kube-proxy.yaml"
    verbosity: Annotated[int, Field(ge=0, le=10)] = 2
    config: Config = Config()
