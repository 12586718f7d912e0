"""What IPVS itself is set to: flags, timeouts, its connection table, reuse of connections."""

from __future__ import annotations

import re

from ..model import Outcome, not_yet, ok, warning
from ..whose import left_alone
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

PERSISTENT = re.compile(rb"persistent \d+ (FFFFFFFF|80000000|00000080)")
MH_PORT = 0x10  # linux/ip_vs.h, IP_VS_SVC_F_*
NAMES = ("tcp", "tcpfin", "udp")
OPTION = re.compile(rb"^\s*options\s+ip[_-]vs\s(?:.*\s)?conn_tab_bits=(\d+)", re.M)
RESTART = "Restart kube-proxy. Where they come again, find what else edits the table."
DELETE = ("Delete them with `ipvsadm -D` and restart kube-proxy, which removes no real server of "
          "the other family.")
MODPROBE = ("/usr/lib/modprobe.d", "/lib/modprobe.d", "/run/modprobe.d", "/etc/modprobe.d")
USUAL_BITS = 12  # the kernel's own (CONFIG_IP_VS_TAB_BITS)
RESIZES = "/proc/sys/net/ipv4/vs/conn_lfactor"


def flags(expect: dict[str, Any], node: Node) -> Outcome:
    """Session affinity of single clients, and mh's ports: no other flag is kube-proxy's."""
    wanted = "no flags but session affinity" + (" and mh-port" if expect["mhPort"] else "")
    table = node.table()
    odd = [f"{one.name} {one.flags.decode('ascii', 'replace').split()[0]}"
           for one in table.flagged()
           if not PERSISTENT.fullmatch(one.flags) and not left_alone(one, expect, node)]
    mixed = [one for one in table.mixed() if not left_alone(one, expect, node)]
    odd += [f"{one.name} has real servers of the other family" for one in mixed]
    if odd:
        return not_yet(wanted, f"{len(odd)} otherwise: {', '.join(odd[:5])}",
                       DELETE if mixed else RESTART)
    saw = counted(table.count, "virtual server")
    return _with_ports(wanted, node, saw) if expect["mhPort"] else ok(wanted, saw)


def _with_ports(wanted: str, node: Node, saw: str) -> Outcome:
    """mh without its flag sends all of a client's connections to one real server."""
    values = node.host.service_flags()
    if any(value & MH_PORT for value in values) or not values:
        return ok(wanted, saw)
    return not_yet(wanted, "no virtual server has mh-port", "Restart kube-proxy.")


def timeouts(expect: dict[str, Any], node: Node) -> Outcome:
    """Seconds after which an idle connection is forgotten, as netlink tells them."""
    expected = [int(expect[name]) for name in NAMES]
    seconds = node.host.ipvs_timeouts()
    wanted, saw = _spelled(expected), _spelled(list(seconds))
    if list(seconds) == expected:
        return ok(wanted, saw)
    return not_yet(wanted, saw, f"Run `ipvsadm --set {' '.join(map(str, expected))}`, and find "
                   "what "
                   "wrote over them: kube-proxy sets them at its start only.")


def _spelled(seconds: list[int]) -> str:
    return ", ".join(f"{name} {each} s" for name, each in zip(NAMES, seconds))


def connection_table(expect: dict[str, Any], node: Node) -> Outcome:
    """As many buckets as modprobe's files ask for: an option that came too late does nothing."""
    version, size = node.host.ipvs_info()
    saw = f"IPVS {version}, {size} buckets"
    if node.exists(RESIZES):
        return ok("buckets as the kernel needs them", saw)
    bits, place = _asked(node)
    wanted = f"{1 << bits} buckets"
    if size == 1 << bits:
        return ok(wanted, saw)
    return warning(wanted, f"{saw}, though {place} asks for {1 << bits}",
                   "Run `update-initramfs -u` or `dracut -f`, and reboot: the module was loaded "
                   "before that file was there, by the initrd perhaps.")


def _asked(node: Node) -> tuple[int, str]:
    """conn_tab_bits of modprobe.d, and the file; one of /etc hides its namesakes elsewhere."""
    files = {name: f"{folder}/{name}" for folder in MODPROBE for name in node.names(folder)
             if name.endswith(".conf")}
    bits, place = USUAL_BITS, "the kernel"
    for _, path in sorted(files.items()):
        found = OPTION.findall(node.read(path) or b"")
        if found:
            bits, place = int(found[-1]), path
    return bits, place


def connection_reuse(expect: dict[str, Any], node: Node) -> Outcome:
    """conn_reuse_mode is 0 on kernels where 1 costs a second for each reused port."""
    release = node.kernel()
    wanted = f"0 on kernels from {expect['from']} to before {expect['before']}"
    number = _number(release)
    if not _number(expect["from"]) <= number < _number(expect["before"]):
        return ok(wanted, f"not asked of {release}")
    live = node.read("/proc/sys/net/ipv4/vs/conn_reuse_mode")
    value = "not there" if live is None else live.decode("ascii", "replace").strip()
    if value == "0":
        return ok(wanted, value)
    return not_yet(wanted, f"{value} on {release}",
                   "Restart kube-proxy. Where it comes back, find what else sets it.")


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in re.findall(r"\d+", release)[:2])
