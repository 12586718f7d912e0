"""The cluster's addresses that no file of a node says: written out, each with its note."""

from __future__ import annotations

import ipaddress
from collections.abc import Mapping
from typing import Any

from imagegen.adopt.cluster_files import NODE_PORTS, PODS, SERVICES, own_defaults
from imagegen.adopt.documents import mapping, texts
from imagegen.adopt.kubelet_config import kubelet_config, kubelet_flags
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.profile.cluster import Cluster, networks

_NAMES = {SERVICES: "service range", PODS: "pods' range"}
_ASK = {SERVICES: "take it from the API server's --service-cluster-ip-range (--service-cidr)",
        PODS: "take it from the network plugin's configuration (--pod-cidr)"}


def fill_in_cluster(cluster: dict[str, Any], files: Files, notes: Notes) -> dict[str, Any]:
    """The section with a guess for each range that is not known."""
    defaults = own_defaults(files)
    whole = Cluster().model_dump(mode="json", by_alias=True)
    dns = _name_server(files)
    for key in (SERVICES, PODS):
        if key not in cluster:
            cluster[key] = _guess(key, defaults, whole, cluster, notes)
    _tell_name_server(cluster[SERVICES], dns, notes)
    if NODE_PORTS not in cluster:
        notes.add("no file that adopt reads says which ports are node ports, so "
                  "they are Kubernetes' default: take them from the API server's "
                  "--service-node-port-range (--node-port-range)", "cluster", NODE_PORTS)
    if not cluster.get("apiServers"):
        notes.add("which API servers stand behind the `kubernetes` service is not known: name them "
                  "(--api-server), and every node proves that its table holds exactly these",
                  "cluster")
    return cluster


def _guess(key: str, defaults: Mapping[str, str], whole: Mapping[str, Any],
           cluster: Mapping[str, Any], notes: Notes) -> str:
    guess = defaults.get(key) or str(whole[key])
    other = cluster.get(SERVICES if key == PODS else PODS)
    if isinstance(other, str) and _disagree(guess, other):
        guess = _apart(key, other)
    whose = "what its Kubernetes takes by itself" if key in defaults else "imagegen's default"
    notes.add(f"no file that adopt reads says the {_NAMES[key]}, so {guess} is a "
              f"guess ({whose}): {_ASK[key]}", "cluster", key)
    return guess


def _disagree(guess: str, other: str) -> bool:
    """Whether two ranges overlap, or are of other families."""
    try:
        own, others = networks(guess), networks(other)
    except ValueError:
        return False
    return [one.version for one in own] != [one.version for one in others] or any(
        one.version == two.version and one.overlaps(two) for one in own for two in others)


def _apart(key: str, other: str) -> str:
    """Ranges of the same families that do not overlap the others."""
    likely = {4: ("10.96.0.0/12", "10.244.0.0/16", "172.20.0.0/16", "192.168.192.0/18"),
              6: ("fd00:10:96::/112", "fd00:10:97::/112") if key == SERVICES else (
                  "fd00:10:244::/56", "fd00:10:245::/56")}
    try:
        others = networks(other)
    except ValueError:
        return str(likely[4][key == PODS])
    return ",".join(next((text for text in likely[one.version]
                          if not ipaddress.ip_network(text).overlaps(one)), likely[one.version][-1])
                    for one in others)


def _name_server(files: Files) -> str:
    """The kubelet's cluster DNS, which is a service's address unless the node has a cache."""
    config = mapping(kubelet_config(files, Notes()) or "") or {}
    given = [*texts(config.get("clusterDNS")), kubelet_flags(files, Notes()).get("cluster-dns", "")]
    return next((one for one in given if one and not one.startswith("169.254.")), "")


def _tell_name_server(services: str, dns: str, notes: Notes) -> None:
    try:
        address = ipaddress.ip_address(dns)
        inside = any(address in one for one in networks(services))
    except ValueError:
        return
    if not inside:
        notes.add(f"the kubelet's cluster DNS is {dns}, which does not lie in {services}: the "
                  "service range is another one", "cluster", SERVICES)
