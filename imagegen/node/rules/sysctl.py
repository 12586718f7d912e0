"""A sysctl's live value, and which file has decided it."""

from __future__ import annotations

from ..kernel_modules import is_at_work
from ..model import Outcome, ok, red, warning
from ..sysctl_files import Assignment, SysctlFiles, normal, proc_path

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# a key that is not there until its module is
MODULE_OF = (("net/bridge/", "br_netfilter"), ("net/netfilter/", "nf_conntrack"),
             ("net/ipv4/vs/", "ip_vs"))


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Compare the live value; the files only explain it."""
    path, wanted = proc_path(expect["key"]), normal(expect["value"])
    live = node.read(f"/proc/sys/{path}")
    if live is None:
        return _missing(node, path, wanted)
    value = normal(live.decode("utf-8", "replace"))
    if value == wanted:
        return _right(node.sysctl_files(), path, wanted)
    return _wrong(node.sysctl_files(), path, wanted, value)


def _missing(node: Node, path: str, wanted: str) -> Outcome:
    """Says what was looked up: that the module is absent explains it only where it is absent."""
    saw = f"/proc/sys/{path} is not there"
    module = next((module for start, module in MODULE_OF if path.startswith(start)), "")
    if module and not is_at_work(node, module):
        return red(wanted, f"{saw}, and {module} is not in /proc/modules",
                   f"Load {module} before the sysctls are applied (modules-load.d).")
    kernel = node.kernel()
    there = f", though {module} is loaded" if module else ""
    return red(wanted, f"{saw}{there}: kernel {kernel} has no such setting under this name",
               f"Look with `sysctl -a` what kernel {kernel} calls it, and take the key out of the "
               "profile where it has none.")


def _right(files: SysctlFiles, path: str, wanted: str) -> Outcome:
    against = [line for line in (files.old_setter(path), *files.setters(path)[-1:])
               if line is not None and line.value != wanted]
    if not against:
        return ok(wanted, wanted)
    said = " and ".join(f"{line} says {line.value}" for line in against)
    return warning(wanted, f"{wanted} now, but {said}",
                   f"Take the line out of {' and '.join(line.file for line in against)}: it may "
                   "win at the next boot.")


def _wrong(files: SysctlFiles, path: str, wanted: str, value: str) -> Outcome:
    setters = files.setters(path)
    if setters and setters[-1].value == value:
        beaten = ", ".join(str(line) for line in setters[:-1] if line.value == wanted)
        after = f" after {beaten}" if beaten else ""
        return red(wanted, f"{value}, set by {setters[-1]}{after}", _take_out(setters[-1]))
    old = files.old_setter(path)
    if old is not None and old.value == value:
        return red(wanted, f"{value}, as {old} says (`sysctl --system` reads that file)",
                   _take_out(old))
    word = files.boot_word(path, value)
    if word and not setters:
        return red(wanted, f"{value}, as the kernel's command line says: `{word}`",
                   f"Take {word} out of the boot menu, and name the key in /etc/sysctl.d.")
    return red(wanted, f"{value}, and no file explains it{_last_word(setters)}",
               "Something wrote it after the files were applied: look for a daemon that does "
               "(systemd-networkd, tuned, a network plugin).")


def _take_out(line: Assignment) -> str:
    return f"Remove line {line.line} of {line.file}."


def _last_word(setters: list[Assignment]) -> str:
    return f": {setters[-1]} says {setters[-1].value}" if setters else ""
