"""nftables mode: the API service in kube-proxy's own table, and nothing left of IPVS mode."""

from __future__ import annotations

import re

from ..ipvs_proc import FWM, Service, hexadecimal, packed_address, readable
from ..model import CannotTell, Outcome, not_yet, ok, red, warning
from ..ranges import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# kubernetes pkg/proxy/nftables/proxier.go: these names are the same from 1.29 on
TABLE, SERVICES = "kube-proxy", "service-ips"
CHAIN = re.compile(r": goto ([^\s,]+)")
# a name ends in its endpoint; `.` stands there for the `:` of IPv6, which no name may hold
ENDPOINT = re.compile(r"goto endpoint-[^\s,]+?__([0-9a-f.]+)/([0-9]+)")
# nft reads the ruleset before it answers, and a large cluster's is large
SECONDS = 60.0
DEVICE = "kube-ipvs0"


def service(expect: dict[str, Any], node: Node) -> Outcome:
    """The API service and its endpoints: those that are named, or at least one."""
    address, port = expect["address"], expect["port"]
    family = "ip6" if ":" in address else "ip"
    named = [_spelled(one) for one in node.settings.api_servers or expect.get("realServers") or ()]
    wanted = f"{address} port {port} -> {', '.join(named) if named else 'an API server'}"
    if f"table {family} {TABLE}" not in _nft(node, "list", "tables").splitlines():
        return not_yet(wanted, f"there is no table {family} {TABLE}",
                       "Restart kube-proxy: it makes the table at its start.")
    element = f"{{ {address} . tcp . {port} }}"
    chain = CHAIN.search(_nft(node, "get", "element", family, TABLE, SERVICES, element))
    if chain is None:
        return not_yet(wanted, f"the map {SERVICES} does not hold {address} . tcp . {port}")
    rules = _nft(node, "list", "chain", family, TABLE, chain.group(1))
    return _exactly(wanted, named, sorted({_endpoint(*one) for one in ENDPOINT.findall(rules)}))


def _exactly(wanted: str, named: list[str], found: list[str]) -> Outcome:
    missing = [one for one in named if one not in found]
    extra = [one for one in found if one not in named] if named else []
    if found and not missing and not extra:
        return ok(wanted, ", ".join(found))
    parts = [f"{', '.join(missing)} missing"] if missing else []
    parts += [f"{', '.join(extra)} not expected"] if extra else []
    return not_yet(wanted, "; ".join(parts) or "the API service has no endpoints",
                   "Compare with `kubectl get endpointslices -l kubernetes.io/service-name="
                   "kubernetes`, and with apiServers in the profile or /etc/imagegen/node.json.")


def _endpoint(address: str, port: str) -> str:
    dotted_four = address.count(".") == 3 and all(part.isdigit() for part in address.split("."))
    return _spelled(f"{address if dotted_four else address.replace('.', ':')}:{port}")


def _spelled(server: str) -> str:
    """`ADDRESS:PORT` in one spelling, whatever way an IPv6 address was written."""
    address, _, port = server.rpartition(":")
    return readable(hexadecimal(address.strip("[]"), int(port)))


def _nft(node: Node, *argv: str) -> str:
    """What nft says; empty where what is asked for is not there."""
    code, text = node.host.output(["nft", *argv], timeout=SECONDS)
    said = text.decode("utf-8", "replace")
    if code == 0:
        return said
    if "No such file or directory" in said:
        return ""
    raise CannotTell(f"`nft {' '.join(argv)}` fails: {said.strip()[-160:]}")


def without_ipvs(expect: dict[str, Any], node: Node) -> Outcome:
    """No kube-ipvs0, and no virtual server in the cluster's service ranges; others are not ours."""
    wanted = "nothing of IPVS mode"
    remedy = (
        "Restart kube-proxy: it clears IPVS mode away. Where it comes back, find what makes it.")
    if node.interface(DEVICE) is not None:
        return red(wanted, f"there is a device {DEVICE}: another kube-proxy runs in IPVS mode, or "
                   "one left it", remedy)
    if not node.exists("/proc/net/ip_vs"):
        return ok(wanted, "the kernel has no IPVS loaded")
    servers = node.table().services()
    ours = [one.name for one in servers if _in_ranges(one, expect["ranges"])]
    if ours:
        return red(wanted, f"virtual servers of service addresses: {', '.join(ours[:5])}", remedy)
    if servers:
        return warning(wanted, f"virtual servers of somebody else: "
                       f"{', '.join(one.name for one in servers[:5])}")
    return ok(wanted, "no virtual servers")


def _in_ranges(service: Service, ranges: list[str]) -> bool:
    return service.protocol != FWM and within(packed_address(service.key), ranges)
