"""The objects as the API server wants them, and back."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence

from imagegen.boot.cluster.model import Object, Protocol, ServicePort, ServiceSpec, ServiceType
from imagegen.common.errors import InputError

# how an EndpointSlice says whose it is (kubernetes.io/docs/reference/labels-annotations-taints)
SERVICE_LABEL = "kubernetes.io/service-name"
# who keeps the slice: a controller of a real cluster leaves one that another keeps alone
MANAGED_BY_LABEL = "endpointslice.kubernetes.io/managed-by"


def namespace_object(name: str) -> Object:
    """A Namespace."""
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}


def node_object(name: str, internal_ip: str, pod_cidr: str | None) -> Object:
    """A Node; the API server takes its status only in a request of its own.

    Addresses and ranges are one, or one of each family with a comma between.
    """
    ranges = pod_cidr.split(",") if pod_cidr else []
    return {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": name, "labels": {"kubernetes.io/hostname": name}},
        "spec": {"podCIDR": ranges[0], "podCIDRs": ranges} if ranges else {},
        "status": {"addresses": [*({"type": "InternalIP", "address": address}
                                   for address in internal_ip.split(",")),
                                 {"type": "Hostname", "address": name}]},
    }


def service_object(service: ServiceSpec) -> Object:
    """A Service without a selector: its endpoints are written by hand."""
    spec: Object = {"type": str(service.type), "ports": [_service_port(p) for p in service.ports]}
    if service.cluster_ip is not None:
        spec["clusterIP"] = service.cluster_ip
    if service.second_ip is not None:
        spec |= {"clusterIPs": [service.cluster_ip, service.second_ip],
                 "ipFamilyPolicy": "RequireDualStack"}
    return {"apiVersion": "v1", "kind": "Service", "spec": spec,
            "metadata": {"name": service.name, "namespace": service.namespace}}


def _service_port(port: ServicePort) -> Object:
    wire: Object = {"name": port.name, "protocol": str(port.protocol), "port": port.port,
                    "targetPort": port.target}
    return wire if port.node_port is None else wire | {"nodePort": port.node_port}


def service_from(found: Object) -> ServiceSpec:
    """A Service as it was read."""
    spec, meta = found["spec"], found["metadata"]
    ports = tuple(
        ServicePort(p["port"], p["targetPort"], Protocol(p["protocol"]), p.get("nodePort"),
                    p.get("name", ""))
        for p in spec.get("ports", ())
    )
    return ServiceSpec(meta["namespace"], meta["name"], spec.get("clusterIP"), ports,
                       ServiceType(spec["type"]), *spec.get("clusterIPs", ())[1:])


def split(endpoint: str) -> tuple[str, int]:
    """`192.0.2.1:6443` or `[2001:db8::1]:6443` as address and port. Raises InputError."""
    host, _, port = endpoint.rpartition(":")
    try:
        in_brackets = host.startswith("[") and host.endswith("]")
        address = (ipaddress.IPv6Address(host[1:-1]) if in_brackets
                   else ipaddress.IPv4Address(host))
        if 0 < int(port) < 65536:
            return str(address), int(port)
    except ValueError:
        pass
    raise InputError(f"{endpoint!r} is not an address and a port", hint="write 192.0.2.1:6443")


def slice_objects(service: ServiceSpec, endpoints: Sequence[str], api: str) -> list[Object]:
    """A service's EndpointSlices: one for the addresses of one family on one port.

    A slice's port is bound to its service's port by name. Raises InputError for an endpoint that
    no port of the service leads to.
    """
    groups: dict[tuple[int, int], list[str]] = {}
    for address, port in map(split, endpoints):
        groups.setdefault((ipaddress.ip_address(address).version, port), []).append(address)
    return [
        {"apiVersion": api, "kind": "EndpointSlice",
         "metadata": {"name": f"{service.name}-ipv{family}-{port}", "namespace": service.namespace,
                      "labels": {SERVICE_LABEL: service.name, MANAGED_BY_LABEL: "imagegen"}},
         "addressType": f"IPv{family}",
         "endpoints": [{"addresses": [a], "conditions": {"ready": True}} for a in addresses],
         "ports": _ports_at(service, port)}
        for (family, port), addresses in groups.items()
    ]


def _ports_at(service: ServiceSpec, target: int) -> list[Object]:
    """The service's ports that lead to this target; a service of one port leads anywhere."""
    ports = [p for p in service.ports if p.target == target] or service.ports[:1]
    if len(service.ports) > 1 and ports[0].target != target:
        raise InputError(f"no port of {service.namespace}/{service.name} leads to port {target}")
    return [{"name": p.name, "protocol": str(p.protocol), "port": target} for p in ports]


def endpoints_object(service: ServiceSpec, endpoints: Sequence[str]) -> Object:
    """The Endpoints object, which kube-proxy up to 1.20 may read instead of the slices."""
    groups: dict[int, list[str]] = {}
    for address, port in map(split, endpoints):
        groups.setdefault(port, []).append(address)
    subsets = [{"addresses": [{"ip": address} for address in addresses],
                "ports": _ports_at(service, port)} for port, addresses in groups.items()]
    return {"apiVersion": "v1", "kind": "Endpoints", "subsets": subsets,
            "metadata": {"name": service.name, "namespace": service.namespace}}


def slice_endpoints(slices: Sequence[Object]) -> list[str]:
    """What the slices lead to, as sorted "ip:port"."""
    return sorted(
        f"[{address}]:{port['port']}" if ":" in address else f"{address}:{port['port']}"
        for found in slices
        for endpoint in found.get("endpoints") or ()
        for address in endpoint["addresses"]
        for port in found.get("ports") or ()
    )
