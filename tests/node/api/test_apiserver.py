"""The check against real kube-apiservers with RBAC: the rendered roles suffice, and no more."""

from __future__ import annotations

import dataclasses
import socket
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from imagegen.boot.cluster import Authorization, ControlPlane, control_plane
from imagegen.common.progress import Silent
from imagegen.node.api.client import Client
from imagegen.node.api.condition import announce
from imagegen.node.api.kubeconfig import Refused, access
from imagegen.node.api.objects import Cluster, read
from imagegen.node.api.wanted import Here, wanted_table
from imagegen.node.ipvs_proc import hexadecimal, readable
from imagegen.render.render import render
from tests.guests.recipe_services import (
    LISTING,
    NODE_ADDRESS,
    NODE_NAME,
    create_recipe,
    recipe_cluster,
)
from tests.profiles import changed, parsed

# the oldest is minutes of compiling for a machine that has none of it
VERSIONS = ("1.34.4", pytest.param("1.20.2", marks=pytest.mark.wide))
PATHS = {
    "ServiceAccount": "/api/v1/namespaces/kube-system/serviceaccounts",
    "ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
    "ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
    "Role": "/apis/rbac.authorization.k8s.io/v1/namespaces/default/roles",
    "RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/default/rolebindings"}


@pytest.fixture(scope="module", params=VERSIONS)
def plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    spec = dataclasses.replace(recipe_cluster(request.param), authorization=Authorization.RBAC)
    with control_plane(spec, Silent()) as running:
        create_recipe(running)
        yield running


def objects(name: str) -> list[dict[str, Any]]:
    profile = parsed(changed({"check.api": {"condition": True}}))
    return list(yaml.safe_load_all(render(profile).tree.files[f"cluster/{name}"].data))


def apply(plane: ControlPlane, name: str, only: str = "") -> None:
    for one in objects(name):
        if not only or one["kind"] == only:
            plane.api.place(PATHS[one["kind"]], one)


def remove(plane: ControlPlane, name: str) -> None:
    for one in objects(name):
        path = f"{PATHS[one['kind']]}/{one['metadata']['name']}"
        if one["kind"] != "ServiceAccount" and plane.api.find(path):
            plane.api.delete(path)


@pytest.fixture
def kubeconfig(plane: ControlPlane) -> Iterator[bytes]:
    """The ServiceAccount's, which may do nothing yet."""
    apply(plane, "check-rbac.yaml", "ServiceAccount")
    token = plane.api.post(f"{PATHS['ServiceAccount']}/imagegen-check/token", {
        "apiVersion": "authentication.k8s.io/v1", "kind": "TokenRequest",
        "spec": {"expirationSeconds": 3600}})["status"]["token"]
    yield dataclasses.replace(plane, token=token).kubeconfig(plane.url).encode()
    for name in ("check-rbac.yaml", "condition-rbac.yaml"):
        remove(plane, name)


def client(kubeconfig: bytes) -> Client:
    return Client(access(kubeconfig, "/etc/k", lambda _: None), 30.0)


def whole(kubeconfig: bytes) -> Cluster:
    return read(lambda: client(kubeconfig), NODE_NAME)


def test_without_the_role_it_says_what_is_missing(kubeconfig: bytes) -> None:
    with pytest.raises(Refused, match=r"gives 403: nodes .* is forbidden") as refused:
        whole(kubeconfig)
    assert "cluster/check-rbac.yaml" in refused.value.remedy


def test_the_role_suffices(plane: ControlPlane, kubeconfig: bytes) -> None:
    """What is read makes the seed's own table."""
    apply(plane, "check-rbac.yaml")
    here = Here("1.34.4", ("IPv4",), {socket.inet_aton(NODE_ADDRESS)}, ())
    wanted = wanted_table(whole(kubeconfig), here)
    table = {readable(key): {readable(one) for one in made.legal[0]}
             for (_, key), made in wanted.items()}
    for place, real in LISTING.items():
        if not place.startswith(("127.", "172.")):
            assert table[place] == set(real), place
    assert f"{NODE_ADDRESS}:27841" in table
    assert wanted[b"TCP", hexadecimal("10.254.0.1", 443)].owner == "default/kubernetes"


@pytest.mark.parametrize(("method", "path"), [
    ("GET", "/api/v1/secrets"), ("GET", "/api/v1/pods"), ("GET", "/api/v1/services?watch=1"),
    ("GET", "/api/v1/nodes"), ("POST", "/api/v1/namespaces/default/services"),
    ("DELETE", f"/api/v1/nodes/{NODE_NAME}"), ("PATCH", f"/api/v1/nodes/{NODE_NAME}/status")])
def test_the_role_allows_no_more(
        plane: ControlPlane, kubeconfig: bytes, method: str, path: str) -> None:
    apply(plane, "check-rbac.yaml")
    with pytest.raises(Refused, match="gives 403"):
        client(kubeconfig).send(method, path, None if method in ("GET", "DELETE") else {})


def test_the_condition_wants_a_role_of_its_own(plane: ControlPlane, kubeconfig: bytes) -> None:
    verdict = {"verdict": "green", "level": "table", "findings": [], "counts": {"ok": 3}}
    said: list[str] = []
    apply(plane, "check-rbac.yaml")
    announce(verdict, lambda: client(kubeconfig), NODE_NAME, said.append)
    assert "403" in said[0] and "cluster/condition-rbac.yaml" in said[0]
    apply(plane, "condition-rbac.yaml")
    announce(verdict, lambda: client(kubeconfig), NODE_NAME, said.append)
    announce({**verdict, "verdict": "red", "findings": [
        {"id": "x", "severity": "error", "result": "red", "saw": "off"}]},
        lambda: client(kubeconfig), NODE_NAME, said.append)
    assert said[1:] == [f"the Node {NODE_NAME} has the condition IPVSReady {status}"
                        for status in ("True", "False")]
    node = plane.api.get(f"/api/v1/nodes/{NODE_NAME}")["status"]
    assert [one["message"] for one in node["conditions"] if one["type"] == "IPVSReady"] == [
        "x: off"]
    assert node["addresses"]
    events = plane.api.get("/api/v1/namespaces/default/events")["items"]
    assert [(one["reason"], one["type"]) for one in events
            if one["involvedObject"]["name"] == NODE_NAME] == [
        ("IPVSHealthy", "Normal"), ("IPVSUnhealthy", "Warning")]
    with pytest.raises(Refused, match="gives 403"):
        client(kubeconfig).send("PATCH", f"/api/v1/nodes/{NODE_NAME}", {"spec": {}},
                                "application/merge-patch+json")
