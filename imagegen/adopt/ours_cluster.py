"""The cluster's section of a node that imagegen made."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.ours import Expect, Ours
from imagegen.adopt.proxies import direct
from imagegen.adopt.tree import Files
from imagegen.knowledge.families import SMALLEST_SERVICE_RANGE, Family
from imagegen.knowledge.kubeadm import DEFAULT_NODE_PORTS
from imagegen.plan.facts import Rule
from imagegen.profile.cluster import networks

_API = (Rule.API_SERVICE, Rule.NFT_SERVICE)
_PREFIXES = {4: (12, 16, 20, 22, 24, 28, 29, 30), 6: (108, 112, 116, 120, 124, 126)}

# ranges that clusters have for services, for want of better
_LIKELY = ("10.96.0.0/12", "192.168.192.0/18", "172.20.0.0/16", "fd00:10:96::/112",
           "fd00:10:97::/112")


def cluster_of(ours: Ours, files: Files, pods: object, notes: Notes) -> dict[str, Any]:
    """The API service and its servers; the service ranges where nftables mode's facts or the node's
    proxy name them, else the likeliest that begin so."""
    expect = next((one for rule in _API for one in ours.by_rule(rule)), {})
    whose = _whose(ours)
    ranges = next(ours.by_rule(Rule.IPVS_ABSENT), whose).get("ranges")
    found: dict[str, Any] = {}
    if not (isinstance(ranges, list) and ranges):
        known = direct(files)
        first = _range_of(expect.get("address"), known, notes)
        more = _further(ours, first, known, str(pods or ""), notes)
        ranges = [*([first] if first else []), *more]
    if ranges:
        found["serviceCIDR"] = ",".join(map(str, ranges))
    if expect.get("port"):
        found["apiServicePort"] = expect["port"]
    if expect.get("realServers"):
        found["apiServers"] = expect["realServers"]
    told = next((expect["pods"] for expect, _ in ours.promised().values()
                 if isinstance(expect.get("pods"), list) and expect["pods"]), None)
    if told:
        found["podCIDR"] = ",".join(map(str, told))
    if whose.get("nodePorts") not in (None, DEFAULT_NODE_PORTS):
        found["nodePortRange"] = whose["nodePorts"]
    return found


def _whose(ours: Ours) -> Expect:
    """What a fact expects that tells the cluster's virtual servers by their ranges and ports."""
    return next((expect for expect, _ in ours.promised().values()
                 if isinstance(expect.get("nodePorts"), str)), {})


def _range_of(address: object, named: list[str], notes: Notes) -> str | None:
    try:
        first = ipaddress.ip_address(str(address))
    except ValueError:
        return None
    for text in named:
        if _begins(text, first):
            return text
    for prefix in _PREFIXES[first.version]:
        network = ipaddress.ip_network(f"{first}/{prefix}", strict=False)
        if network[1] == first:
            notes.add(f"the image names the API service {first}; that the range is {network} is a "
                      "guess", "cluster", "serviceCIDR")
            return str(network)
    return None


def _further(ours: Ours, first: str | None, named: list[str], pods: str,
             notes: Notes) -> Iterator[str]:
    """A range of each further family that services have: its own addresses leave no trace."""
    expects = (*ours.by_rule(Rule.PROBE), *ours.by_rule(Rule.PROXY_SYNC))
    families = next((list(expect["families"]) for expect in expects if expect.get("families")), [])
    for family in families:
        if first is None or Family.of(ipaddress.ip_network(first)) != family:
            likely = [*_own_ranges(named), *_LIKELY]
            guess = next(one for one in likely if Family.of(ipaddress.ip_network(one)) == family
                         and not _overlaps(one, pods))
            notes.add(f"the image serves {family}; that the range of its services is {guess} is a "
                      "guess", "cluster", "serviceCIDR")
            yield guess


def _own_ranges(named: list[str]) -> Iterator[str]:
    """The ranges that the node's proxy leaves alone; the pods' are among them."""
    for text in named:
        try:
            network = ipaddress.ip_network(text)
        except ValueError:
            continue
        if network.num_addresses >= SMALLEST_SERVICE_RANGE and not network.is_loopback:
            yield str(network)


def _overlaps(text: str, pods: str) -> bool:
    one = ipaddress.ip_network(text)
    try:
        others = networks(pods)
    except ValueError:
        return False
    return any(one.version == other.version and one.overlaps(other) for other in others)


def _begins(text: str, first: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return False
    return network.num_addresses > 1 and network[1] == first
