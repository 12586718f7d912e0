"""kube-proxy's ipsets: all of its version's, of the right type and family, and filled."""

from __future__ import annotations

from ..model import Outcome, not_yet, ok, red
from ..whose import excluded
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

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
    """The set of service addresses has as many entries as the table has virtual servers of them."""
    name, count = expect["name"], _count(expect, node)
    head = node.sets().get(name)
    wanted = f"{name} with each of {counted(count, 'service')}"
    if head is None:
        return not_yet(wanted, f"there is no ipset {name}")
    if head.entries is None:
        return ok(wanted, "this kernel does not count a set's entries")
    if head.entries != count:
        return not_yet(wanted, f"{counted(head.entries, 'entry', 'entries')} in {name}, "
                       f"{counted(count, 'virtual server')} of service addresses",
                       "Restart kube-proxy: it fills the set anew.")
    return ok(wanted, counted(head.entries, "entry", "entries"))


def _count(expect: dict[str, Any], node: Node) -> int:
    """The virtual servers of kube-proxy's that lie in the ranges."""
    ranges, length = expect["ranges"], LENGTHS[expect["family"]]
    if not expect.get("excluded"):
        return node.table().count_within(ranges, length)
    return sum(not excluded(one, expect) for one in node.table().within(ranges, length))


def _some(names: list[str]) -> str:
    return f"{', '.join(names[:3])}{f' and {len(names) - 3} more' if len(names) > 3 else ''}"
