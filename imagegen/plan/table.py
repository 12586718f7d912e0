"""What the IPVS table of a node in a cluster shows."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.families import CLUSTER_IP_SET, SYNC_BY_FAMILY_FROM, Family
from imagegen.knowledge.kubernetes import NO_LOOPBACK_FROM, Mode, RunBy
from imagegen.plan.facts import IN_CLUSTER, Fact, Json, Level, Nothing, Proof, Rule
from imagegen.profile.lints.kube_proxy import version_of
from imagegen.profile.model import Profile

_RESTARTS = {
    RunBy.SYSTEMD: "run `systemctl restart kube-proxy` and read `journalctl -u kube-proxy`",
    RunBy.KUBEADM: "read the log of this node's pod (`kubectl -n kube-system logs`, label "
    "k8s-app=kube-proxy) and delete it: the DaemonSet makes it anew",
    RunBy.NONE: "read the log of what runs kube-proxy on this node, and restart it",
}
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
                f"set `mode: {mode}` (or --proxy-mode={mode}) and restart kube-proxy; its log says "
                "why it fell back")
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
               "load the scheduler's module; if it is loaded, run the check as root",
               Nothing(), Proof(Rule.PROBE, {"scheduler": scheduler, **_families(profile)},
                                (Level.KERNEL, Level.TABLE)))
    yield from _proxy_facts("ipvs", profile)
    left_alone = _excluded(profile)
    yield _fact("ipvs.device", Rule.DEVICE, {"name": "kube-ipvs0", **left_alone},
                "the node answers for a service address only where kube-ipvs0 carries it",
                "kubernetes pkg/proxy/ipvs/netlink_linux.go", restart)
    yield _api_service(profile)
    yield from _sets(profile)
    yield _fact("ipvs.scheduler", Rule.SCHEDULER, {"name": scheduler, **left_alone},
                f"the profile's scheduler is {scheduler}", _PROXIER, restart)
    yield _fact("ipvs.forwarding", Rule.FORWARDING, {"method": "Masq", **left_alone},
                "kube-proxy makes real servers with Masq only; another method cannot reach a pod",
                "kubernetes pkg/proxy/ipvs/util/ipvs_linux.go", restart)
    yield _fact("ipvs.endpoints", Rule.ENDPOINTS, left_alone,
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


def _families(profile: Profile) -> dict[str, Json]:
    """The services' families, where they are not IPv4 alone: a node without IPv6 is asked no more
    than ever."""
    families = profile.cluster.families
    return {"families": [one.value for one in families]} if Family.IPV6 in families else {}


def _excluded(profile: Profile) -> dict[str, Json]:
    """Ranges whose virtual servers are somebody else's."""
    ranges: list[Json] = list(profile.kube_proxy.config.ipvs.exclude_cidrs)
    return {"excluded": ranges} if ranges else {}


def _sets(profile: Profile) -> Iterator[Fact]:
    """A set of each family: without IPv6 services in the table, what tells that it is served."""
    if Family.IPV6 not in profile.cluster.families:
        return
    for family in profile.cluster.families:
        name = CLUSTER_IP_SET[family]
        yield _fact(f"ipvs.set.{name}", Rule.IPSET, {"name": name, "family": family.value},
                    f"kube-proxy matches {family} service addresses by it; where it is missing, "
                    f"kube-proxy does not serve {family}", "kubernetes pkg/proxy/ipvs/ipset.go",
                    _RESTARTS[profile.kube_proxy.run_by])


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
                 "compare with `kubectl get endpointslices -n default`: a missing real server is "
                 "an API server that is down or not registered, or a kube-proxy that syncs no more")
