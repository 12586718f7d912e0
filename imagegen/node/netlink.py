"""IPVS over generic netlink, by the pyroute2 that travels with the check.

Only where /proc/net/ip_vs cannot tell: a trial of the kernel, an affinity in seconds. Values are
read from the nested attributes, for pyroute2 0.9.7's `from_message` loses some of them, and its
`update` commands send a deletion.
"""

from __future__ import annotations

import os
import socket
import struct
import sys
from types import ModuleType

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    Untyped = Any  # pyroute2 has no annotations

# RFC 5737 and RFC 3849: addresses that nobody has
SERVICE_PORT, REAL_PORT = 20000, 6443
ADDRESSES = {"IPv4": ("198.51.100.0", "192.0.2.1"), "IPv6": ("2001:db8::", "2001:db8::1")}
# the attribute NETMASK, in the machine's order: of IPv6 it is the length of the prefix
PREFIX_OF_IPV6 = struct.pack("=I", 128)
TCP = 6
PROTOCOLS = {TCP: "TCP", 17: "UDP", 132: "SCTP"}
FORWARDING_MASK, MASQ = 7, 0
METHODS = ("Masq", "Local", "Tunnel", "Route", "Bypass")  # linux/ip_vs.h, IP_VS_CONN_F_*
ENOENT = 2


class NoFamily(CannotTell):
    """The kernel has no IPVS at all."""


class Virtual:
    """A virtual server with all of its real servers, each a name, a method and a weight.

    `name` as ipvsadm has it (`TCP 10.254.0.1:443`, `FWM 1481`), `family` IPv4 or IPv6, `flags` of
    linux/ip_vs.h, `timeout` in seconds, `mask` four bytes (of IPv6 a number in the machine's
    order), `engine` the persistence engine or empty.
    """

    __slots__ = ("engine", "family", "flags", "mask", "name", "scheduler", "servers", "timeout")

    def __init__(self, told: Untyped, servers: list[tuple[str, str, int]]) -> None:
        self.name, self.servers = _name(told), servers
        self.family = "IPv6" if told.get_attr("IPVS_SVC_ATTR_AF") == socket.AF_INET6 else "IPv4"
        self.scheduler = told.get_attr("IPVS_SVC_ATTR_SCHED_NAME")
        self.flags = told.get_attr("IPVS_SVC_ATTR_FLAGS")["flags"]
        self.timeout = told.get_attr("IPVS_SVC_ATTR_TIMEOUT")
        self.mask = socket.inet_aton(told.get_attr("IPVS_SVC_ATTR_NETMASK"))
        self.engine = told.get_attr("IPVS_SVC_ATTR_PE_NAME") or ""


def load() -> Untyped:
    """pyroute2's `ipvs` module, without the rest that `import pyroute2` would bring.

    A bare package stands in for pyroute2's own `__init__`; that halves the import.
    """
    if "pyroute2" not in sys.modules:
        package = ModuleType("pyroute2")
        package.__path__ = [_vendored()]
        sys.modules["pyroute2"] = package
    import pyroute2.ipvs

    return pyroute2.ipvs


def _vendored() -> str:
    """Where pyroute2 lies: beside this package in an archive, installed in a checkout."""
    if __name__ == "ipvs_check.netlink":
        return os.path.join(os.path.dirname(os.path.dirname(__file__)), "vendor", "pyroute2")
    from importlib.util import find_spec

    spec = find_spec("pyroute2")
    if spec is None or spec.origin is None:
        raise CannotTell("pyroute2 is not there")
    return os.path.dirname(spec.origin)


def opened(library: Untyped) -> Untyped:
    """A socket of the IPVS family. Raises NoFamily, or CannotTell for any other trouble."""
    from pyroute2.netlink.exceptions import NetlinkError

    try:
        return library.IPVS()
    except NetlinkError as error:
        if error.code == ENOENT:
            raise NoFamily("the kernel has no IPVS family: ip_vs is not loaded") from None
        raise CannotTell(f"the IPVS family does not answer: {error}") from None


def listed(library: Untyped, ipvs: Untyped) -> list[Virtual]:
    """The whole table, in the kernel's order; a round trip for each virtual server."""
    return [Virtual(told, [_server(one) for one in _servers(library, ipvs, told)])
            for told in _services(ipvs)]


def _services(ipvs: Untyped) -> list[Untyped]:
    return [message.get_attr("IPVS_CMD_ATTR_SERVICE") for message in ipvs.service("dump")]


