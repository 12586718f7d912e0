"""Every rule of the check: where it lives, what it expects, and whether it may settle in time."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from types import ModuleType
    from typing import Any

    from ..model import Outcome
    from ..state import Node

    Judge = Callable[[dict[str, Any], Node], Outcome]

NONE = type(None)  # in a shape: the value may be null or left out

# tells kube-proxy's virtual servers from others: what it leaves alone, and where its own are
WHOSE: dict[str, tuple[type, ...]] = {
    "excluded": (list, NONE), "ranges": (list, NONE), "nodePorts": (str, NONE)}


class Rule:
    """A rule: `module.function` in this package, the shape of `expect`, and when to ask it.

    `settles`: kube-proxy brings it about, so it is asked again while the check waits.
    `last`: it is dear or changes the node, so it is asked once the others are content.
    `programs`: the function beside it that says which programs it will run.
    """

    __slots__ = ("function", "last", "module", "programs", "settles", "shape")

    def __init__(
        self, where: str, shape: dict[str, tuple[type, ...]],
        settles: bool = False, last: bool = False, programs: str = "",
    ) -> None:
        self.module, self.function = where.split(".")
        self.shape, self.settles, self.last, self.programs = shape, settles, last, programs

    def judge(self) -> Judge:
        """The rule's function, imported when it is first needed."""
        judge: Judge = getattr(self._module(self.function), self.function)
        return judge

    def begin(self, expect: dict[str, Any], node: Node) -> None:
        """Start the programs that the rule will run, so that they run beside the other rules."""
        if self.programs:
            for argv in getattr(self._module(self.programs), self.programs)(expect, node):
                node.host.begin(argv)

    def _module(self, name: str) -> ModuleType:
        return __import__(f"{__name__}.{self.module}", fromlist=[name])


# what the four rules of the API server expect: one cluster
CLUSTER: dict[str, tuple[type, ...]] = {
    "kubeconfig": (str,), "timeout": (int, float), "families": (list,), "ranges": (list,),
    "nodePorts": (str,), "nodePortAddresses": (list, NONE), "excluded": (list, NONE)}

