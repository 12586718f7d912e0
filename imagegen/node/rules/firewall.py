"""No rule of the packet filter, whoever made it, takes a service's packets away."""

from __future__ import annotations

from ..firewall.paths import Connection, pods_directly
from ..firewall.places import NODE, OUTSIDE, PODS, Surroundings
from ..firewall.read import read_ruleset
from ..firewall.services import CLUSTER, services_to_judge
from ..model import Outcome, not_yet, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterable
    from typing import Any

    from ..firewall.model import Ruleset
    from ..firewall.paths import Service
    from ..firewall.places import Client
    from ..firewall.walk import Loss
    from ..state import Node

SHOWN = 3
OWN = "KUBE-"  # what kube-proxy's own chains refuse it may be about to fill into its sets


class Cut:
    """What one rule loses: for whom, of which services, and whether for certain."""

    __slots__ = ("certain", "clients", "loss", "services")

    def __init__(self, loss: Loss, certain: bool) -> None:
        self.loss, self.certain = loss, certain
        self.clients: list[Client] = []
        self.services: list[Service] = []

    def add(self, client: Client, service: Service) -> None:
        """One more connection that it loses."""
        self.clients += [] if client in self.clients else [client]
        self.services += [] if service in self.services else [service]


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Follows a connection of each client to each sort of service through every hook."""
    wanted = "a packet filter that loses no connection to a service"
    six = "IPv6" in (expect.get("families") or ())
    around = Surroundings(node)
    ruleset = read_ruleset(node, around, six)
    services = services_to_judge(expect, node, around, ruleset.constants)
    cuts, tried, spared = _cuts(expect, ruleset, around, services)
    grave = [cut for cut in cuts if _is_grave(cut, spared)]
    if grave:
        of_kube_proxy = all(cut.loss.chain.name.startswith(OWN) for cut in grave)
        return (not_yet if of_kube_proxy else red)(wanted, _words(grave), _remedy(grave[0].loss))
    if cuts:
        return warning(wanted, _words(cuts), _remedy(cuts[0].loss))
    apart = _pods_apart(expect, ruleset, around, services)
    if apart is not None:
        return warning(wanted, f"services are answered, but {apart.words} keeps pods from each "
                       "other's own addresses, as of a headless Service",
                       "Let the network plugin accept what is forwarded from and to pods, or set "
                       f"the policy to ACCEPT; {_see(apart)} shows what is there.")
    return ok(wanted, f"{counted(len(ruleset.chains), 'chain')}, "
              f"{counted(tried, 'connection')} followed through them")


def programs(_expect: dict[str, Any], _node: Node) -> list[list[str]]:
    """The one that prints the rules of iptables."""
    return [["iptables-save"]]


def _cuts(expect: dict[str, Any], ruleset: Ruleset, around: Surroundings,
          services: list[Service]) -> tuple[list[Cut], int, set[str]]:
    """What is lost, by the rule that loses it; how many were tried; whose some are answered."""
    cuts: dict[Any, Cut] = {}
    spared: set[str] = set()
    tried = 0
    for six in (False, True):
        of_family = [one for one in services if (len(one.address) == 16) is six]
        if not of_family:
            continue
        clients = around.clients(expect["pods"], six, ruleset.constants.devices)
        for client in clients:
            for service in of_family:
                fate = Connection(ruleset, around, client, service).follow()
                tried += 1
                if fate.certain is None:
                    spared.add(_side(client, service))
                lost = [fate.certain] if fate.certain is not None else fate.perhaps
                for loss in lost:
                    key = (loss.chain, loss.rule, fate.certain is not None)
                    cuts.setdefault(key, Cut(loss, fate.certain is not None)).add(client, service)
    return list(cuts.values()), tried, spared


def _side(client: Client, service: Service) -> str:
    """Clients outside are meant to reach what is published, and no address of a ClusterIP."""
    return f"{client.who} {service.kind == CLUSTER}" if client.who == OUTSIDE else client.who


def _is_grave(cut: Cut, spared: set[str]) -> bool:
    """Of clients outside only where nobody outside is answered: some may be kept out on purpose."""
    if not cut.certain:
        return False
    if any(client.who in (NODE, PODS) for client in cut.clients):
        return True
    return any(one.kind != CLUSTER for one in cut.services) and f"{OUTSIDE} False" not in spared


def _words(cuts: list[Cut]) -> str:
    cuts = sorted(cuts, key=lambda cut: not cut.certain)
    said = [f"{cut.loss.words} {'cuts' if cut.certain else 'may cut'} "
            f"{_listed(one.words for one in cut.clients)} off from "
            f"{_listed(one.name for one in cut.services)}" for cut in cuts[:SHOWN]]
    more = len(cuts) - SHOWN
    return "; ".join(said) + (f"; and {counted(more, 'more rule')}" if more > 0 else "")


def _listed(names: Iterable[str]) -> str:
    found = list(dict.fromkeys(names))
    if len(found) > SHOWN + 1:
        return f"{', '.join(found[:SHOWN])} and {len(found) - SHOWN} more"
    return found[0] if len(found) == 1 else f"{', '.join(found[:-1])} and {found[-1]}"


def _remedy(loss: Loss) -> str:
    chain = loss.chain
    if chain.kind == "nftables":
        return (f"Look at it with {_see(loss)}: delete it there and in the file that makes it, or "
                "accept before it what goes to services and comes from pods.")
    if loss.rule is None:
        undo = f"{chain.kind} -t {chain.table} -P {chain.name} ACCEPT"
    else:
        undo = f"{chain.kind} -t {chain.table} -D{loss.rule.text[2:]}"
    return (f"Run `{undo}` and take it out of what makes it at the boot, or accept before it what "
            "goes to services and comes from pods.")


def _see(loss: Loss) -> str:
    chain = loss.chain
    if chain.kind == "nftables":
        return f"`nft -a list chain {chain.family} {chain.table} {chain.name}`"
    return f"`{chain.kind} -t {chain.table} -S {chain.name}`"


def _pods_apart(expect: dict[str, Any], ruleset: Ruleset, around: Surroundings,
                services: list[Service]) -> Loss | None:
    """Where two pods cannot reach each other by address though services are answered."""
    for service in services:
        way = around.device_of(service.real_address)
        six = len(service.real_address) == 16
        for client in around.clients(expect["pods"], six, ()):
            if client.who == PODS and way not in (None, "lo") and _is_pod(service, expect):
                fate = pods_directly(ruleset, service.protocol, client, service.real_address,
                                     str(way))
                if fate.certain is not None:
                    return fate.certain
    return None


def _is_pod(service: Service, expect: dict[str, Any]) -> bool:
    from ..ranges import within

    return within(service.real_address, expect["pods"])
