"""A kernel module: there for every kernel that may boot, or at work in the one that runs."""

from __future__ import annotations

from ..kernel_modules import (
    Asked,
    alias_of,
    bootable_kernels,
    built_in,
    indexed,
    kept_out_by,
    needed_by,
    on_disk,
    plain,
)
from ..model import BAKE, CannotTell, Outcome, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SCHEDULER = "ip_vs_"
# gone from kernel 4.19, and from RHEL's 4.18: the version does not tell, the module's absence does
MERGED = {"nf_conntrack_ipv4": "nf_conntrack", "nf_conntrack_ipv6": "nf_conntrack"}
# once 1 it stays so until the next boot (kernel Documentation/admin-guide/sysctl/kernel.rst)
DISABLED = "/proc/sys/kernel/modules_disabled"


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
    if line and not all(name in built_in(node, kernel) for kernel in kernels):
        return red(wanted, f"{line}, which keeps it out", "Remove that line, and build the image "
                   "anew.")
    return ok(wanted, f"there for {', '.join(kernels)}")


def _running(node: Node, name: str) -> Outcome:
    wanted = f"{name} is loaded"
    if name in node.loaded():
        return _lasting(node, name, wanted)
    if name in built_in(node, node.kernel()):
        return ok(wanted, "built into the kernel")
    if name.startswith(SCHEDULER) and _in_use(node, name[len(SCHEDULER):]):
        return ok(wanted, "at work: a virtual server uses this scheduler")
    return _not_loaded(node, name, wanted)


def _lasting(node: Node, name: str, wanted: str) -> Outcome:
    line = kept_out_by(node, name)
    if line:
        return warning(wanted, f"loaded now, but {line}", "Remove that line: at the next boot "
                       "nothing would load the module.")
    return ok(wanted, "loaded")


def _in_use(node: Node, scheduler: str) -> bool:
    try:
        return scheduler in node.table().schedulers()
    except CannotTell:
        return False


def _not_loaded(node: Node, name: str, wanted: str) -> Outcome:
    kernel = node.kernel()
    line = _kept_out(node, kernel, name)
    if line:
        return red(wanted, f"not loaded: {line}",
                   f"Remove that line, and run `modprobe {name}` or reboot.")
    if not indexed(node, kernel):
        return red(wanted, f"not loaded, and there is no such module for kernel {kernel}: "
                   f"/lib/modules/{kernel}/modules.dep is not there",
                   f"Boot the kernel whose modules are installed, or run `depmod {kernel}`.")
    if not on_disk(node, kernel, name):
        return red(wanted, f"not loaded, and there is no such module for kernel {kernel}",
                   "Boot a kernel that has it, or install the package with its extra modules.")
    if (node.read(DISABLED) or b"").strip() == b"1":
        return red(wanted, "not loaded, and kernel.modules_disabled is 1: no module can be loaded "
                   "until the next boot", "Take kernel.modules_disabled out of sysctl.d, and "
                   "reboot.")
    return red(wanted, "not loaded, though the module is there", f"Run `modprobe {name}`, and "
               "name it in /etc/modules-load.d for the next boot.")


def _kept_out(node: Node, kernel: str, name: str) -> str:
    """The line against the module itself, or against one that it needs."""
    line = kept_out_by(node, name)
    if line:
        return line
    for other in needed_by(node, kernel, name):
        line = kept_out_by(node, other)
        if line and other not in node.loaded():
            return f"it needs {other}, and {line}"
    return ""


def asked_for(expect: dict[str, Any], node: Node) -> Outcome:
    """Every module that modules-load.d and the kernel's command line name is one."""
    wanted = "modules-load.d names modules that the kernel has"
    kernels = bootable_kernels(node) if node.level == BAKE else [node.kernel()]
    known = node.loaded() if node.level != BAKE else set()
    unknown = [asked for asked in node.modprobe().asked if asked.name not in known
               and any(_is_no_module(node, kernel, asked.name) for kernel in kernels)]
    if unknown:
        said = dict.fromkeys(_told(asked) for asked in unknown)
        return warning(wanted, "; ".join(said), "Take the name out; systemd-modules-load.service "
                       "fails over it, or passes over it without a word (systemd pull 13856).")
    return ok(wanted, counted(len({asked.name for asked in node.modprobe().asked}), "name"))


def _is_no_module(node: Node, kernel: str, name: str) -> bool:
    return not (on_disk(node, kernel, name) or name in built_in(node, kernel)
                or alias_of(node, kernel, name))


def _told(asked: Asked) -> str:
    heir = MERGED.get(asked.name)
    instead = f" ({heir} has taken its place)" if heir else ""
    return f"{asked.place} asks for {asked.name}, which this kernel does not have{instead}"
