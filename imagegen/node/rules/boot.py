"""What a boot decides: the kernel's command line, and swap."""

from __future__ import annotations

from ..model import BAKE, Outcome, ok, red
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

MENUS = ("/boot/grub/grub.cfg", "/boot/grub2/grub.cfg")
ENTRIES = "/boot/loader/entries"
FSTAB, SWAPS = "/etc/fstab", "/proc/swaps"


def kernel_argument(expect: dict[str, Any], node: Node) -> Outcome:
    """At bake every line of the boot menu has it; later the running kernel was given it."""
    argument = expect["argument"]
    wanted = f"{argument} on the kernel's command line"
    if node.level == BAKE:
        return _in_menu(node, argument, wanted)
    line = (node.read("/proc/cmdline") or b"").decode("utf-8", "replace")
    if argument in line.split():
        return ok(wanted, "there")
    return red(wanted, f"not there: {line.strip()[:200]}",
               "Put it into the boot menu (`update-grub`), and reboot.")


def _in_menu(node: Node, argument: str, wanted: str) -> Outcome:
    lines = _menu_lines(node)
    if not lines:
        return red(wanted, "there is no boot menu of GRUB's", "Install GRUB and its menu.")
    lacking = [line for line in lines if argument not in line.split()]
    if lacking:
        return red(wanted, f"a line of the boot menu lacks it: {lacking[0].strip()[:160]}",
                   "Run `update-grub`.")
    return ok(wanted, f"in {counted(len(lines), 'line')} of the boot menu")


def _menu_lines(node: Node) -> list[str]:
    """The lines that start a kernel: in GRUB's own menu, or an entry a file (`options`)."""
    menus = [node.read(path) or b"" for path in MENUS]
    entries = [node.read(f"{ENTRIES}/{name}") or b"" for name in node.names(ENTRIES)]
    rows = [row for text in menus for row in text.decode("utf-8", "replace").splitlines()
            if row.split()[:1] and row.split()[0] in ("linux", "linuxefi", "linux16")]
    return rows + [row for text in entries for row in text.decode("utf-8", "replace").splitlines()
                   if row.startswith("options ")]


def swap(expect: dict[str, Any], node: Node) -> Outcome:
    """Nothing swaps, and fstab does not ask for it."""
    wanted = "no swap"
    at_work = (node.read(SWAPS) or b"").decode("utf-8", "replace").splitlines()[1:]
    if at_work and node.level != BAKE:
        return red(wanted, f"{at_work[0].split()[0]} is swapped to", "Run `swapoff "
                   "-a`, and take what asks for it out of /etc/fstab.")
    asked = [row for row in (node.read(FSTAB) or b"").decode("utf-8", "replace").splitlines()
             if not row.startswith("#") and row.split()[2:3] == ["swap"]]
    if asked:
        return red(wanted, f"{FSTAB} asks for it: {asked[0].strip()[:120]}",
                   f"Take that line out of {FSTAB}.")
    return ok(wanted, "none")
