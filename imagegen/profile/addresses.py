"""The types of a profile's addresses: ranges, endpoints, ports, and names of hosts."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator

from imagegen.knowledge.kubernetes_fields import KEYWORDS
from imagegen.profile.fields import Kind, Refused, Text, as_text, brief, matching, shown


def _cidr(text: str) -> str:
    try:
        if "%" in text:
            raise ValueError("a zone means nothing in a range")
        network = ipaddress.ip_network(text, strict=False)
    except ValueError:
        raise Refused("cidr-form",
                      f"{shown(text)} is not an address range; write it like 10.254.0.0/16"
                      ) from None
    if "/" not in text:
        raise Refused("cidr-prefix", f"{shown(text)} has no prefix length; write it like {network}")
    if isinstance(network, ipaddress.IPv6Network) and network.network_address.ipv4_mapped:
        raise Refused("cidr-form",
                      f"{shown(text)} is an IPv4 range in an IPv6 spelling, which programs read in "
                      "different ways; write it like 10.254.0.0/16")
    if text != str(network):
        raise Refused("cidr-host-bits",
                      f"{shown(text)} has host bits set, or an unusual spelling; the range is "
                      f"{network}")
    return text


def _cluster_cidr(text: str) -> str:
    """One range, or one of each family: Kubernetes stops at anything else (kubernetes 78020)."""
    parts = text.split(",")
    if any(part != part.strip() for part in parts):
        raise Refused("cluster-cidr-blank",
                      f"{shown(text)} has a blank that Kubernetes does not take; write "
                      f"{brief(','.join(part.strip() for part in parts))}")
    families = [ipaddress.ip_network(_cidr(part)).version for part in parts]
    if len(set(families)) != len(families):
        raise Refused("cluster-cidr-families",
                      f"{shown(text)} has two ranges of one address family; Kubernetes takes at "
                      "most one IPv4 and one IPv6 range")
    return text


def _no_list(value: object) -> object:
    if isinstance(value, list) and value and all(isinstance(part, str) for part in value):
        raise Refused("cluster-cidr-list",
                      f"must be one text, not a list; write \"{brief(','.join(value))}\"")
    return value


def _address(text: str) -> str:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        raise Refused("address-form", f"{shown(text)} is not an IP address") from None
    if "%" in text or text != str(address):
        plain = ipaddress.ip_address(text.partition("%")[0])
        raise Refused("address-form",
                      f"{shown(text)} is an unusual spelling of an address; write {plain}")
    return text


def _endpoint(text: str) -> str:
    host, _, port = text.rpartition(":")
    bare = host[1:-1] if host.startswith("[") and host.endswith("]") else host
    if not _is_port(port) or not bare or (":" in bare) != (bare != host):
        raise Refused("endpoint-form",
                      f"{shown(text)} is not ADDRESS:PORT; write it like 192.168.1.142:6443 or "
                      "[2001:db8::1]:6443")
    if ":" not in bare and re.search("[a-zA-Z]", bare):
        raise Refused("address-form", f"{shown(bare)} is not an IP address, and a name is not "
                      "looked up here; write the address that it stands for")
    _address(bare)
    return text


def _host_port(text: str) -> str:
    """An endpoint whose host may be a name: a load balancer's."""
    host, _, port = text.rpartition(":")
    if "[" in host or _DIGITS.fullmatch(host):
        return _endpoint(text)
    if not _is_port(port) or not _DNS_NAME.fullmatch(host) or len(host) > 253:
        raise Refused("host-port-form", f"{shown(text)} is not HOST:PORT; write it like "
                      "api.example.org:6443 or 192.0.2.1:6443")
    return text


_LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
_DNS_NAME = re.compile(rf"{_LABEL}(\.{_LABEL})*")
_DIGITS = re.compile("[0-9.]+")


def _is_port(text: str) -> bool:
    return re.fullmatch("[1-9][0-9]{0,4}", text) is not None and int(text) < 65536


def _port_range(text: str) -> str:
    low, _, high = text.partition("-")
    if not re.fullmatch("[0-9]+-[0-9]+", text):
        raise Refused("port-range-form",
                      f"{shown(text)} is not a port range; write it like 30000-32767")
    if not (_is_port(low) and _is_port(high) and int(low) <= int(high)):
        raise Refused("port-range-form", f"{shown(text)} must go upwards within 1-65535")
    return text


def _node_port_address(text: str) -> str:
    """A range, or a word of kube-proxy's; knowledge/kubernetes_fields says since when."""
    word = text.strip().lower()
    if word in KEYWORDS and text != word:
        raise Refused("cidr-form", f"{shown(text)} is no word of kube-proxy's; write {word}")
    return text if text in KEYWORDS else _cidr(text)


Cidr = Annotated[Text, AfterValidator(_cidr),
                 Kind("an address range", "address ranges", "^[0-9A-Fa-f:.]+/[0-9]{1,3}$")]
ClusterCidr = Annotated[str, BeforeValidator(_no_list), BeforeValidator(as_text),
                        AfterValidator(_cluster_cidr),
                        Kind("an address range, or one of each family with a comma", "ranges",
                             "^[0-9A-Fa-f:.]+/[0-9]{1,3}(,[0-9A-Fa-f:.]+/[0-9]{1,3})?$")]
Address = Annotated[Text, AfterValidator(_address),
                    Kind("an IP address", "IP addresses", "^[0-9a-f:.]+$")]
Endpoint = Annotated[Text, AfterValidator(_endpoint),
                     Kind("ADDRESS:PORT", "ADDRESS:PORT",
                          r"^([0-9.]+|\[[0-9a-f:.]+\]):[1-9][0-9]{0,4}$")]
# RFC 1123, as Kubernetes wants a domain
DnsName = Annotated[Text, matching(
    rf"^{_LABEL}(\.{_LABEL})*$", "cluster.local", 253, rule="dns-name-form"),
    Kind("a DNS name in lower case", "DNS names")]
HostPort = Annotated[Text, AfterValidator(_host_port),
                     Kind("HOST:PORT, an address or a DNS name", "HOST:PORT")]
PortRange = Annotated[Text, AfterValidator(_port_range),
                      Kind("a port range, LOW-HIGH", "ranges",
                           "^[1-9][0-9]{0,4}-[1-9][0-9]{0,4}$")]
NodePortAddress = Annotated[Text, AfterValidator(_node_port_address),
                            Kind("an address range, or one of kube-proxy's words",
                                 "address ranges, or kube-proxy's words")]
