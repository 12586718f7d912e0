"""Services, EndpointSlices and the Node, cut down to what decides over a virtual server.

A cluster of 10,000 services is held as tuples, for the objects themselves take a hundred
megabytes. Fields: kubernetes core/v1 and discovery/v1 types.go; v1beta1's topology is older.
"""

from __future__ import annotations

import socket
from sys import intern

from ..ipvs_proc import hexadecimal
from ..model import CannotTell
from .client import NotFound

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from .client import Client

    Name = tuple[str, str]  # namespace, name
    PortName = tuple[str, str]  # a port's name, its protocol

# kube-proxy reads neither (cmd/kube-proxy/app/server.go, labelSelector)
HEADLESS, OTHER_PROXY = "service.kubernetes.io/headless", ("service.kubernetes.io/"
                                                           "service-proxy-name")
SELECTOR = f"!{HEADLESS},!{OTHER_PROXY}"
SERVICE_NAME = "kubernetes.io/service-name"
ZONE = "topology.kubernetes.io/zone"
HOSTNAME = "kubernetes.io/hostname"
FAMILIES = {"IPv4": socket.AF_INET, "IPv6": socket.AF_INET6}
NOBODY: frozenset[str] = frozenset()


class Endpoint:
    """One address behind one port of a Service; `key` as /proc/net/ip_vs writes it."""

    __slots__ = ("draining", "key", "node", "nodes", "ready", "zones")

    def __init__(self, key: bytes, node: str, conditions: dict[str, Any],
                 hints: dict[str, Any]) -> None:
        self.key, self.node = key, intern(node)
        self.ready = conditions.get("ready") in (None, True)
        self.draining = (not self.ready and conditions.get("serving") in (None, True)
                         and conditions.get("terminating") is True)
        self.zones = _names(hints.get("forZones"))
        self.nodes = _names(hints.get("forNodes"))


class Service:
    """What kube-proxy reads of a Service; addresses by family."""

    __slots__ = ("affinity", "clusters", "externals", "local", "local_inside", "name", "ports",
                 "proxied_vips", "version", "vips")

    def __init__(self, item: dict[str, Any]) -> None:
        meta, spec = item["metadata"], item.get("spec") or {}
        self.name: Name = (meta["namespace"], meta["name"])
        self.version: str = meta.get("resourceVersion", "")
        self.ports = [(port.get("name") or "", port.get("protocol") or "TCP", int(port["port"]),
                       int(port.get("nodePort") or 0)) for port in spec.get("ports") or ()]
        self.clusters = _addresses(spec.get("clusterIPs") or [spec.get("clusterIP")])
        self.externals = _addresses(spec.get("externalIPs") or ())
        ingress = ((item.get("status") or {}).get("loadBalancer") or {}).get("ingress") or ()
        self.vips = _addresses(one.get("ip") for one in ingress if _is_vip(one))
        self.proxied_vips = _addresses(one.get("ip") for one in ingress if not _is_vip(one))
        self.local = spec.get("externalTrafficPolicy") == "Local"
        self.local_inside = spec.get("internalTrafficPolicy") == "Local"
        self.affinity = _affinity(spec)


