"""A real control plane: it comes up, holds what it is given, says what is wrong, and goes."""

from __future__ import annotations

import ipaddress
import os
import signal
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import replace
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.bake.tools import find_tool
from imagegen.boot.cluster import (
    ApiError,
    ClusterSpec,
    ControlPlane,
    Protocol,
    ServicePort,
    ServiceSpec,
    ServiceType,
    control_plane,
)
from imagegen.common.errors import InputError, ToolError
from imagegen.common.progress import Silent
from imagegen.knowledge.tools import Tool
from tests.guests.recipe_services import API_SERVERS, SERVICES, create_recipe, recipe_cluster
from tests.processes import children, eventually, listening, living
from tests.profiles import changed, parsed

# the oldest is minutes of compiling for a machine that has none of it
WIDE = pytest.mark.wide
VERSIONS = ("1.34.4", pytest.param("1.20.2", marks=WIDE))
NEWEST = ClusterSpec("1.34.4")
LOOPBACK = "0100007F"


@pytest.fixture(scope="module", params=VERSIONS)
def plane(request: pytest.FixtureRequest) -> Iterator[ControlPlane]:
    with control_plane(recipe_cluster(request.param), Silent()) as running:
        create_recipe(running)
        yield running


def test_the_version_is_the_one_asked_for(
    plane: ControlPlane, request: pytest.FixtureRequest
) -> None:
    asked = request.node.callspec.params["plane"]
    assert plane.api.get("/version")["gitVersion"] == f"v{asked}"


def test_the_api_service_has_the_three_api_servers(plane: ControlPlane) -> None:
    api = [s for s in plane.services() if s.name == "kubernetes"]
    assert [(s.cluster_ip, s.ports[0].port) for s in api] == [("10.254.0.1", 443)]
    assert plane.api_servers() == sorted(API_SERVERS)
    subsets = plane.api.get("/api/v1/namespaces/default/endpoints/kubernetes")["subsets"]
    assert [a["ip"] for a in subsets[0]["addresses"]] == [s.split(":")[0] for s in API_SERVERS]
    assert subsets[0]["ports"][0]["name"] == "https"


def test_the_server_does_not_put_itself_among_them(plane: ControlPlane) -> None:
    """A server that kept this service itself would put its own address there every ten seconds."""
    pid = next(pid for pid, name in children().items() if name.startswith("kube-a"))
    argv = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert b"--endpoint-reconciler-type=none" in argv
    assert plane.api_servers() == sorted(API_SERVERS)


def test_the_seeds_services_are_read_back(plane: ControlPlane) -> None:
    found = {s.name: s for s in plane.services()}
    for backed in SERVICES:
        made = found[backed.service.name]
        assert (made.cluster_ip, made.type) == (backed.service.cluster_ip, backed.service.type)
        assert [(p.port, p.target, p.node_port) for p in made.ports] == [
            (p.port, p.target, p.node_port) for p in backed.service.ports]
        assert plane.endpoints("default", made.name) == sorted(backed.endpoints)


def test_a_slice_port_is_named_as_its_services_port(plane: ControlPlane) -> None:
    group = plane.api.get("/apis/discovery.k8s.io")["preferredVersion"]["groupVersion"]
    slices = plane.api.get(f"/apis/{group}/namespaces/default/endpointslices")["items"]
    services = plane.api.get("/api/v1/namespaces/default/services")["items"]
    ports = {s["metadata"]["name"]: {p["name"] for p in s["spec"]["ports"]} for s in services}
    for found in slices:
        owner = found["metadata"]["labels"]["kubernetes.io/service-name"]
        assert {port["name"] for port in found["ports"]} <= ports[owner]


def test_the_node_has_its_address(plane: ControlPlane) -> None:
    node = plane.api.get("/api/v1/nodes/192.168.1.145")
    assert {"type": "InternalIP", "address": "192.168.1.145"} in node["status"]["addresses"]
    assert node["spec"]["podCIDR"] == "172.30.90.0/24"


