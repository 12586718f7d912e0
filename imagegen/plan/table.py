"""What the IPVS table of a node in a cluster shows."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.families import SYNC_BY_FAMILY_FROM, Family
from imagegen.knowledge.kube_ipvs import (
    CLUSTER_IPS,
    CONN_REUSE_BEFORE,
    CONN_REUSE_FROM,
    MH_PORT_FROM,
    kube_rules,
    kube_sets,
)
from imagegen.knowledge.kubernetes import NO_LOOPBACK_FROM, Mode, RunBy
from imagegen.knowledge.modules import Scheduler
from imagegen.plan.facts import IN_CLUSTER, Fact, Json, Level, Nothing, Proof, Rule
from imagegen.profile.fields import seconds
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.model import Profile

_RESTARTS = {
    RunBy.SYSTEMD: "Run `systemctl restart kube-proxy`, and read `journalctl -u kube-proxy`.",
    RunBy.KUBEADM: "Read the log of this node's pod (`kubectl -n kube-system logs`, label "
    "k8s-app=kube-proxy), and delete the pod: the DaemonSet makes it anew.",
    RunBy.NONE: "Read the log of what runs kube-proxy on this node, and restart it.",
}
# what the kernel starts with (net/netfilter/ipvs/ip_vs_proto_tcp.c, ip_vs_proto_udp.c), in seconds
KERNEL_TIMEOUTS = {"tcp": 900, "tcpfin": 120, "udp": 300}
_PROXIER = "kubernetes pkg/proxy/ipvs/proxier.go, syncProxyRules"


def table_facts(profile: Profile) -> Iterator[Fact]:
    """What a node in a cluster shows: kube-proxy's own word first, then its table."""
    if profile.kube_proxy.config.mode is Mode.IPVS:
        yield from _ipvs_facts(profile)
    else:
        yield from _nftables_facts(profile)


def _proxy_facts(prefix: str, profile: Profile) -> Iterator[Fact]:
    """Its mode, and that it has synced."""
    mode = profile.kube_proxy.config.mode.value
    yield _fact(f"{prefix}.mode", Rule.PROXY_MODE, {"mode": mode},
                "kube-proxy up to 1.25 falls back to iptables without a word"
                if mode == Mode.IPVS else "a node in another mode has another one's rules",
                "kubernetes cmd/kube-proxy/app/server.go, /proxyMode",
                f"Set `mode: {mode}` (or --proxy-mode={mode}), and restart kube-proxy. Its log "
                "says "
                "why it fell back.")
    told_apart = version_of(profile) >= SYNC_BY_FAMILY_FROM
    yield _fact(f"{prefix}.sync", Rule.PROXY_SYNC, _families(profile) if told_apart else {},
                "a kube-proxy that never synced has programmed nothing, and /healthz says 200 all "
                "the same", "kubernetes pkg/proxy/metrics, sync_proxy_rules_last_timestamp_seconds",
                _RESTARTS[profile.kube_proxy.run_by])


def _nftables_facts(profile: Profile) -> Iterator[Fact]:
    """Mode, sync, the API service in kube-proxy's own table, and nothing left of IPVS mode."""
    yield from _proxy_facts("nftables", profile)
    cluster, restart = profile.cluster, _RESTARTS[profile.kube_proxy.run_by]
    ranges: list[Json] = list(cluster.service_cidr.split(","))
    servers: list[Json] | None = list(cluster.api_servers) or None
    yield _fact("nftables.api-service", Rule.NFT_SERVICE,
                {"address": cluster.api_service, "port": cluster.api_service_port,
                 "realServers": servers},
                "every pod reaches the API server through it",
                "kubernetes pkg/proxy/nftables/proxier.go, the map service-ips", restart)
    yield _fact("nftables.no-ipvs", Rule.IPVS_ABSENT, {"ranges": ranges},
                "an address on kube-ipvs0 is the node's own, so that what is sent to a service "
                "ends on the node and not at an endpoint",
                "kubernetes pkg/proxy/ipvs/proxier.go, CleanupLeftovers", restart)


