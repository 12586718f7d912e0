"""The IPVS table: the API service, and what is true of every virtual and every real server."""

from __future__ import annotations

from ..ipvs_proc import FWM, RealServer, Service, Table, hexadecimal, readable
from ..model import Outcome, not_yet, ok, warning
from ..whose import PROBE_ADDRESS, PROBE_PORT, left_alone
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# they give each client its real server by a hash, of weight 0 or not, and then refuse the
# connection
# where that one has weight 0; every other scheduler passes over it (kernel net/netfilter/ipvs:
# ip_vs_mh.c goes by last_weight, ip_vs_sh.c gives each at least one place of 256, ip_vs_dh.c the
# same
# to all; read of 3.2, 4.4, 5.x and 6.x, with rr, wrr, lc, wlc, lblc, lblcr, sed, nq, fo, ovf, twos)
HASHING = (b"mh", b"sh", b"dh")
STAYS_AFTER = 2.0  # seconds; kube-proxy takes milliseconds
LOOPBACK = (b"7F", b"[0000:0000:0000:0000:0000:0000:0000:0001]")


def api_service(expect: dict[str, Any], node: Node) -> Outcome:
    """The API service and its real servers: those that are named, or at least a usable one."""
    table = node.table()
    address = f"{expect['address']}:{expect['port']}"
    named = [_spelled(one) for one in node.settings.api_servers or expect.get("realServers") or ()]
    wanted = f"{address} -> {', '.join(named) if named else 'a usable API server'}"
    service = table.get("TCP", hexadecimal(expect["address"], expect["port"]))
    if service is None:
        return not_yet(wanted, f"no virtual server {address} yet; {_so_far(table)}")
    servers = table.real_servers(service)
    if not servers:
        return not_yet(wanted, f"{address} has no real servers")
    if all(server.weight == 0 for server in servers):
        return not_yet(wanted, f"{address}: all real servers have weight 0 ({_names(servers)})")
    return _exactly(wanted, address, named, servers, _affinity(node, expect, service))


def _spelled(server: str) -> str:
    """`ADDRESS:PORT` as the table's lines are shown, whatever way an IPv6 address was written."""
    address, _, port = server.rpartition(":")
    return readable(hexadecimal(address.strip("[]"), int(port)))


def _exactly(
    wanted: str, address: str, named: list[str], servers: list[RealServer], more: str
) -> Outcome:
    usable = {server.name for server in servers if server.weight > 0}
    missing = [name for name in named if name not in usable]
    extra = sorted(usable - set(named)) if named else []
    if not missing and not extra:
        return ok(wanted, f"{_names(servers)}{more}")
    parts = [f"{', '.join(missing)} missing"] if missing else []
    parts += [f"{', '.join(extra)} not expected"] if extra else []
    return not_yet(wanted, f"{address}: {'; '.join(parts)}; there are {_names(servers)}",
                   "Compare with `kubectl get endpointslices -l kubernetes.io/service-name="
                   "kubernetes`, and with apiServers in the profile or /etc/imagegen/node.json.")


def _affinity(node: Node, expect: dict[str, Any], service: Service) -> str:
    """Session affinity in seconds, which only netlink tells; the usual service has none."""
    if b"persistent" not in service.flags:
        return ""
    seconds = node.host.affinity(expect["address"], expect["port"])
    return f"; session affinity {seconds} s"


def scheduler(expect: dict[str, Any], node: Node) -> Outcome:
    """Every virtual server uses it."""
    table, name = node.table(), expect["name"]
    others = [service for service in table.with_scheduler_other_than(name)
              if not left_alone(service, expect, node)]
    if not others:
        return ok(f"{name} everywhere", counted(table.count, "virtual server"))
    shown = ", ".join(f"{service.name} {service.scheduler.decode('ascii', 'replace')}"
                      for service in others[:5])
    return not_yet(f"{name} everywhere", f"{len(others)} with another scheduler: {shown}",
                   "Restart kube-proxy with the profile's scheduler, or remove them with `ipvsadm "
                   "-D` where another program made them.")