def test_api_servers_are_replaced_and_not_added_to(plane: ControlPlane) -> None:
    try:
        plane.set_api_servers(["192.0.2.9:7443", "192.0.2.8:6443"])
        assert plane.api_servers() == ["192.0.2.8:6443", "192.0.2.9:7443"]
    finally:
        plane.set_api_servers(API_SERVERS)
    assert plane.api_servers() == sorted(API_SERVERS)


def test_a_service_of_two_ports_and_two_families_of_protocol(plane: ControlPlane) -> None:
    ports = (ServicePort(53, 1053, Protocol.UDP), ServicePort(53, 1053), ServicePort(9153, 9153))
    dns = ServiceSpec("kube-system", "dns", "10.254.0.2", ports)
    assert plane.create_service(dns) == replace(
        dns, ports=tuple(replace(p, given_name=p.name) for p in ports))
    plane.create_endpoints(dns, ["172.30.36.9:1053", "172.30.36.9:9153"])
    assert plane.endpoints("kube-system", "dns") == [
        "172.30.36.9:1053", "172.30.36.9:1053", "172.30.36.9:9153"]
    plane.delete_endpoints("kube-system", "dns")
    assert plane.endpoints("kube-system", "dns") == []
    plane.delete_service("kube-system", "dns")
    assert "dns" not in {s.name for s in plane.services()}


@pytest.mark.parametrize("wrong", ["172.30.36.9", "172.30.36.9:0", "x:80", "[::1:80", "1.2.3.4:x"])
def test_a_wrong_endpoint_is_refused(plane: ControlPlane, wrong: str) -> None:
    with pytest.raises(InputError, match="is not an address and a port"):
        plane.create_endpoints(SERVICES[0].service, [wrong])


def test_an_endpoint_that_no_port_leads_to_is_refused(plane: ControlPlane) -> None:
    two = ServiceSpec("default", "two", None, (ServicePort(1, 1), ServicePort(2, 2)))
    with pytest.raises(InputError, match="no port of default/two leads to port 3"):
        plane.create_endpoints(two, ["192.0.2.1:3"])


def test_the_servers_own_message_is_in_the_error(plane: ControlPlane) -> None:
    low = ServiceSpec("default", "low", None, (ServicePort(80, 80, node_port=80),),
                      ServiceType.NODE_PORT)
    with pytest.raises(ApiError, match="The range of valid ports is 20000-40000") as caught:
        plane.create_service(low)
    assert caught.value.status == HTTPStatus.UNPROCESSABLE_ENTITY


def test_a_wrong_token_is_refused(plane: ControlPlane) -> None:
    with pytest.raises(ApiError) as caught:
        replace(plane.api, token="wrong").get("/api/v1/nodes")
    assert caught.value.status == HTTPStatus.UNAUTHORIZED


@pytest.mark.parametrize("name", ["127.0.0.1", "10.0.2.2"])
def test_the_certificate_names_both_addresses(plane: ControlPlane, name: str) -> None:
    assert _handshake(plane, name)


def test_the_certificate_names_no_other(plane: ControlPlane) -> None:
    with pytest.raises(ssl.SSLCertVerificationError):
        _handshake(plane, "192.0.2.1")


FAMILIES = [("1.34.4", "10.96.0.0/16,fd00:10:96::/112"), ("1.34.4", "fd00:10:96::/112"),
            ("1.34.4", "fd00:10:96::/112,10.96.0.0/16"),
            pytest.param("1.20.2", "fd00:10:96::/112", marks=WIDE),
            pytest.param("1.20.2", "10.96.0.0/16,fd00:10:96::/112", marks=WIDE)]


