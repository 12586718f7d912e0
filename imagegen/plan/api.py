"""`check.api` and `check.traffic`: the table against its cluster, and a connection through it."""

from __future__ import annotations

import math
from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Mode
from imagegen.plan.facts import IN_CLUSTER, Fact, Json, Nothing, Proof, Rule
from imagegen.profile.api import Api
from imagegen.profile.fields import seconds
from imagegen.profile.model import Profile

# where no unit of the image's has a kubeconfig of its own
KUBECONFIG = "/etc/kubernetes/imagegen-check.kubeconfig"
_PROXIER = "kubernetes pkg/proxy/ipvs/proxier.go"
_RULES = (
    ("ipvs.api.virtual-servers", Rule.API_VIRTUAL_SERVERS,
     "a Service without its virtual server is cut off on this node alone",
     "Read kube-proxy's log, and restart it."),
    ("ipvs.api.real-servers", Rule.API_REAL_SERVERS,
     "a Service's connections go to the endpoints that the table has, whatever the cluster says",
     "Read kube-proxy's log, and restart it."),
    ("ipvs.api.affinity", Rule.API_AFFINITY,
     "a client stays with one pod for as long as the Service says",
     "Restart kube-proxy: another program changed the virtual server."),
    ("ipvs.api.stale", Rule.API_STALE,
     "a virtual server without a Service leads to pods that may be another's by now",
     "Remove it with `ipvsadm -D`, or restart kube-proxy."),
)


def api_facts(profile: Profile) -> Iterator[Fact]:
    """Facts that only a cluster can confirm; nothing where the profile does not ask."""
    check = profile.check
    if profile.kube_proxy.config.mode is not Mode.IPVS:
        return
    for name, rule, reason, remedy in _RULES if check.api is not None else ():
        yield Fact(name, reason, _PROXIER, remedy, Nothing(),
                   Proof(rule, _expect(profile), IN_CLUSTER))
    if check.traffic is not None:
        address, _, port = (check.traffic.to or _api_service(profile)).rpartition(":")
        expect: dict[str, Json] = {"address": address.strip("[]"), "port": int(port),
                                   "timeout": _whole(check.traffic.timeout)}
        yield Fact("ipvs.traffic", "a table can be right and carry nothing",
                   "kernel net/netfilter/ipvs/ip_vs_conn.c",
                   "Look at the hop that the finding names.", Nothing(),
                   Proof(Rule.TRAFFIC_PROBE, expect, IN_CLUSTER))


def asks(profile: Profile) -> dict[str, Json]:
    """How the API server is reached: `kubeconfig`, and a `timeout` in whole seconds."""
    api = profile.check.api or Api()
    own = profile.kube_proxy.kubeconfig if profile.kube_proxy.by_unit else KUBECONFIG
    return {"kubeconfig": api.kubeconfig or own, "timeout": _whole(api.timeout)}


def _expect(profile: Profile) -> dict[str, Json]:
    cluster, config = profile.cluster, profile.kube_proxy.config
    addresses: list[Json] = list(config.node_port_addresses)
    excluded: list[Json] = list(config.ipvs.exclude_cidrs)
    return {**asks(profile), "families": [one.value for one in cluster.families],
            "ranges": list(cluster.service_cidr.split(",")), "nodePorts": cluster.node_port_range,
            **({"nodePortAddresses": addresses} if addresses else {}),
            **({"excluded": excluded} if excluded else {})}


def _api_service(profile: Profile) -> str:
    return f"{profile.cluster.api_service}:{profile.cluster.api_service_port}"


def _whole(duration: str) -> int:
    return max(1, math.ceil(seconds(duration)))