def forwarding(expect: dict[str, Any], node: Node) -> Outcome:
    """Every real server of kube-proxy's is reached this way; marks are somebody else's."""
    table, method = node.table(), expect["method"]
    wanted = f"{method} everywhere"
    wrong = [f"{service.name} -> {server.name} {server.method}"
             for service, server in table.unusual(method)
             if service.protocol != FWM and server.method != method
             and not left_alone(service, expect, node)]
    if wrong:
        return not_yet(wanted, f"{len(wrong)} otherwise: {', '.join(wrong[:5])}",
                       "Remove the real server with `ipvsadm -d`; kube-proxy makes it anew.")
    portless = _portless(table)
    if portless:
        return warning(wanted, f"Masq without a port drops every packet: {', '.join(portless[:5])}")
    return ok(wanted, counted(table.real_count, "real server"))


def endpoints(expect: dict[str, Any], node: Node) -> Outcome:
    """A virtual server with real servers has one that is usable; one without any is legal."""
    table = node.table()
    wanted = "no virtual server whose real servers all have weight 0"
    drained = {service.place: service for service, server in table.unusual() if server.weight == 0}
    dead = [service.name for service in drained.values()
            if all(server.weight == 0 for server in table.real_servers(service))
            and not left_alone(service, expect, node)]
    if dead:
        return not_yet(wanted, f"all real servers have weight 0: {', '.join(dead[:5])}",
                       "Restart kube-proxy: it forgot to raise them again (kubernetes 108319).")
    empty = [service.name for service in table.without_real_servers()
             if not _is_probe(service) and not left_alone(service, expect, node)]
    if empty:
        return warning(wanted, f"no real servers (a Service without endpoints): "
                       f"{', '.join(empty[:5])}")
    refusing = [f"{one.name} ({one.scheduler.decode()})" for one in drained.values()
                if one.scheduler in HASHING and not left_alone(one, expect, node)]
    if refusing:
        return warning(wanted, f"{len(refusing)} draining, whose scheduler still gives clients to "
                       f"the real server of weight 0, and their new connections are refused: "
                       f"{', '.join(refusing[:5])}",
                       "Wait until kube-proxy removes the real server, which it does when its last "
                       "connection ends. Where clients cannot bear that, choose a scheduler that "
                       "does not hash, such as rr or lc.")
    return ok(wanted, f"{len(drained)} draining" if drained else "none")


def stray_probe(expect: dict[str, Any], node: Node) -> Outcome:
    """kube-proxy's trial of the scheduler may be seen; it must not be there at a second look."""
    key = hexadecimal(PROBE_ADDRESS, PROBE_PORT)
    wanted = f"no TCP {PROBE_ADDRESS}:{PROBE_PORT} that stays"
    if node.table().get("TCP", key) is None:
        return ok(wanted, "none")
    if not node.host.live:
        return warning(wanted, "there; one look cannot tell whether it stays")
    node.host.sleep(STAYS_AFTER)
    if node.table_again().get("TCP", key) is None:
        return ok(wanted, "kube-proxy was trying the kernel at this moment")
    return not_yet(wanted, f"TCP {PROBE_ADDRESS}:{PROBE_PORT} is still there after "
                   f"{STAYS_AFTER:g} s", f"Run `ipvsadm -D -t {PROBE_ADDRESS}:{PROBE_PORT}`.")


def loopback(expect: dict[str, Any], node: Node) -> Outcome:
    """Virtual servers on loopback can carry nothing in IPVS mode; up to 1.21 kube-proxy made them.

    A warning only: they do no harm (kubernetes 96879, 67730). Never suggest route_localnet.
    """
    if expect["allowed"]:
        return ok("allowed for this version", "not looked at")
    found = [service.name for service in node.table().starting_with(LOOPBACK)]
    if found:
        return warning("none on loopback", "loopback NodePort virtual servers are unusable in IPVS "
                       f"mode: {', '.join(found[:5])}", "Leave loopback out of nodePortAddresses.")
    return ok("none on loopback", "none")


def _is_probe(service: Service) -> bool:
    return service.key == hexadecimal(PROBE_ADDRESS, PROBE_PORT)


def _portless(table: Table) -> list[str]:
    """Masq needs a port, which a mark does not give (kube-router 40)."""
    return [f"{service.name} -> {server.name}"
            for service in table.by_mark() for server in table.real_servers(service)
            if server.method == "Masq" and server.key.endswith(b":0000")]


def _names(servers: list[RealServer]) -> str:
    return ", ".join(
        server.name if server.weight else f"{server.name} (weight 0)" for server in servers
    )


def _so_far(table: Table) -> str:
    return f"{counted(table.count, 'virtual server')} so far"