@pytest.mark.parametrize(("version", "services"), FAMILIES)
def test_a_cluster_of_other_families(version: str, services: str) -> None:
    """The API service is of the first family alone; a service and a node may have both."""
    first, *more = (ipaddress.ip_network(one) for one in services.split(","))
    with control_plane(ClusterSpec(version, services), Silent()) as plane:
        api = next(one for one in plane.services() if one.name == "kubernetes")
        assert (api.cluster_ip, api.second_ip) == (str(first[1]), None)
        assert [(":" in one.rpartition(":")[0]) for one in plane.api_servers()] == [
            first.version == 6]
        sample = ServiceSpec("default", "sample", str(first[80]), (ServicePort(80, 8080),),
                             ServiceType.CLUSTER_IP, *(str(one[80]) for one in more))
        made = plane.create_service(sample)
        assert (made.cluster_ip, made.second_ip) == (sample.cluster_ip, sample.second_ip)
        leads = ["10.244.0.2:8080", "[fd00:10:244::2]:8080"]
        plane.create_endpoints(sample, leads)
        assert plane.endpoints("default", "sample") == leads
        plane.create_node("n", "2001:db8::15,192.0.2.15", "fd00:10:244::/64,10.244.0.0/24")
        node = plane.api.get("/api/v1/nodes/n")
        assert [one["address"] for one in node["status"]["addresses"]] == [
            "2001:db8::15", "192.0.2.15", "n"]
        assert node["spec"]["podCIDR"] == "fd00:10:244::/64"


def _handshake(plane: ControlPlane, name: str) -> Any:
    context = ssl.create_default_context(cadata=plane.ca_pem)
    with (socket.create_connection(("127.0.0.1", plane.port)) as raw,
          context.wrap_socket(raw, server_hostname=name) as tls):
        return tls.getpeercert()


def test_the_certificate_is_older_than_any_frozen_guest(plane: ControlPlane) -> None:
    certificate = _handshake(plane, "10.0.2.2")
    assert certificate["notBefore"].endswith("2020 GMT")
    assert certificate["notAfter"].endswith("2049 GMT")


def test_the_kubeconfig_verifies_the_server(plane: ControlPlane) -> None:
    config = yaml.safe_load(plane.kubeconfig(plane.guest_url))
    cluster = config["clusters"][0]["cluster"]
    assert cluster["server"] == f"https://10.0.2.2:{plane.port}"
    assert "insecure-skip-tls-verify" not in cluster
    assert config["users"][0]["user"] == {"token": plane.token}


def test_no_secret_in_the_repr(plane: ControlPlane) -> None:
    assert plane.token not in repr(plane)
    assert plane.token not in repr(plane.api)


def test_everything_listens_on_loopback_only(plane: ControlPlane) -> None:
    servers = {pid: name for pid, name in children().items() if name.startswith(("etcd", "kube-a"))}
    where = {address for pid in servers for address in listening(pid)}
    assert (LOOPBACK, plane.port) in where
    assert {address for address, _ in where} == {LOOPBACK}


def test_without_api_servers_it_is_this_very_server() -> None:
    with control_plane(NEWEST, Silent()) as plane:
        assert plane.api_servers() == [f"10.0.2.2:{plane.port}"]


def test_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = set(children())
    with control_plane(NEWEST, Silent()):
        started = set(children()) - before
        assert len(started) == 2
        assert [oct(p.stat().st_mode & 0o777) for p in tmp_path.iterdir()] == ["0o700"]
        secret = [p for p in tmp_path.rglob("*") if p.name == "tokens.csv" or p.suffix == ".key"]
        assert {oct(p.stat().st_mode & 0o777) for p in secret} == {"0o600"}
    assert not any(living(pid) for pid in started)
    assert list(tmp_path.iterdir()) == []


def test_a_killed_etcd_is_named_with_its_last_lines() -> None:
    before = set(children())
    with control_plane(NEWEST, Silent()) as plane:
        etcd = next(p for p, name in children().items() if name == "etcd" and p not in before)
        os.kill(etcd, signal.SIGKILL)
        assert eventually(lambda: not living(etcd))
        with pytest.raises(ToolError, match=r"(?s)etcd failed \(killed by SIGKILL\).*\n  \| \{"):
            plane.nodes()


