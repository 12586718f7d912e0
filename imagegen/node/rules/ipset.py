"""kube-proxy's ipsets: all of its version's, of the right type and family, and filled."""

from __future__ import annotations

import socket

from ..ipset import PROTOCOLS
from ..model import Outcome, not_yet, ok, red
from ..ranges import within
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..ipvs_proc import Entry
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
    """The set of service addresses holds just the virtual servers that the table has of them."""
    name, served = expect["name"], _served(expect, node)
    wanted = f"{name} with each of {counted(len(served), 'service')}"
    if name not in node.sets():
        return not_yet(wanted, f"there is no ipset {name}")
    held = node.host.members(name)
    if held == served:
        return ok(wanted, counted(len(held), "entry", "entries"))
    parts = [f"{what} {_some(sorted(map(_spoken, which)))}"
             for what, which in (("lacks", served - held), ("holds", held - served)) if which]
    return not_yet(wanted, f"{counted(len(held), 'entry', 'entries')} in {name}, "
                   f"{counted(len(served), 'virtual server')} of service addresses: it "
                   f"{' and '.join(parts)}", "Restart kube-proxy: it fills the set anew.")


def _served(expect: dict[str, Any], node: Node) -> set[Entry]:
    """The virtual servers of kube-proxy's that lie in the ranges."""
    ranges, length = expect["ranges"], LENGTHS[expect["family"]]
    served = node.table().entries_within(ranges, length)
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
