"""kube-proxy's ipsets: all of its version's, of the right type and family, and filled."""

from __future__ import annotations

import socket

from ..ipset import PROTOCOLS
from ..lasting import lasting
from ..model import Outcome, not_yet, ok, red
from ..ranges import within
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ipvs_proc import Entry, Table
    from ..state import Node

LENGTHS = {"IPv4": 4, "IPv6": 16}  # bytes of an address
PORTS = "bitmap:port"  # has no family


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Each `NAME TYPE` is there, of this family; a set that the profile does not know is none."""
    family, told = expect["family"], [one.split() for one in expect["sets"]]
    wanted, found = f"{counted(len(told), 'ipset')} of {family}", node.sets()
    missing = [name for name, _ in told if name not in found]
    if missing:
        return not_yet(wanted, f"there is no ipset {_some(missing)}",
                       f"Read `journalctl -u kube-proxy`: it says why it leaves {family} out.")
    other = [f"{name} is {found[name].type} of {found[name].family}" for name, kind in told
             if found[name].type != kind or (found[name].family != family and kind != PORTS)]
    if other:
        return red(wanted, _some(other), "Destroy them with `ipset destroy` once no rule names "
                   "them (`iptables -F` first), and restart kube-proxy: it makes its own.")
    return ok(wanted, "there")


def entries(expect: dict[str, Any], node: Node) -> Outcome:
    """The set of service addresses holds just the virtual servers that the table has of them.

    kube-proxy writes the table all through a sync and the set at its end (syncProxyRules in
    pkg/proxy/ipvs/proxier.go), so that only what stays so is a difference.
    """
    name, read = expect["name"], node.table
    if name not in node.sets():
        return not_yet(f"{name} with each service", f"there is no ipset {name}")
    held: set[Entry] = set()
    served: set[Entry] = set()

    def find() -> dict[tuple[str, Entry], None]:
        nonlocal held, served, read
        served, held = _served(expect, read()), node.host.members(name)
        read = node.table_again
        return dict.fromkeys([*(("lacks", entry) for entry in served - held),
                              *(("holds", entry) for entry in held - served)])

    found = lasting(find, node, [expect["family"]])
    wanted = f"{name} with each of {counted(len(served), 'service')}"
    if not found:
        return ok(wanted, counted(len(held), "entry", "entries"))
    return not_yet(wanted, f"{counted(len(held), 'entry', 'entries')} in {name}, "
                   f"{counted(len(served), 'virtual server')} of service addresses: it "
                   f"{_told(list(found))}", "Restart kube-proxy: it fills the set anew.")


def _told(found: list[tuple[str, Entry]]) -> str:
    """`lacks 10.254.0.1,tcp:443 and holds 10.254.0.2,tcp:80`."""
    which = {what: sorted(_spoken(entry) for kind, entry in found if kind == what)
             for what in ("lacks", "holds")}
    return " and ".join(f"{what} {_some(names)}" for what, names in which.items() if names)


def _served(expect: dict[str, Any], table: Table) -> set[Entry]:
    """The virtual servers of kube-proxy's that lie in the ranges."""
    ranges, length = expect["ranges"], LENGTHS[expect["family"]]
    served = table.entries_within(ranges, length)
    left_alone = expect.get("excluded")
    return {one for one in served if not within(one[0], left_alone)} if left_alone else served


def _spoken(entry: Entry) -> str:
    """`10.254.0.1,tcp:443`, as ipset writes it."""
    address, port, protocol = entry
    name = next((one for one, number in PROTOCOLS.items() if number == protocol), str(protocol))
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(address))
    shown = socket.inet_ntop(family, address) if family else address.hex()
    return f"{shown},{name.lower()}:{int.from_bytes(port, 'big')}"


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
