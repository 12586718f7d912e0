"""The cluster's ranges, from whichever file of the node says them.

A worker's files say little; a control plane's say all: the API server's and the controller
manager's flags, in units and static pods; kubeadm's configuration; k3s', RKE2's, k0s' and
MicroK8s'.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from imagegen.adopt.commands import Found, flags_of
from imagegen.adopt.documents import documents
from imagegen.adopt.embedded import KUBERNETES, embedded, k0s_config
from imagegen.adopt.every_command import commands_of
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.profile.cluster import networks

SERVICES, PODS, NODE_PORTS = "serviceCIDR", "podCIDR", "nodePortRange"
_SERVERS = re.compile(r"(kube-)?(apiserver|controller-manager)\Z")
_FLAGS = {"service-cluster-ip-range": SERVICES, "service-node-port-range": NODE_PORTS,
          "cluster-cidr": PODS}
_KUBEADM = ("/etc/kubernetes", "/root", "/run/kubeadm", "/etc/kubernetes/kubeadm", "/tmp",
            "/etc/kubeadm", "/opt/kubernetes", "/etc/kubernetes/dumps")
_MICROK8S = "/var/snap/microk8s/current/args"
LOOKED_AT = ("the API server's and the controller manager's units and static pods, kubeadm's "
             "configuration, and that of k3s, RKE2, k0s and MicroK8s")


@dataclass(frozen=True, slots=True)
class Said:
    """A value of the profile's cluster section, and the file that says it."""

    value: str
    file: str


def cluster_said(files: Files, notes: Notes) -> dict[str, Said]:
    """Each value that a file says; where two differ, the first counts and the other is told."""
    found: dict[str, Said] = {}
    for key, said in _all(files):
        if not _plain(key, said.value):
            notes.add(f"{said.file} says {said.value} for the cluster's {key}, which is none: not "
                      "carried over", "cluster", key)
            continue
        first = found.setdefault(key, said)
        if first.value != said.value:
            notes.add(f"{said.file} says {said.value} for the cluster's {key}, and {first.file} "
                      f"{first.value}, which is carried over", "cluster", key)
    return found


def _plain(key: str, value: str) -> bool:
    if key == NODE_PORTS:
        return bool(re.fullmatch(r"\d{1,5}-\d{1,5}", value))
    try:
        return bool(networks(value))
    except ValueError:
        return False


def _all(files: Files) -> Iterator[tuple[str, Said]]:
    for command in commands_of(files, _SERVERS):
        yield from _of_flags(command)
    yield from _of_microk8s(files)
    yield from _of_kubeadm(files)
    yield from embedded_ranges(files)


def _of_flags(command: Found) -> Iterator[tuple[str, Said]]:
    for name, value in flags_of(command.words):
        if name in _FLAGS and value and "$" not in value:
            yield _FLAGS[name], Said(_range(value), command.file)


def _range(value: str) -> str:
    return value.strip().replace(", ", ",")


def _of_microk8s(files: Files) -> Iterator[tuple[str, Said]]:
    for name in ("kube-apiserver", "kube-controller-manager", "kube-proxy"):
        path = f"{_MICROK8S}/{name}"
        words = tuple((files.text(path) or "").split())
        yield from _of_flags(Found(path, words))


def _of_kubeadm(files: Files) -> Iterator[tuple[str, Said]]:
    for folder in _KUBEADM:
        for name in files.names(folder):
            path = f"{folder}/{name}"
            if name.startswith(".") or files.names(path):
                continue
            text = files.text(path)
            if text and "ClusterConfiguration" in text:
                for data in documents(text):
                    yield from _kubeadms(data, path)


def _kubeadms(data: Any, path: str) -> Iterator[tuple[str, Said]]:  # noqa: ANN401
    if not isinstance(data, dict):
        return
    inner = data.get("data")
    if isinstance(inner, dict):
        text = inner.get("ClusterConfiguration")
        for one in documents(text) if isinstance(text, str) else ():
            yield from _kubeadms(one, path)
    items = data.get("items")
    for one in items if isinstance(items, list) else ():
        yield from _kubeadms(one, path)
    if data.get("kind") != "ClusterConfiguration":
        return
    network = _mapping(data.get("networking"))
    for key, name in ((SERVICES, "serviceSubnet"), (PODS, "podSubnet")):
        if isinstance(network.get(name), str) and network[name]:
            yield key, Said(_range(network[name]), path)
    extra = _mapping(data.get("apiServer")).get("extraArgs")
    if isinstance(extra, list):
        extra = {one.get("name"): one.get("value") for one in extra if isinstance(one, dict)}
    ports = _mapping(extra).get("service-node-port-range")
    if isinstance(ports, str):
        yield NODE_PORTS, Said(ports, path)


def _mapping(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def embedded_ranges(files: Files) -> Iterator[tuple[str, Said]]:
    """Of a Kubernetes in one program: what it was told, and else what it takes by itself."""
    found = embedded(files)
    if found is not None:
        for flag, key in (("service-cidr", SERVICES), ("cluster-cidr", PODS),
                          ("service-node-port-range", NODE_PORTS)):
            for value, path in found.values.get(flag, [])[-1:]:
                yield key, Said(_range(value), path)
    config, path = k0s_config(files)
    network = _mapping(_mapping(config.get("spec")).get("network"))
    dual = _mapping(network.get("dualStack"))
    for key, name, other in ((SERVICES, "serviceCIDR", "IPv6serviceCIDR"),
                             (PODS, "podCIDR", "IPv6podCIDR")):
        parts = [network.get(name), dual.get(other) if dual.get("enabled") is True else None]
        if isinstance(parts[0], str):
            yield key, Said(",".join(str(one) for one in parts if one), path)
    extra = _mapping(_mapping(_mapping(config.get("spec")).get("api")).get("extraArgs"))
    if isinstance(extra.get("service-node-port-range"), str):
        yield NODE_PORTS, Said(extra["service-node-port-range"], path)


def own_defaults(files: Files) -> Mapping[str, str]:
    """The ranges that a Kubernetes in one program takes where nothing is said."""
    found = embedded(files)
    if found is not None:
        return KUBERNETES[found.program]
    config, _ = k0s_config(files)
    if config:
        return KUBERNETES["k0s"]
    return KUBERNETES["microk8s"] if files.names(_MICROK8S) else {}