def _ipvs_facts(profile: Profile) -> Iterator[Fact]:
    """Mode, sync, device, the API service, and what holds for every virtual and real server."""
    scheduler = profile.kube_proxy.config.ipvs.scheduler.value
    restart = _RESTARTS[profile.kube_proxy.run_by]
    yield Fact("ipvs.probe", "only the kernel itself can say that IPVS works with this scheduler",
               "kernel net/netfilter/ipvs/ip_vs_ctl.c",
               "Load the scheduler's module. Where it is loaded, run the check as root.",
               Nothing(), Proof(Rule.PROBE, {"scheduler": scheduler, **_families(profile)},
                                (Level.KERNEL, Level.TABLE)))
    yield from _proxy_facts("ipvs", profile)
    whose = _whose(profile)
    yield _fact("ipvs.device", Rule.DEVICE, {"name": "kube-ipvs0", **_api(profile), **whose},
                "the node answers for a service address only where kube-ipvs0 carries it",
                "kubernetes pkg/proxy/ipvs/netlink_linux.go", restart)
    yield _api_service(profile)
    yield _fact("ipvs.scheduler", Rule.SCHEDULER, {"name": scheduler, **whose},
                f"the profile's scheduler is {scheduler}", _PROXIER, restart)
    yield _fact("ipvs.forwarding", Rule.FORWARDING, {"method": "Masq", **whose},
                "kube-proxy makes real servers with Masq only; another method cannot reach a pod",
                "kubernetes pkg/proxy/ipvs/util/ipvs_linux.go", restart)
    yield _fact("ipvs.endpoints", Rule.ENDPOINTS, whose,
                "a service whose real servers all have weight 0 drops every connection, and "
                "kube-proxy is known to leave them so when it restarts while one drains",
                "kubernetes issue 108319", restart)
    yield _fact("ipvs.stray-probe", Rule.STRAY_PROBE, {},
                "kube-proxy's probe 198.51.100.0:20000 is removed at once; one that stays is the "
                "trace of a kube-proxy that died while it looked",
                "kubernetes pkg/proxy/ipvs/proxier.go, CanUseIPVSProxier", restart)
    yield _fact("ipvs.loopback", Rule.LOOPBACK,
                {"allowed": version_of(profile) < NO_LOOPBACK_FROM},
                "a virtual server on 127.0.0.1 can carry no traffic; kube-proxy makes none from "
                "1.22 on",
                "kubernetes PR 92938", restart)
    yield from _foreign(profile, whose)
    yield from _of_ipvs(profile, whose)
    for family in profile.cluster.families:
        yield from _of_family(profile, family)
    pods: list[Json] = [str(one) for one in profile.cluster.pods]
    yield _fact("ipvs.firewall", Rule.FIREWALL, {**whose, "pods": pods, **_families(profile)},
                "IPVS takes packets at the end of INPUT and within OUTPUT: what a rule drops "
                "there, before or behind, no virtual server ever answers",
                "kernel net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4",
                "Take the rule out of what makes it, or accept services' packets before it.")


def _foreign(profile: Profile, whose: dict[str, Json]) -> Iterator[Fact]:
    """Whose the virtual servers are, and where node ports may stand."""
    restart = _RESTARTS[profile.kube_proxy.run_by]
    yield _fact("ipvs.foreign", Rule.FOREIGN, whose,
                "kube-proxy deletes virtual servers that are not its own, unless excludeCIDRs "
                "holds their addresses", "kubernetes kube-proxy issue 6, kubernetes issue 134147",
                "Name what is meant in ipvs.excludeCIDRs, and remove what is stale with `ipvsadm "
                "-D`.")
    addresses: list[Json] = list(profile.kube_proxy.config.node_port_addresses)
    yield _fact("ipvs.node-ports", Rule.NODE_PORT,
                {**({"addresses": addresses} if addresses else {}), **whose},
                "a node port elsewhere is reached by those that it was not meant for, or takes a "
                "port that the node gives to its own connections",
                "kubernetes pkg/proxy/util/nodeport_addresses.go", restart)


