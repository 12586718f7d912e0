"""The cluster's section of a node that imagegen made."""

from __future__ import annotations

import ipaddress
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.ours import Ours
from imagegen.adopt.proxies import direct
from imagegen.adopt.tree import Files
from imagegen.plan.facts import Rule

_API = (Rule.API_SERVICE, Rule.NFT_SERVICE)
_PREFIXES = {4: (12, 16, 20, 22, 24, 28, 29, 30), 6: (108, 112, 116, 120, 124, 126)}


def cluster_of(ours: Ours, files: Files, notes: Notes) -> dict[str, Any]:
    """The API service and its servers; the service range where nftables mode's facts or the node's
    proxy name it, else the likeliest that begins so."""
    expect = next((one for rule in _API for one in ours.by_rule(rule)), {})
    ranges = next(ours.by_rule(Rule.IPVS_ABSENT), {}).get("ranges")
    found: dict[str, Any] = {}
    if isinstance(ranges, list) and ranges:
        found["serviceCIDR"] = ",".join(map(str, ranges))
    elif cidr := _range_of(expect.get("address"), direct(files), notes):
        found["serviceCIDR"] = cidr
    if expect.get("port"):
        found["apiServicePort"] = expect["port"]
    if expect.get("realServers"):
        found["apiServers"] = expect["realServers"]
    return found


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


def _begins(text: str, first: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    try:
        network = ipaddress.ip_network(text)
    except ValueError:
        return False
    return network.num_addresses > 1 and network[1] == first