RULES = {
    "sysctl": Rule("sysctl.judge", {"key": (str,), "value": (str,)}),
    "module": Rule("module.judge", {"name": (str,)}),
    "modules_load": Rule("module.asked_for", {}),
    "package": Rule("package.judge", {"name": (str,), "tool": (str, NONE), "minimum": (str, NONE),
                                      "books": (bool, NONE)}, programs="programs"),
    "file": Rule("file.content", {"path": (str,), "sha256": (str,), "mode": (str, NONE),
                                  "owner": (str, NONE), "group": (str, NONE)}),
    "binary": Rule("file.binary", {"path": (str,), "version": (str,), "sha256": (str, NONE)}),
    "unit": Rule("unit.judge", {"name": (str,), "state": (str,)}, settles=True),
    "boot_order": Rule("unit.order", {"units": (list,)}),
    "unit_override": Rule("command.overrides", {"unit": (str,), "path": (str,),
                                                "dropIns": (list,)}),
    "proxy_command": Rule("command.running", {"argv": (list, NONE), "beside": (list,)},
                          settles=True),
    "rival_units": Rule("rivals.units", {"units": (list,)}),
    "rival_manager": Rule("rivals.device", {"name": (str,)}),
    "rival_proxy": Rule("rivals.proxies", {"name": (str,)}),
    "leftovers": Rule("leftovers.judge", {"mode": (str,)}),
    "conntrack_size": Rule("conntrack.size", {"perCore": (int,), "min": (int,),
                                             "cap": (int, NONE)}, settles=True),
    "conntrack_use": Rule("conntrack.use", {}),
    "interfaces": Rule("network.interfaces", {}),
    "iptables_kind": Rule("network.iptables", {}),
    "machine_id": Rule("machine.machine_id", {}),
    "clock": Rule("machine.clock", {"synchronised": (bool,)}),
    "account": Rule("account.judge", {"name": (str,), "shell": (str,), "groups": (list,),
                                      "keys": (str, NONE)}),
    "trust": Rule("trust.judge", {"path": (str,), "bundle": (str,)}),
    "apt_sources": Rule("apt.sources", {"path": (str,)}),
    "dnf_repositories": Rule("dnf.repositories", {"path": (str,)}),
    "kernel_argument": Rule("boot.kernel_argument", {"argument": (str,)}),
    "swap": Rule("boot.swap", {}),
    "root_overlay": Rule("root.overlay", {"script": (str,)}),
    # it asks a program that takes a second to start on an emulated node
    "runtime": Rule("runtime.judge", {"socket": (str,)}, settles=True, last=True),
    "absent": Rule("seal.absent", {"paths": (list,)}),
    "node_identity": Rule("seal.own", {"paths": (list,), "build": (str,)}),
    "account_absent": Rule("seal.account_absent", {"user": (str,)}),
    # it loads the modules that it needs, so it must not come before the module rule
    "probe": Rule("probe.judge", {"scheduler": (str,), "families": (list, NONE)}, last=True),
    "device": Rule("device.judge", {"name": (str,), "api": (str, NONE), **WHOSE}, settles=True),
    "proxy_mode": Rule("proxy.mode", {"mode": (str,)}, settles=True),
    # /metrics of 5,000 services takes Python more than a second on an emulated node
    "proxy_sync": Rule("proxy.sync", {"families": (list, NONE)}, settles=True, last=True),
    "api_service": Rule(
        "table.api_service", {"address": (str,), "port": (int,), "realServers": (list, NONE)},
        settles=True,
    ),
    "ipset": Rule("ipset.judge", {"sets": (list,), "family": (str,)}, settles=True),
    # where it differs it looks again, for seconds
    "ipset_entries": Rule("ipset.entries", {"name": (str,), "family": (str,), "ranges": (list,),
                                            "nodePorts": (str, NONE),
                                            "excluded": (list, NONE)}, settles=True, last=True),
    "scheduler": Rule("table.scheduler", {"name": (str,), **WHOSE}, settles=True),
    "forwarding": Rule("table.forwarding", {"method": (str,), **WHOSE}, settles=True),
    "endpoints": Rule("table.endpoints", WHOSE, settles=True),
    "flags": Rule("ipvs.flags", {"mhPort": (bool,), **WHOSE}, settles=True),
    "foreign": Rule("foreign.foreign", WHOSE, settles=True),
    "node_port": Rule("foreign.node_port", {"addresses": (list, NONE), **WHOSE}, settles=True),
    "timeouts": Rule("ipvs.timeouts", {"tcp": (int,), "tcpfin": (int,), "udp": (int,)},
                     settles=True),
    "connection_table": Rule("ipvs.connection_table", {}),
    "connection_reuse": Rule("ipvs.connection_reuse", {"from": (str,), "before": (str,)},
                             settles=True),
    # a program that prints every rule of the node
    "chains": Rule("chains.judge", {"family": (str,), "rules": (list,)}, settles=True, last=True,
                   programs="programs"),
    # kube-proxy's own chains come first; the program that prints all rules is run once for both
    "firewall": Rule("firewall.judge", {"ranges": (list,), "pods": (list,), "nodePorts": (str,),
                                        "families": (list, NONE), "excluded": (list, NONE)},
                     settles=True, last=True, programs="programs"),
    "stray_probe": Rule("table.stray_probe", {}, settles=True),
    "loopback": Rule("table.loopback", {"allowed": (bool,)}, settles=True),
    # the API server is asked once for the four of them, and only where the rest is content
    **{name: Rule(f"api.{function}", CLUSTER, settles=True, last=True) for name, function in
       (("api_virtual_servers", "services"), ("api_real_servers", "endpoints"),
        ("api_affinity", "affinity"), ("api_stale", "stale"))},
    "traffic_probe": Rule(
        "traffic.judge", {"address": (str,), "port": (int,), "timeout": (int, float)},
        settles=True, last=True,
    ),
    # nft reads the whole ruleset before it answers
    "nft_service": Rule(
        "nft.service", {"address": (str,), "port": (int,), "realServers": (list, NONE)},
        settles=True, last=True,
    ),
    "ipvs_absent": Rule("nft.without_ipvs", {"ranges": (list,)}),
}