class Cluster:
    """All of it, and this node's Node. Raises CannotTell while it is read."""

    def __init__(self, node_name: str) -> None:
        self.node_name = node_name
        self.zone = ""
        self.node_addresses: set[bytes] = set()
        self.services: list[Service] = []
        self.endpoints: dict[Name, dict[PortName, list[Endpoint]]] = {}
        # a number that changes with any slice of a service
        self.slices: dict[Name, int] = {}

    def read(self, client: Client) -> None:
        """One GET of the Node, and two lists."""
        self.of_node(client.get(f"/api/v1/nodes/{self.node_name}"))
        for item in client.items("/api/v1/services", SELECTOR, self.services.clear):
            self.add_service(item)
        try:
            self._read_slices(client, "v1")
        except NotFound:  # up to 1.20
            self._read_slices(client, "v1beta1")

    def _read_slices(self, client: Client, version: str) -> None:
        path = f"/apis/discovery.k8s.io/{version}/endpointslices"
        for item in client.items(path, SELECTOR, self.endpoints.clear):
            self.add_slice(item)

    def of_node(self, item: dict[str, Any]) -> None:
        """Its zone and addresses."""
        self.zone = (item["metadata"].get("labels") or {}).get(ZONE) or ""
        for one in (item.get("status") or {}).get("addresses") or ():
            if one.get("type") in ("InternalIP", "ExternalIP"):
                packed = _packed(one.get("address") or "")
                self.node_addresses |= {packed[1]} if packed else set()

    def add_service(self, item: dict[str, Any]) -> None:
        """A Service, unless kube-proxy leaves it alone (pkg/proxy/util, ShouldSkipService)."""
        spec = item.get("spec") or {}
        kind, address = spec.get("type"), spec.get("clusterIP")
        if kind != "ExternalName" and address not in (None, "", "None") and _is_ours(item):
            self.services.append(Service(item))

    def add_slice(self, item: dict[str, Any]) -> None:
        """An EndpointSlice of the two families; kube-proxy takes an endpoint's first address."""
        meta = item["metadata"]
        owner = (meta.get("labels") or {}).get(SERVICE_NAME)
        if not owner or item.get("addressType") not in FAMILIES or not _is_ours(item):
            return
        name = meta["namespace"], owner
        self.slices[name] = self.slices.get(name, 0) ^ hash(
            (meta["name"], meta.get("resourceVersion")))
        ports = self.endpoints.setdefault(name, {})
        for port in item.get("ports") or ():
            if port.get("port"):
                named = intern(port.get("name") or ""), intern(port.get("protocol") or "TCP")
                ports.setdefault(named, []).extend(
                    _endpoint(one, int(port["port"])) for one in item.get("endpoints") or ())

    def version(self, service: Service) -> int:
        """A number that changes with the Service or its slices."""
        return hash((service.version, self.slices.get(service.name)))


def read(opened: Callable[[], Client], node_name: str) -> Cluster:
    """All of it. Raises CannotTell; an object of another form is the API server's fault."""
    client, cluster = opened(), Cluster(node_name)
    try:
        cluster.read(client)
    except (KeyError, TypeError, ValueError, IndexError, OSError, AttributeError) as error:
        raise CannotTell(f"the API server's objects have another form than they should: "
                         f"{type(error).__name__}: {error}") from None
    finally:
        client.close()
    return cluster


def _endpoint(one: dict[str, Any], port: int) -> Endpoint:
    node = one.get("nodeName") or (one.get("topology") or {}).get(HOSTNAME) or ""
    return Endpoint(hexadecimal(one["addresses"][0], port), node, one.get("conditions") or {},
                    one.get("hints") or {})


def _names(hints: list[dict[str, str]] | None) -> frozenset[str]:
    return frozenset(intern(one["name"]) for one in hints) if hints else NOBODY


def _is_ours(item: dict[str, Any]) -> bool:
    labels = item["metadata"].get("labels") or {}
    return HEADLESS not in labels and OTHER_PROXY not in labels


def _is_vip(ingress: dict[str, Any]) -> bool:
    return ingress.get("ipMode") in (None, "VIP")


def _affinity(spec: dict[str, Any]) -> int:
    """Seconds; 0 for none."""
    if spec.get("sessionAffinity") != "ClientIP":
        return 0
    configured = (spec.get("sessionAffinityConfig") or {}).get("clientIP") or {}
    return int(configured.get("timeoutSeconds") or 10800)


def _addresses(texts: Iterable[str | None]) -> dict[str, list[str]]:
    """The addresses among these, by family."""
    found: dict[str, list[str]] = {}
    for text in texts:
        packed = _packed(text or "")
        if packed:
            found.setdefault(packed[0], []).append(text or "")
    return found


def _packed(text: str) -> tuple[str, bytes] | None:
    family = "IPv6" if ":" in text else "IPv4"
    try:
        return family, socket.inet_pton(FAMILIES[family], text)
    except OSError:
        return None
