"""Settings of single interfaces that lose packets, and two kinds of iptables at once."""

from __future__ import annotations

import os

from ..model import CannotTell, Outcome, ok, warning
from ..state import NETWORK
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SETTINGS = "/proc/sys/net/ipv4/conf"
ROUTES = "/proc/net/route"
# nothing is ever sent through it: what it carries is the node's own, so its MTU counts for nothing
# (kernel net/ipv4/ip_vs_xmit takes the route to the real server)
IDLE = ("lo", "kube-ipvs0", "nodelocaldns")
STRICT = 1
IPTABLES = ("/usr/sbin/iptables", "/sbin/iptables")
LEGACY_TABLES = ("/proc/net/ip_tables_names", "/proc/net/ip6_tables_names")


def interfaces(expect: dict[str, Any], node: Node) -> Outcome:
    """Each forwards, none asks for strict return paths, none takes more than the way out does."""
    names = [name for name in node.names(NETWORK) if name not in IDLE]
    if not names:
        raise CannotTell(f"{NETWORK} lists no interface")
    wanted = "interfaces that lose no packet of a service"
    said = [*_closed(node, names), *_strict(node, names), *_too_wide(node, names)]
    if said:
        return warning(wanted, "; ".join(said[:5]), "Take the setting of the single interface out "
                       "of sysctl.d or of the network's own configuration.")
    return ok(wanted, counted(len(names), "interface"))


def _closed(node: Node, names: list[str]) -> list[str]:
    """ip_forward sets all of them; one that was closed later passes nothing on."""
    if _setting(node, "all", "forwarding") != 1:
        return []  # the sysctl rule says so
    return [f"{name} does not forward" for name in names
            if _setting(node, name, "forwarding") == 0]


def _strict(node: Node, names: list[str]) -> list[str]:
    """The larger of `all` and the interface's own counts (kernel ip-sysctl, rp_filter).

    With one way out a strict filter drops nothing that is meant for the node.
    """
    ways = _ways_out(node)
    if len(ways) < 2:
        return []
    most = _setting(node, "all", "rp_filter") or 0
    return [f"{name} drops what would be answered through another interface (rp_filter 1), and "
            f"there are {len(ways)} ways out" for name in sorted(ways)
            if max(most, _setting(node, name, "rp_filter") or 0) == STRICT]


def _too_wide(node: Node, names: list[str]) -> list[str]:
    """A pod's packet that the way out cannot carry is cut up, or lost where it must not be."""
    sizes = {name: _number(node, f"{NETWORK}/{name}/mtu") for name in names}
    ways = [sizes[name] for name in _ways_out(node) if sizes.get(name)]
    least = min((size for size in ways if size), default=0)
    return [f"{name} takes {size} bytes, the way out {least}" for name, size in sizes.items()
            if least and size and size > least and name not in _ways_out(node)
            and _carries_pods(node, name)]


def _carries_pods(node: Node, name: str) -> bool:
    """A bridge, a tunnel, or what a network plugin has made; not another wire of the machine."""
    return node.exists(f"{NETWORK}/{name}/bridge") or name.startswith(
        ("cni", "cbr", "flannel", "cali", "vxlan", "tunl", "weave", "cilium_", "docker"))


def _ways_out(node: Node) -> set[str]:
    """The interfaces of default routes: destination and mask are 0 (kernel net/ipv4/fib_trie.c)."""
    text = (node.read(ROUTES) or b"").decode("ascii", "replace")
    rows = [row.split() for row in text.splitlines()[1:]]
    return {row[0] for row in rows if len(row) > 7 and row[1] == row[7] == "00000000"}


def _setting(node: Node, interface: str, key: str) -> int | None:
    return _number(node, f"{SETTINGS}/{interface}/{key}")


def _number(node: Node, path: str) -> int | None:
    try:
        text = (node.read(path) or b"").strip()
    except CannotTell:
        return None  # the interface has gone meanwhile
    return int(text) if text.isdigit() else None


def iptables(expect: dict[str, Any], node: Node) -> Outcome:
    """Where `iptables` writes nftables' rules, nobody has rules of the old kind beside them."""
    wanted = "one kind of iptables rules"
    program = next((path for path in IPTABLES if node.exists(path)), None)
    if program is None:
        raise CannotTell("there is no iptables to look at")
    kind = _kind(os.path.basename(os.path.realpath(node.path(program))))
    tables = sorted({name for path in LEGACY_TABLES
                     for name in (node.read(path) or b"").decode("ascii", "replace").split()})
    if kind == "nft" and tables:
        return warning(wanted, f"iptables writes nftables' rules, and somebody has old ones in "
                       f"{', '.join(tables)}", "Look with `iptables-legacy-save` for the old "
                       "ones, and let every program use one kind: both are at work.")
    return ok(wanted, f"iptables is {kind}")


def _kind(program: str) -> str:
    """xtables-nft-multi, xtables-legacy-multi; the plain program of older systems is legacy."""
    return "nft" if "nft" in program else "legacy"
