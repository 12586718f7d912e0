"""A fact of a healthy node has two faces: how it is baked, and how it is proven."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

Json = str | int | float | bool | None | list["Json"] | dict[str, "Json"]


class Level(StrEnum):
    """Where a fact can be proven: in the build guest, on a booted node, in a cluster."""

    BAKE = "bake"
    KERNEL = "kernel"
    TABLE = "table"


ALWAYS = (Level.BAKE, Level.KERNEL, Level.TABLE)
BOOTED = (Level.KERNEL, Level.TABLE)
IN_CLUSTER = (Level.TABLE,)


class Rule(StrEnum):
    """The rules that the node's check knows, by the names that it knows them under."""

    SYSCTL = "sysctl"
    MODULE = "module"
    PACKAGE = "package"
    FILE = "file"
    BINARY = "binary"
    UNIT = "unit"
    ABSENT = "absent"
    ACCOUNT_ABSENT = "account_absent"
    PROBE = "probe"
    DEVICE = "device"
    PROXY_MODE = "proxy_mode"
    PROXY_SYNC = "proxy_sync"
    API_SERVICE = "api_service"
    IPSET = "ipset"
    IPSET_ENTRIES = "ipset_entries"
    SCHEDULER = "scheduler"
    FORWARDING = "forwarding"
    ENDPOINTS = "endpoints"
    FLAGS = "flags"
    FOREIGN = "foreign"
    NODE_PORT = "node_port"
    TIMEOUTS = "timeouts"
    CONNECTION_TABLE = "connection_table"
    CONNECTION_REUSE = "connection_reuse"
    CHAINS = "chains"
    FIREWALL = "firewall"
    STRAY_PROBE = "stray_probe"
    LOOPBACK = "loopback"
    ACCOUNT = "account"
    TRUST = "trust"
    APT_SOURCES = "apt_sources"
    DNF_REPOSITORIES = "dnf_repositories"
    KERNEL_ARGUMENT = "kernel_argument"
    SWAP = "swap"
    ROOT_OVERLAY = "root_overlay"
    RUNTIME = "runtime"
    API_VIRTUAL_SERVERS = "api_virtual_servers"
    API_REAL_SERVERS = "api_real_servers"
    API_AFFINITY = "api_affinity"
    API_STALE = "api_stale"
    TRAFFIC_PROBE = "traffic_probe"
    NFT_SERVICE = "nft_service"
    IPVS_ABSENT = "ipvs_absent"
    MODULES_LOAD = "modules_load"
    BOOT_ORDER = "boot_order"
    UNIT_OVERRIDE = "unit_override"
    PROXY_COMMAND = "proxy_command"
    RIVAL_UNITS = "rival_units"
    RIVAL_MANAGER = "rival_manager"
    RIVAL_PROXY = "rival_proxy"
    LEFTOVERS = "leftovers"
    CONNTRACK_SIZE = "conntrack_size"
    CONNTRACK_USE = "conntrack_use"
    INTERFACES = "interfaces"
    IPTABLES_KIND = "iptables_kind"
    MACHINE_ID = "machine_id"
    NODE_IDENTITY = "node_identity"
    CLOCK = "clock"


@dataclass(frozen=True, slots=True)
class Proof:
    """The rule that proves a fact, what it expects, and the levels at which it can."""

    rule: Rule
    expect: Mapping[str, Json]
    levels: tuple[Level, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """Baked as a line of a file that several facts share."""

    path: str
    text: str


@dataclass(frozen=True, slots=True)
class Package:
    """Baked by the distribution's package manager; `per_kernel`: to fit the kernel that boots."""

    name: str
    per_kernel: bool = False


@dataclass(frozen=True, slots=True)
class Template:
    """Baked as a file from `templates/node`, which lies there under the path it has on the node."""

    path: str
    values: Mapping[str, Json]
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Content:
    """Baked as a file of exactly these bytes; its owner and group by name."""

    path: str
    data: bytes
    mode: int = 0o644
    owner: str = "root"
    group: str = "root"


@dataclass(frozen=True, slots=True)
class Links:
    """Baked as symbolic links (path -> target): how systemd enables and masks units."""

    links: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Program:
    """Baked as a program too large for a text file; the build brings it."""

    path: str


@dataclass(frozen=True, slots=True)
class Nothing:
    """Not baked: kube-proxy, the cluster or the seal brings it about."""


Baked = Line | Package | Template | Content | Links | Program | Nothing


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is true of a healthy node; `remedy` says what to do where it is not."""

    id: str
    reason: str
    source: str
    remedy: str
    baked: Baked
    proof: Proof


@dataclass(frozen=True, slots=True)
class Plan:
    """The facts of one profile, in the order in which a node comes by them."""

    facts: tuple[Fact, ...]

    def baked(self, kind: type[Baked]) -> list[Fact]:
        """The facts that are baked in one way."""
        return [fact for fact in self.facts if isinstance(fact.baked, kind)]
