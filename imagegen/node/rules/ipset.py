"""kube-proxy's ipsets: all of its version's, of the right type and family, and filled."""

from __future__ import annotations

import socket

from ..ipset import PROTOCOLS
from ..lasting import lasting
from ..model import Outcome, not_yet, ok, red
from ..set_entries import LENGTHS, set_differences
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ipvs_proc import Entry
    from ..set_entries import Difference
    from ..state import Node

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
    """The sets hold what the table and the device say, and what they say of each other.

    kube-proxy writes the table all through a sync and the sets at its end (syncProxyRules in
    pkg/proxy/ipvs/proxier.go), so that only what stays so is a difference.
    """
    name, again = expect["name"], False
    if name not in node.sets():
        return not_yet(f"{name} with each service", f"there is no ipset {name}")
    served = held = 0

    def find() -> dict[Difference, None]:
        nonlocal again, served, held
        if again:
            node.table_again()
        again = True
        length, ranges = LENGTHS[expect["family"]], expect["ranges"]
        served = len(node.table().entries_within(ranges, length))
        held = len(node.host.members(name))
        return set_differences(expect, node)

    found = lasting(find, node, [expect["family"]])
    wanted = f"{name} with each of {counted(served, 'service')}, and the sets beside it"
    if not found:
        return ok(wanted, counted(held, "entry", "entries"))
    return not_yet(wanted, f"{counted(held, 'entry', 'entries')} in {name}, "
                   f"{counted(served, 'virtual server')} of service addresses: {_told(found)}",
                   "Restart kube-proxy: it fills the sets anew.")


def _told(found: dict[Difference, None]) -> str:
    """`KUBE-CLUSTER-IP lacks 10.254.0.1,tcp:443 and holds 10.254.0.2,tcp:80`."""
    said: dict[str, dict[str, list[str]]] = {}
    for name, what, entry in found:
        said.setdefault(name, {}).setdefault(what, []).append(_spoken(entry))
    return "; ".join(f"{name} " + " and ".join(
        f"{what} {_some(sorted(said[name][what]))}" for what in ("lacks", "holds")
        if what in said[name]) for name in sorted(said))


def _spoken(entry: Entry) -> str:
    """`10.254.0.1,tcp:443`, as ipset writes it; `10.254.0.1`, `30080`; or that it is empty."""
    address, port, protocol = entry
    number = str(int.from_bytes(port, "big")) if port else ""
    name = next((one for one, value in PROTOCOLS.items() if value == protocol), str(protocol))
    family = {4: socket.AF_INET, 16: socket.AF_INET6}.get(len(address))
    shown = socket.inet_ntop(family, address) if family else address.hex()
    if not shown or not number:
        return shown or number or "any port"
    return f"{shown},{name.lower()}:{number}"


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
