"""What can be done with a running control plane."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from http import HTTPStatus

import yaml

from imagegen.boot.cluster import objects
from imagegen.boot.cluster.model import GUEST_VIEW, Object, ServicePort, ServiceSpec
from imagegen.boot.cluster.rest import ApiError, Rest

# as the API server itself makes it, but for the target port
_API_SERVICE = ServiceSpec(
    "default", "kubernetes", None, (ServicePort(443, 6443, given_name="https"),))


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A real API server on this machine's loopback. All methods raise ApiError when refused."""

    port: int
    ca_pem: str = field(repr=False)
    token: str = field(repr=False)
    api: Rest = field(repr=False)

    @property
    def url(self) -> str:
        """The server as this machine sees it."""
        return f"https://127.0.0.1:{self.port}"

    @property
    def guest_url(self) -> str:
        """The server as a guest on QEMU's user network sees it."""
        return f"https://{GUEST_VIEW}:{self.port}"

    def kubeconfig(self, server_url: str) -> str:
        """A kubeconfig (YAML, holds the token) that verifies the server's certificate."""
        from base64 import b64encode

        authority = b64encode(self.ca_pem.encode()).decode()
        cluster = {"server": server_url, "certificate-authority-data": authority}
        return yaml.safe_dump({
            "apiVersion": "v1", "kind": "Config", "current-context": "imagegen",
            "clusters": [{"name": "imagegen", "cluster": cluster}],
            "users": [{"name": "imagegen", "user": {"token": self.token}}],
            "contexts": [{"name": "imagegen",
                          "context": {"cluster": "imagegen", "user": "imagegen"}}],
        }, sort_keys=False)

    def create_node(self, name: str, internal_ip: str, pod_cidr: str | None = None) -> None:
        """A Node, which kube-proxy asks for its own address."""
        node = objects.node_object(name, internal_ip, pod_cidr)
        made = self.api.post("/api/v1/nodes", node)
        self.api.put(f"/api/v1/nodes/{name}/status", made | {"status": node["status"]})

    def nodes(self) -> list[str]:
        """The names of all nodes, sorted."""
        return sorted(n["metadata"]["name"] for n in self.api.get("/api/v1/nodes")["items"])

    def delete_node(self, name: str) -> None:
        """Remove a Node."""
        self.api.delete(f"/api/v1/nodes/{name}")

    def set_api_servers(self, servers: Sequence[str]) -> None:
        """Make these ("ip:port" each) the API service's real servers, and no others."""
        self.create_endpoints(_API_SERVICE, servers)
        endpoints = objects.endpoints_object(_API_SERVICE, servers)
        self.api.place("/api/v1/namespaces/default/endpoints", endpoints)

    def api_servers(self) -> list[str]:
        """The API service's real servers, sorted."""
        return self.endpoints("default", "kubernetes")

    def create_service(self, service: ServiceSpec) -> ServiceSpec:
        """The service as the server made it; its namespace is made where it is missing."""
        self._ensure_namespace(service.namespace)
        path = f"/api/v1/namespaces/{service.namespace}/services"
        return objects.service_from(self.api.post(path, objects.service_object(service)))

    def services(self) -> list[ServiceSpec]:
        """Every service of every namespace."""
        return [objects.service_from(found) for found in self.api.get("/api/v1/services")["items"]]

    def delete_service(self, namespace: str, name: str) -> None:
        """Remove a service and its endpoints."""
        self.api.delete(f"/api/v1/namespaces/{namespace}/services/{name}")
        self.delete_endpoints(namespace, name)

    def create_endpoints(self, service: ServiceSpec, endpoints: Sequence[str]) -> None:
        """Make these ("ip:port" each) the service's endpoints, and no others."""
        wanted = objects.slice_objects(service, endpoints, self._discovery())
        names = {made["metadata"]["name"] for made in wanted}
        for made in wanted:
            self.api.place(self._slice_path(service.namespace), made)
        for found in self._slices(service.namespace, service.name):
            if found["metadata"]["name"] not in names:
                self._delete_slice(service.namespace, found["metadata"]["name"])

    def endpoints(self, namespace: str, name: str) -> list[str]:
        """What a service leads to, as sorted "ip:port"."""
        return objects.slice_endpoints(self._slices(namespace, name))

    def delete_endpoints(self, namespace: str, name: str) -> None:
        """Leave a service without endpoints."""
        for found in self._slices(namespace, name):
            self._delete_slice(namespace, found["metadata"]["name"])

    def _slices(self, namespace: str, name: str) -> list[Object]:
        query = f"?labelSelector={objects.SERVICE_LABEL}%3D{name}"
        items: list[Object] = self.api.get(self._slice_path(namespace) + query)["items"]
        return items

    def _delete_slice(self, namespace: str, name: str) -> None:
        self.api.delete(f"{self._slice_path(namespace)}/{name}")

    def _slice_path(self, namespace: str) -> str:
        return f"/apis/{self._discovery()}/namespaces/{namespace}/endpointslices"

    def _discovery(self) -> str:
        """The slices' API version as the server itself prefers it (v1beta1 up to 1.20)."""
        group = self.api.get("/apis/discovery.k8s.io")
        return str(group["preferredVersion"]["groupVersion"])

    def _ensure_namespace(self, name: str) -> None:
        try:
            self.api.post("/api/v1/namespaces", objects.namespace_object(name))
        except ApiError as error:
            if error.status != HTTPStatus.CONFLICT:
                raise
