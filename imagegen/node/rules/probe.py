"""Whether the kernel can balance with a scheduler: tried for real where no table tells it."""

from __future__ import annotations

from ..model import TABLE, CannotTell, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node


LENGTHS = {"IPv4": 4, "IPv6": 16}  # bytes of an address


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """A live table with this scheduler is proof enough; else a trial in a namespace of its own."""
    name, families = expect["scheduler"], tuple(expect.get("families") or ("IPv4",))
    wanted = f"the kernel balances with {name}"
    if node.level == TABLE and _at_work(node, name, families):
        return ok(wanted, "virtual servers use it")
    trouble = node.host.probe(name, families)
    if trouble:
        return red(wanted, trouble, f"Run `modprobe ip_vs_{name}`, and read the kernel's log with "
                   "`dmesg`.")
    return ok(wanted, "a virtual server with a real server was made, read back and removed")


def _at_work(node: Node, name: str, families: tuple[str, ...]) -> bool:
    try:
        table = node.table()
        return name in table.schedulers() and (
            families == ("IPv4",)
            or {LENGTHS[family] for family in families} <= set(map(len, table.addresses())))
    except CannotTell:
        return False
