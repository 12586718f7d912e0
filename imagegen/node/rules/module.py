"""A kernel module: there for every kernel that may boot, or at work in the one that runs."""

from __future__ import annotations

from ..kernel_modules import asked_for, bootable_kernels, built_in, kept_out_by, on_disk, plain
from ..model import BAKE, CannotTell, Outcome, ok, red, warning

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SCHEDULER = "ip_vs_"
# gone from kernel 4.19, and from RHEL's 4.18: the version does not tell, the module's absence does
MERGED = {"nf_conntrack": ("nf_conntrack_ipv4", "nf_conntrack_ipv6")}


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """At bake for the kernels on the disk, later in the running one."""
    name = plain(expect["name"])
    return _on_disk(node, name) if node.level == BAKE else _running(node, name)


def _on_disk(node: Node, name: str) -> Outcome:
    wanted = f"{name} for every kernel that may boot"
    kernels = bootable_kernels(node)
    if not kernels:
        return red(wanted, "no kernel with modules: no /boot/vmlinuz-* that has a /lib/modules/*")
    lacking = [kernel for kernel in kernels
               if not on_disk(node, kernel, name) and name not in built_in(node, kernel)]
    if lacking:
        return red(wanted, f"missing for {', '.join(lacking)}",
                   "Install a kernel that has it, or the package with its extra modules.")
    line = kept_out_by(node, name)
    if line:
        return red(wanted, f"{line}, which keeps it out", f"Remove that line: {line}.")
    return ok(wanted, f"there for {', '.join(kernels)}")


def _running(node: Node, name: str) -> Outcome:
    wanted = f"{name} is loaded"
    if name in node.loaded():
        return _stale_name(node, name) or ok(wanted, "loaded")
    if name in built_in(node, node.kernel()):
        return ok(wanted, "built into the kernel")
    if name.startswith(SCHEDULER) and _in_use(node, name[len(SCHEDULER):]):
        return ok(wanted, "at work: a virtual server uses this scheduler")
    return _not_loaded(node, name, wanted)


def _in_use(node: Node, scheduler: str) -> bool:
    try:
        return scheduler in node.table().schedulers()
    except CannotTell:
        return False


def _not_loaded(node: Node, name: str, wanted: str) -> Outcome:
    line = kept_out_by(node, name)
    if line:
        return red(wanted, f"not loaded: {line}",
                   f"Remove that line, then `modprobe {name}` or reboot.")
    kernel = node.kernel()
    if not on_disk(node, kernel, name):
        return red(wanted, f"not loaded, and there is no such module for kernel {kernel}",
                   "Boot a kernel that has it, or install the package with its extra modules.")
    return red(wanted, "not loaded, though the module is there", f"`modprobe {name}`; for good, "
               "name it in /etc/modules-load.d.")


def _stale_name(node: Node, name: str) -> Outcome | None:
    for old in MERGED.get(name, ()):
        place = asked_for(node, old)
        if place and old not in node.loaded() and not on_disk(node, node.kernel(), old):
            return warning(f"{name} is loaded", f"loaded; but {place} asks for {old}, which this "
                           "kernel does not have", f"Take {old} out of {place.split(':')[0]}.")
    return None
