"""KubeProxyConfiguration under its own names; what is unset stays kube-proxy's default."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from imagegen.knowledge.kubernetes import Mode
from imagegen.profile.addresses import (
    Address,
    ClusterCidr,
    Endpoint,
    NodePortAddress,
    PortRange,
)
from imagegen.profile.fields import (
    Duration,
    FilePattern,
    GateName,
    Int32,
    InterfaceName,
    MediaType,
    MediaTypes,
    MinorVersion,
    Quantity,
    Section,
)
from imagegen.profile.kubeproxy.modes import Conntrack, Iptables, Ipvs, Nftables


class ClientConnection(Section):
    """ClientConnectionConfiguration, but its kubeconfig, which is `kubeProxy.kubeconfig`."""

    accept_content_types: MediaTypes | None = None
    content_type: MediaType | None = None
    qps: Annotated[float, Field(ge=-1, le=100_000, allow_inf_nan=False)] | None = None
    burst: Int32 | None = None


class LogFormat(StrEnum):
    """How a line of the log is written."""

    TEXT = "text"
    JSON = "json"


class OutputRouting(Section):
    """OutputRoutingOptions of a log format (alpha: the gate LoggingAlphaOptions)."""

    split_stream: bool | None = None
    info_buffer_size: Quantity | None = None


class LogOptions(Section):
    """FormatOptions: one part a format."""

    text: OutputRouting = OutputRouting()
    json_: OutputRouting = Field(OutputRouting(), alias="json")


class VModule(Section):
    """A verbosity of its own for the source files that match."""

    file_pattern: FilePattern
    verbosity: Int32


class Logging(Section):
    """LoggingConfiguration (k8s.io/component-base logs/api/v1)."""

    format: LogFormat | None = Field(None, strict=False)
    flush_frequency: Duration | None = None
    verbosity: Annotated[int, Field(ge=0, le=10)] | None = None
    vmodule: tuple[VModule, ...] = Field((), strict=False)
    options: LogOptions = LogOptions()


class DetectLocalMode(StrEnum):
    """How kube-proxy tells traffic of local pods from other traffic."""

    CLUSTER_CIDR = "ClusterCIDR"
    NODE_CIDR = "NodeCIDR"
    BRIDGE_INTERFACE = "BridgeInterface"
    INTERFACE_NAME_PREFIX = "InterfaceNamePrefix"


class DetectLocal(Section):
    """DetectLocalConfiguration: what two of the modes look for."""

    bridge_interface: InterfaceName | None = None
    interface_name_prefix: InterfaceName | None = None


class Config(Section):
    """KubeProxyConfiguration (kubeproxy.config.k8s.io/v1alpha1), field for field."""

    mode: Mode = Field(Mode.IPVS, strict=False)
    feature_gates: dict[GateName, bool] = Field(default_factory=dict)
    client_connection: ClientConnection = ClientConnection()
    logging: Logging = Logging()
    cluster_cidr: ClusterCidr | None = Field(None, alias="clusterCIDR")
    bind_address: Address | None = None
    bind_address_hard_fail: bool | None = None
    metrics_bind_address: Endpoint = "127.0.0.1:10249"
    healthz_bind_address: Endpoint = "0.0.0.0:10256"
    enable_profiling: bool | None = None
    show_hidden_metrics_for_version: MinorVersion | None = None
    node_port_addresses: tuple[NodePortAddress, ...] = Field((), strict=False)
    detect_local_mode: DetectLocalMode | None = Field(None, strict=False)
    detect_local: DetectLocal = DetectLocal()
    ipvs: Ipvs = Ipvs()
    iptables: Iptables = Iptables()
    nftables: Nftables = Nftables()
    conntrack: Conntrack = Conntrack()
    oom_score_adj: Annotated[int, Field(ge=-1000, le=1000)] | None = None
    config_sync_period: Duration | None = None
    port_range: PortRange | None = None
    udp_idle_timeout: Duration | None = None
