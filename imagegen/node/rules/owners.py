"""Who else owns an address of kube-ipvs0: an API server, the node itself, its router, a device.

What lies on kube-ipvs0 is the node's own, so that no packet to the other owner leaves this node.
kube-proxy binds whatever a Service names: its externalIPs and its load balancer's addresses
(kubernetes pkg/proxy/ipvs/proxier.go, syncService). Up to 1.26 it binds an address that another
device has as well, later it does not and takes it away (`shouldBind`).
"""

from __future__ import annotations

import socket
import struct

from ..addresses import shown
from ..ipvs_proc import hexadecimal, packed_address
from ..model import Outcome, not_yet, warning
from ..ranges import within
from ..state import NETWORK
from ..whose import is_loopback

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

ROUTES = "/proc/net/route"
LINK_LOCAL = b"\xfe\x80"
WHOLE = {4: 32, 16: 128}  # prefix of an address that stands for itself, by its bytes
SHOULD_BIND = (1, 27)


def conflict(expect: dict[str, Any], node: Node, name: str) -> Outcome | None:
    """The gravest owner beside kube-ipvs0; None where there is none."""
    carried = {one for one in node.addresses_of(name) if not one.startswith(LINK_LOCAL)}
    wanted = f"{name} carries no address that another owner has"
    return (_of_api_servers(expect, node, carried, wanted) or _of_router(node, carried, wanted)
            or _of_devices(expect, node, carried, wanted, name)
            or _of_real_servers(node, carried, wanted))


def _of_api_servers(expect: dict[str, Any], node: Node, carried: set[bytes],
                    wanted: str) -> Outcome | None:
    # the profile's stand in the fact of the API service, since a seed may name others
    named = node.settings.api_servers or [
        one for fact in node.expectations.facts if fact.rule == "api_service"
        for one in fact.expect.get("realServers") or ()]
    servers = {packed for one in named if (packed := _packed(one.rpartition(":")[0].strip("[]")))}
    api = expect.get("api")
    if api:
        address, _, port = api.rpartition(":")
        service = node.table().get("TCP", hexadecimal(address.strip("[]"), int(port)))
        servers |= {packed_address(one.key) for one in
                    (node.table().real_servers(service) if service else ())}
    taken = servers & carried
    if not taken:
        return None
    return not_yet(wanted, f"{_names(taken)} is an API server's address, and what this node sends "
                   "there stays on the node", _out_of_services(taken))


def _of_router(node: Node, carried: set[bytes], wanted: str) -> Outcome | None:
    """The next hop of a default route, in the byte order of the machine (net/ipv4/fib_trie.c)."""
    text = (node.read(ROUTES) or b"").decode("ascii", "replace")
    rows = [row.split() for row in text.splitlines()[1:]]
    hops = {struct.pack("=I", int(row[2], 16)) for row in rows
            if len(row) > 7 and row[1] == row[7] == "00000000" and row[2] != "00000000"}
    taken = hops & carried
    if not taken:
        return None
    return not_yet(wanted, f"{_names(taken)} is the address of this node's router",
                   _out_of_services(taken))


def _of_devices(expect: dict[str, Any], node: Node, carried: set[bytes], wanted: str,
                name: str) -> Outcome | None:
    """An address that a second device has: the node's own, a service's, or a virtual one."""
    index = node.interface(name)
    both = [one for one in node.addresses() if one[0] != index and one[2] in carried
            and not is_loopback(one[2])]
    services = [one for one in both if within(one[2], expect.get("ranges"))]
    if services:
        packed = services[0]
        device = _device(node, packed[0])
        return not_yet(wanted, f"{_names({packed[2]})} is on {device} as well, and it is a "
                       "service's address", f"Run `ip address del {shown(packed)} dev {device}`, "
                       f"and find what gave it to {device}.")
    own = {one[2] for one in both if one[3] < WHOLE[len(one[2])]}
    if own:
        return not_yet(wanted, f"{_names(own)} is the node's own address, of "
                       f"{', '.join(sorted({_device(node, one[0]) for one in both}))}",
                       _out_of_services(own))
    if not both:
        return None
    other = {one[2] for one in both}
    device = _device(node, both[0][0])
    judge = warning if _binds_both(node) else not_yet
    return judge(wanted, f"{_names(other)} is on {device} as well", f"Restart kube-proxy, which "
                 f"leaves to {device} what {device} has. Where the address comes back, let one of "
                 f"the two have it: take it out of the Service, or off {device}.")


def _of_real_servers(node: Node, carried: set[bytes], wanted: str) -> Outcome | None:
    taken = node.table().real_addresses() & carried
    if not taken:
        return None
    return warning(wanted, f"{_names(taken)} is a real server's address, and connections to it end "
                   "on this node", _out_of_services(taken))


def _out_of_services(taken: set[bytes]) -> str:
    return (f"Take {_names(taken)} out of the Service that names it in externalIPs or in its load "
            "balancer's status: `kubectl get services -A -o wide` shows which. A restart of "
            "kube-proxy would bind it again.")


def _binds_both(node: Node) -> bool:
    numbers = node.expectations.kube_proxy.version.split(".")[:2]
    return all(map(str.isdigit, numbers)) and tuple(map(int, numbers)) < SHOULD_BIND


def _device(node: Node, index: int) -> str:
    return next((one for one in node.names(NETWORK) if node.interface(one) == index),
                "another device")


def _packed(address: str) -> bytes:
    """Empty for a name, which the rule of the API service refuses."""
    try:
        return socket.inet_pton(socket.AF_INET6 if ":" in address else socket.AF_INET, address)
    except OSError:
        return b""


def _names(packed: set[bytes]) -> str:
    return ", ".join(socket.inet_ntop(socket.AF_INET if len(one) == 4 else socket.AF_INET6, one)
                     for one in sorted(packed)[:5])