def test_a_killed_imagegen_takes_its_control_plane_along() -> None:
    program = (
        "import sys, time\n"
        "from imagegen.boot.cluster import ClusterSpec, control_plane\n"
        "from imagegen.common.progress import Silent\n"
        "with control_plane(ClusterSpec('1.34.4'), Silent()):\n"
        "    print('up', flush=True); time.sleep(600)\n"
    )
    with subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == b"up\n"
        servers = set(children(holder.pid))
        assert len(servers) == 2
        holder.kill()
    assert eventually(lambda: not any(living(pid) for pid in servers))


def test_a_server_that_refuses_its_flags_is_told_with_its_reason() -> None:
    with (pytest.raises(ToolError, match=r"(?s)kube-apiserver failed \(exit 1\).*10\.0\.0\.0/999"),
          control_plane(replace(NEWEST, service_cidr="10.0.0.0/999"), Silent())):
        pass


@pytest.mark.parametrize(("version", "services", "word"), [
    pytest.param("1.20.2", "10.0.0.0/11", "too large", marks=WIDE),
    pytest.param("1.20.2", "fd00:10:96::/107", "too large", marks=WIDE),
    ("1.34.4", "10.96.0.0/30", "at least 8"),
])
def test_the_api_server_refuses_what_the_lints_refuse(version: str, services: str,
                                                      word: str) -> None:
    pods = "fd01::/56" if ":" in services else "172.30.0.0/16"
    with pytest.raises(InputError, match="cluster-service-range"):
        parsed(changed({"cluster.serviceCIDR": services, "cluster.podCIDR": pods,
                        "kubeProxy.version": version}))
    with (pytest.raises(ToolError, match=f"(?s)kube-apiserver failed.*{word}"),
          control_plane(ClusterSpec(version, services), Silent())):
        pass


@pytest.mark.parametrize(("version", "services"), [
    pytest.param("1.20.2", "10.96.0.0/12", marks=WIDE), ("1.34.4", "10.0.0.0/8"),
    ("1.34.4", "fd00:10:96::/64")])
def test_the_api_server_takes_what_the_lints_take(version: str, services: str) -> None:
    with control_plane(ClusterSpec(version, services), Silent()) as plane:
        api = next(one for one in plane.services() if one.name == "kubernetes")
        assert api.cluster_ip == str(ipaddress.ip_network(services)[1])


def test_a_server_that_is_never_ready_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("imagegen.boot.cluster.start._READY_SECONDS", 1)
    _asset(tmp_path / "etcd", "echo etcd sulks; exec sleep 600")
    _asset(tmp_path / "kube-apiserver", "echo the server sulks; exec sleep 600")
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    before = set(children())
    with (pytest.raises(ToolError, match=r"(?s)not ready within 1 s.*the server sulks"),
          control_plane(NEWEST, Silent())):
        pass
    assert set(children()) == before


def test_envtests_folder_is_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "etcd").symlink_to(find_tool(Tool.ETCD))
    (tmp_path / "kube-apiserver").symlink_to(kube_binary(KubeProgram.APISERVER, "1.34.4", Silent()))
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with control_plane(ClusterSpec("1.35.0"), Silent()) as plane:
        assert plane.api.get("/version")["gitVersion"] == "v1.34.4"
        assert plane.api_servers() == [f"10.0.2.2:{plane.port}"]


def test_envtests_folder_without_a_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KUBEBUILDER_ASSETS", str(tmp_path))
    with (pytest.raises(ToolError, match=f"{tmp_path}/etcd is not an executable") as caught,
          control_plane(NEWEST, Silent())):
        pass
    assert "unset KUBEBUILDER_ASSETS" in caught.value.hint


def _asset(path: Path, script: str) -> None:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(0o755)
