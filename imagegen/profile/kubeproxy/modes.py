"""The parts of KubeProxyConfiguration that belong to a mode, and conntrack's."""

from __future__ import annotations

from typing import Annotated

from pydantic import BeforeValidator, Field

from imagegen.knowledge.modules import Scheduler
from imagegen.profile.addresses import Cidr
from imagegen.profile.fields import Duration, Int32, Section

Bit = Annotated[int, Field(ge=0, le=31)]


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
    """KubeProxyIPTablesConfiguration: in IPVS mode, too, masquerading is configured here."""

    masquerade_all: bool = False
    masquerade_bit: Bit | None = None
    localhost_node_ports: bool | None = None
    sync_period: Duration | None = None
    min_sync_period: Duration | None = None


class Nftables(Section):
    """KubeProxyNFTablesConfiguration: in nftables mode masquerading is configured here."""

    masquerade_all: bool | None = None
    masquerade_bit: Bit | None = None
    sync_period: Duration | None = None
    min_sync_period: Duration | None = None


class Conntrack(Section):
    """KubeProxyConntrackConfiguration."""

    max_per_core: Int32 | None = None
    min: Int32 | None = None
    tcp_established_timeout: Duration | None = None
    tcp_close_wait_timeout: Duration | None = None
    tcp_be_liberal: bool | None = None
    udp_timeout: Duration | None = None
    udp_stream_timeout: Duration | None = None
