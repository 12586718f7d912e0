"""Addresses of one node, programs of another version, ports that the node itself listens on."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from imagegen.profile.fields import shown
from imagegen.profile.lints.kube_proxy import CONFIG
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

Path = tuple[str | int, ...]
_VERSION = re.compile(r"[/_-]v?(1\.[0-9]{1,3}\.[0-9]{1,3})(?=[/_+.-]|$)")
_ELSEWHERE = re.compile(r"\b(arm64|arm|ppc64le|s390x|386|darwin|windows)\b")
_ARCHIVE = re.compile(r"\.(tar|tgz|tar\.gz|tar\.xz|zip|deb|rpm)\Z")
# listened on by the node itself (kubernetes.io, Ports and Protocols)
_TAKEN = {22: "ssh", 2379: "etcd", 2380: "etcd", 6443: "the API server", 10250: "the kubelet",
          10257: "the controller manager", 10259: "the scheduler"}


def addresses_of_one_node(profile: Profile) -> Iterator[Problem]:
    """The image is every node's, and these are addresses of one."""
    config, given = profile.kube_proxy.config, profile.kube_proxy.config.model_fields_set
    hosts = {"metricsBindAddress": config.metrics_bind_address.rpartition(":")[0].strip("[]"),
             "healthzBindAddress": config.healthz_bind_address.rpartition(":")[0].strip("[]")}
    names = {"metricsBindAddress": "metrics_bind_address",
             "healthzBindAddress": "healthz_bind_address"}
    for name, host in hosts.items():
        address = ipaddress.ip_address(host)
        served = any(address.version == services.version for services in profile.cluster.services)
        if names[name] in given and served and not (address.is_unspecified or address.is_loopback):
            yield Problem((*CONFIG, name), f"{host} is one node's address, and the image is every "
                          "node's: on all others it is wrong", "listen on 127.0.0.1, or on all by "
                          "0.0.0.0 or ::", rule="kube-proxy-address-of-one-node",
                          severity=Severity.WARNING)


def program_urls(profile: Profile) -> Iterator[Problem]:
    """A sha256 pins whatever lies there, also the wrong program."""
    binary, kubelet = profile.kube_proxy.binary, profile.os.kubelet
    if binary.url:
        yield from _url(binary.url, profile.kube_proxy.version, ("kubeProxy", "binary", "url"))
    if kubelet is not None and kubelet.url:
        yield from _url(kubelet.url, kubelet.version, ("os", "kubelet", "url"))


def _url(url: str, version: str, path: Path) -> Iterator[Problem]:
    named = [found for found in _VERSION.findall(url) if found != version]
    machine, archive = _ELSEWHERE.search(url), _ARCHIVE.search(url)
    if archive:
        yield _wrong(path, f"{shown(url)} is an archive, and this field takes the program itself")
    elif named and version not in url:
        yield _wrong(path, f"the URL names version {named[0]}, and the profile {version}")
    elif machine:
        yield _wrong(path, f"the URL names {machine[0]}, and the node is linux on amd64")


def _wrong(path: Path, what: str) -> Problem:
    return Problem(path, what, "name the program's own URL, and its sha256",
                   rule="program-url", severity=Severity.WARNING)


def ports_of_the_node(profile: Profile) -> Iterator[Problem]:
    """A service that is given such a port takes it away from who listens on it."""
    first, last = map(int, profile.cluster.node_port_range.split("-"))
    config = profile.kube_proxy.config
    own = {int(where.rpartition(":")[2]): "kube-proxy"
           for where in (config.metrics_bind_address, config.healthz_bind_address)}
    hit = {port: who for port, who in sorted((_TAKEN | own).items()) if first <= port <= last}
    if hit:
        ports = ", ".join(f"{port} ({who})" for port, who in hit.items())
        yield Problem(("cluster", "nodePortRange"), f"the node ports hold {ports}: a service that "
                      "is given one takes it away",
                      "choose a range beside them, such as 30000-32767",
                      rule="cluster-node-ports-taken", severity=Severity.WARNING)
