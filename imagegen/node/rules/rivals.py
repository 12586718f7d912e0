"""What works against kube-proxy: units that flush its rules, managers of its device, a second one.

A firewall that flushes at its own reload costs the node half a minute each time, so it is a
warning; what has taken the device, or programs the same table, is red.
"""

from __future__ import annotations

import re

from ..model import BAKE, Outcome, ok, red, warning
from ..processes import Process, elsewhere, in_container, without_forks

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node
    from ..units import Unit

ENABLED = ("enabled", "enabled-runtime", "generated", "linked", "alias")
# unit -> what it does to kube-proxy's rules
FLUSHES = {
    "firewalld.service": "its reload flushes the rules of kube-proxy (firewalld issue 1170)",
    "ufw.service": "its reload takes the rules of kube-proxy for nobody's",
    "nftables.service": "its file begins with `flush ruleset`, kube-proxy's rules included",
    "netfilter-persistent.service": "it puts saved rules in the place of kube-proxy's",
    "iptables.service": "it puts saved rules in the place of kube-proxy's",
    "ipvsadm.service": "it restores or flushes the IPVS table behind kube-proxy's back",
}
TABLES_ENEMY = "ipvsadm.service"
NFTABLES = ("/etc/nftables.conf", "/etc/sysconfig/nftables.conf")
FLUSH = re.compile(rb"^\s*flush\s+ruleset", re.M)
UFW, UFW_ON = "/etc/ufw/ufw.conf", re.compile(rb"^\s*ENABLED\s*=\s*[\"']?yes", re.M | re.I)
MANAGED = re.compile(rb"^managed=(true|1|yes)\s*$", re.M)
ADMIN_STATE = re.compile(rb"^ADMIN_STATE=(configuring|configured|failed)\s*$", re.M)


def units(expect: dict[str, Any], node: Node) -> Outcome:
    """None of the units is at work, or would be at the next boot."""
    known = node.units()
    bad = [name for name in expect["units"] if _at_work(known[name]) and _harmful(node, name)]
    wanted = "no unit that flushes kube-proxy's rules"
    if not bad:
        return ok(wanted, "none")
    said = "; ".join(f"{name} is {_state(known[name])}: {FLUSHES.get(name, 'it fights')}"
                     for name in bad)
    judge = red if TABLES_ENEMY in bad else warning
    return judge(wanted, said, f"Run `systemctl mask --now {' '.join(bad)}`, unless you need it "
                 "beside kube-proxy and never reload it.")


def _at_work(unit: Unit) -> bool:
    return unit.load not in ("masked", "not-found") and (
        unit.active in ("active", "activating") or unit.enabled in ENABLED)


def _state(unit: Unit) -> str:
    return unit.active if unit.active in ("active", "activating") else unit.enabled


def _harmful(node: Node, name: str) -> bool:
    """ufw's unit is active on every Ubuntu, and nftables' file need not flush."""
    if name == "ufw.service":
        return UFW_ON.search(node.read(UFW) or b"") is not None
    if name == "nftables.service":
        return any(FLUSH.search(node.read(path) or b"") for path in NFTABLES)
    return True


def device(expect: dict[str, Any], node: Node) -> Outcome:
    """Neither NetworkManager nor systemd-networkd has taken the device for its own."""
    name = expect["name"]
    wanted = f"nobody but kube-proxy manages {name}"
    index = node.interface(name)
    if index is None:
        return ok(wanted, f"there is no {name} to manage")
    claim = MANAGED.search(node.read(f"/run/NetworkManager/devices/{index}") or b"")
    if claim and _runs(node, "NetworkManager"):
        return red(wanted, "NetworkManager does", "Add interface-name:kube-ipvs* to the last file "
                   "of "
                   "/etc/NetworkManager/conf.d that sets unmanaged-devices, and run `systemctl "
                   f"reload NetworkManager && nmcli device set {name} managed no`.")
    state = ADMIN_STATE.search(node.read(f"/run/systemd/netif/links/{index}") or b"")
    if state and _runs(node, "systemd-networkd"):
        return red(wanted, f"systemd-networkd does ({state.group(1).decode()})",
                   f"Name the .network file that `networkctl status {name}` shows so that it sorts "
                   "behind 05-imagegen-kube-ipvs0.network, and run `networkctl reload`.")
    return ok(wanted, "neither NetworkManager nor systemd-networkd")


def _runs(node: Node, name: str) -> bool:
    """A manager that was stopped leaves its claims under /run behind."""
    return any(one.name == name for one in node.processes())


def proxies(expect: dict[str, Any], node: Node) -> Outcome:
    """One kube-proxy at most, and nobody else that serves the cluster's services."""
    wanted = "no second proxy of services"
    here = [one for one in node.processes() if _serves(one, expect["name"])
            and not elsewhere(node, one.pid)]
    own = without_forks(node, [one for one in here if one.name == expect["name"]])
    second = [*(own if len(own) > 1 else []), *(one for one in here if one.name == "kube-router")]
    if second:
        return red(wanted, f"{', '.join(_told(node, one) for one in second)} program one table",
                   "Stop all but one: a DaemonSet kube-proxy (`kubectl -n kube-system get ds`) "
                   "must not run on nodes whose unit runs it.")
    others = [one for one in here if one.name != expect["name"]]
    if others:
        return warning(wanted, f"{', '.join(_told(node, one) for one in others)} can serve "
                       "services itself", "Turn its replacement of kube-proxy off, or do without "
                       "kube-proxy.")
    return ok(wanted, f"{len(own)} {expect['name']}{_beside(node)}")


def _serves(process: Process, name: str) -> bool:
    """kube-proxy, or a program that can take its place and was not told to leave that."""
    if process.name in (name, "cilium-agent"):
        return True
    if process.name == "kube-router":
        return "--run-service-proxy=false" not in process.argv
    if process.name in ("k3s", "k3s-server", "k3s-agent"):
        return not any(word.startswith("--disable-kube-proxy") for word in process.argv)
    return process.name == "hyperkube" and process.argv[1:2] in (["kube-proxy"], ["proxy"])


def _told(node: Node, process: Process) -> str:
    where = " in a container" if in_container(node, process.pid) else ""
    return f"{process.name} ({process.pid}{where})"


def _beside(node: Node) -> str:
    """keepalived is legal beside kube-proxy, whose excludeCIDRs must hold its virtual servers."""
    if node.level == BAKE or not any(one.name == "keepalived" for one in node.processes()):
        return ""
    return "; keepalived runs too, so its virtual servers belong into ipvs.excludeCIDRs"