def _servers(library: Untyped, ipvs: Untyped, told: Untyped) -> list[Untyped]:
    """The real servers of a virtual server; for a wrong key the kernel knows none, and no error."""
    mark = told.get_attr("IPVS_SVC_ATTR_FWMARK")
    key = {"fwmark": mark} if mark else {
        "protocol": told.get_attr("IPVS_SVC_ATTR_PROTOCOL"),
        "addr": told.get_attr("IPVS_SVC_ATTR_ADDR"), "port": told.get_attr("IPVS_SVC_ATTR_PORT")}
    service = library.IPVSService(af=told.get_attr("IPVS_SVC_ATTR_AF"), **key)
    return [message.get_attr("IPVS_CMD_ATTR_DEST")
            for message in ipvs.dest("dump", service=service)]


def _server(told: Untyped) -> tuple[str, str, int]:
    method = METHODS[told.get_attr("IPVS_DEST_ATTR_FWD_METHOD") & FORWARDING_MASK]
    return _place(told, "DEST"), method, told.get_attr("IPVS_DEST_ATTR_WEIGHT")


def _name(told: Untyped) -> str:
    mark = told.get_attr("IPVS_SVC_ATTR_FWMARK")
    if mark:
        return f"FWM {mark}"
    return f"{PROTOCOLS[told.get_attr('IPVS_SVC_ATTR_PROTOCOL')]} {_place(told, 'SVC')}"


def _place(told: Untyped, kind: str) -> str:
    address = told.get_attr(f"IPVS_{kind}_ATTR_ADDR")
    port = told.get_attr(f"IPVS_{kind}_ATTR_PORT")
    return f"[{address}]:{port}" if ":" in address else f"{address}:{port}"


def affinity(address: str, port: int) -> int:
    """Seconds of a TCP virtual server's session affinity. Raises CannotTell."""
    with opened(load()) as ipvs:
        for service in _services(ipvs):
            if (service.get_attr("IPVS_SVC_ATTR_ADDR"), service.get_attr("IPVS_SVC_ATTR_PORT"),
                    service.get_attr("IPVS_SVC_ATTR_PROTOCOL")) == (address, port, TCP):
                return int(service.get_attr("IPVS_SVC_ATTR_TIMEOUT"))
    raise CannotTell(f"netlink does not know {address}:{port}, though /proc/net/ip_vs does")


def trial(scheduler: str, families: tuple[str, ...]) -> str:
    """Make, read back and remove a virtual server and a Masq real server; a sentence on failure.

    To be called in a network namespace that nobody else uses. Raises CannotTell.
    """
    library = load()
    try:
        with opened(library) as ipvs:
            told = (_tried(library, ipvs, scheduler, family) for family in families)
            return next((trouble for trouble in told if trouble), "")
    except NoFamily as reason:
        return str(reason)


def _tried(library: Untyped, ipvs: Untyped, scheduler: str, family: str) -> str:
    from pyroute2.netlink.exceptions import NetlinkError

    address, real = ADDRESSES[family]
    mask = {"netmask": socket.inet_ntoa(PREFIX_OF_IPV6)} if family == "IPv6" else {}
    service = library.IPVSService(addr=address, port=SERVICE_PORT, protocol=TCP,
                                  sched_name=scheduler, **mask)
    server = library.IPVSDest(addr=real, port=REAL_PORT, fwd_method=MASQ, weight=1)
    step = f"an {family} virtual server"
    try:
        ipvs.service("add", service=service)
        step = f"an {family} Masq real server"
        ipvs.dest("add", service=service, dest=server)
        step = "reading both back"
        trouble = _read_back(library, ipvs, scheduler)
        step = "removing both"
        ipvs.service("del", service=service)
    except NetlinkError as error:
        return _refused(step, scheduler, error)
    return trouble


def _refused(step: str, scheduler: str, error: Untyped) -> str:
    if step.endswith("virtual server") and error.code == ENOENT:
        return f"the kernel has no scheduler {scheduler}"
    return f"{step} is refused: {os.strerror(error.code)}"


def _read_back(library: Untyped, ipvs: Untyped, scheduler: str) -> str:
    found = listed(library, ipvs)
    names = [one.scheduler for one in found]
    if names != [scheduler]:
        return f"read back other virtual servers than were made: {', '.join(names) or 'none'}"
    methods = [method for one in found for _name, method, _weight in one.servers]
    if methods != [METHODS[MASQ]]:
        return f"read back other real servers than were made: {', '.join(methods) or 'none'}"
    return ""