def _of_ipvs(profile: Profile, whose: dict[str, Json]) -> Iterator[Fact]:
    """What IPVS itself is set to."""
    ipvs, restart = profile.kube_proxy.config.ipvs, _RESTARTS[profile.kube_proxy.run_by]
    spread = ipvs.scheduler is Scheduler.MH and version_of(profile) >= MH_PORT_FROM
    yield _fact("ipvs.flags", Rule.FLAGS, {"mhPort": spread, **whose},
                "another flag, or a real server of the other family, is not kube-proxy's work: "
                "with `ops` each packet of a connection may go to another pod",
                "kernel include/uapi/linux/ip_vs.h, IP_VS_SVC_F_*", restart)
    given = {"tcp": ipvs.tcp_timeout, "tcpfin": ipvs.tcp_fin_timeout, "udp": ipvs.udp_timeout}
    yield _fact("ipvs.timeouts", Rule.TIMEOUTS,
                {name: int(seconds(time or "")) or KERNEL_TIMEOUTS[name]
                 for name, time in given.items()},
                "an idle connection is cut after this time, whatever its two ends think",
                "kubernetes pkg/proxy/ipvs/proxier.go, NewProxier; ipvsadm(8), --set", restart)
    yield _fact("ipvs.connection-table", Rule.CONNECTION_TABLE, {},
                "with too few buckets each packet walks a long chain of connections",
                "kernel net/netfilter/ipvs/Kconfig, IP_VS_TAB_BITS",
                "Reboot, so that the module is loaded with its options.")
    yield _fact("ipvs.connection-reuse", Rule.CONNECTION_REUSE,
                {"from": CONN_REUSE_FROM, "before": CONN_REUSE_BEFORE},
                "on these kernels a reused port costs a new connection one second",
                "kubernetes issue 93297; kernel commit f0a5e4d7a594 (5.9)", restart)


def _of_family(profile: Profile, family: Family) -> Iterator[Fact]:
    """The ipsets and rules of one family."""
    version, restart = version_of(profile), _RESTARTS[profile.kube_proxy.run_by]
    families = profile.cluster.families
    sets: list[Json] = [f"{one.of(family)} {one.type}" for one in kube_sets(version)]
    yield _fact(f"ipvs.sets.{family}", Rule.IPSET, {"family": family.value, "sets": sets},
                f"kube-proxy's rules for {family} match by them; where one is missing or of "
                "another type, it writes no rules at all",
                "kubernetes pkg/proxy/ipvs/ipset.go", restart)
    ranges: list[Json] = [str(one) for one in profile.cluster.services if Family.of(one) is family]
    yield _fact(f"ipvs.set-entries.{family}", Rule.IPSET_ENTRIES,
                {"name": CLUSTER_IPS.of(family), "family": family.value, "ranges": ranges,
                 "nodePorts": profile.cluster.node_port_range, **_excluded(profile)},
                "what is sent to a service that is not in it is not masqueraded, and the answer "
                "does not come back", _PROXIER, restart)
    rules: list[Json] = [one.text for one in kube_rules(version, family is families[0])]
    yield _fact(f"ipvs.chains.{family}", Rule.CHAINS, {"family": family.value, "rules": rules},
                "without them nothing is masqueraded, and node ports are cut off; a reload of "
                "firewalld takes them", f"{_PROXIER}, writeIptablesRules", restart)


def _api(profile: Profile) -> dict[str, Json]:
    """The API's service, whose real servers no other address of the node may have."""
    cluster = profile.cluster
    host = f"[{cluster.api_service}]" if ":" in cluster.api_service else cluster.api_service
    return {"api": f"{host}:{cluster.api_service_port}"}


def _families(profile: Profile) -> dict[str, Json]:
    """The services' families, where they are not IPv4 alone: a node without IPv6 is asked no more
    than ever."""
    families = profile.cluster.families
    return {"families": [one.value for one in families]} if Family.IPV6 in families else {}


def _whose(profile: Profile) -> dict[str, Json]:
    """What tells kube-proxy's virtual servers from somebody else's."""
    ranges: list[Json] = list(profile.cluster.service_cidr.split(","))
    return {**_excluded(profile), "ranges": ranges, "nodePorts": profile.cluster.node_port_range}


def _excluded(profile: Profile) -> dict[str, Json]:
    """Ranges whose virtual servers are somebody else's."""
    ranges: list[Json] = list(profile.kube_proxy.config.ipvs.exclude_cidrs)
    return {"excluded": ranges} if ranges else {}


def _fact(name: str, rule: Rule, expect: dict[str, Json], reason: str, source: str,
          remedy: str) -> Fact:
    return Fact(name, reason, source, remedy, Nothing(), Proof(rule, expect, IN_CLUSTER))


def _api_service(profile: Profile) -> Fact:
    cluster = profile.cluster
    servers: list[Json] | None = list(cluster.api_servers) or None
    return _fact("ipvs.api-service", Rule.API_SERVICE,
                 {"address": cluster.api_service, "port": cluster.api_service_port,
                  "realServers": servers},
                 "every pod reaches the API server through it",
                 "kubernetes pkg/controlplane, the `kubernetes` service",
                 "Compare with `kubectl get endpointslices -n default`. A missing real server is "
                 "an API server that is down or not registered, or a kube-proxy that syncs no "
                 "more.")
