"""The pages of the table against its cluster, and of traffic through it."""

from __future__ import annotations

from . import Page

_READS = ("Services, EndpointSlices and this Node of the API server in {kubeconfig}, in pages; "
          "/proc/net/ip_vs before and after; where they differ, kube-proxy's /metrics")
_PROXIER = "kubernetes pkg/proxy/ipvs/proxier.go"

PAGES: dict[str, Page] = {
    "api_virtual_servers": Page(
        "Every Service port has its virtual servers",
        _READS,
        "A Service whose cluster IP, external IP, load-balancer IP or node port has no virtual "
        "server is cut off on this node alone, and every other node hides it. What changes while "
        "the two are read is looked at again, and counts only if it stays wrong: for seven "
        "seconds, and where kube-proxy has changes to make, until it has synced twice more (a "
        "minute at most).",
        "Read kube-proxy's log for the Service and restart kube-proxy.",
        f"{_PROXIER}, syncProxyRules",
    ),
    "api_real_servers": Page(
        "Every ready endpoint is a real server, no other is",
        _READS,
        "A real server that is gone takes its share of every Service's connections with it; an "
        "endpoint that is missing leaves the others to carry its load. Traffic policies and "
        "topology hints are followed: a legal part of the endpoints is right. A real server of "
        "weight 0 drains.",
        "Compare with `kubectl get endpointslices -A`, read kube-proxy's log and restart it.",
        f"{_PROXIER}, syncEndpoint; pkg/proxy/topology.go",
    ),
    "api_affinity": Page(
        "Session affinity is as the Service has it",
        f"{_READS}; IPVS by generic netlink where a virtual server is persistent",
        "A client that should stay with one pod is sent to another, or stays with one for longer "
        "than it should.",
        "Restart kube-proxy: somebody else changed the virtual server.",
        f"{_PROXIER}, StickyMaxAgeSeconds",
    ),
    "api_stale": Page(
        "No virtual server is without its Service",
        _READS,
        "What is sent to the address of a Service that is gone ends at pods that may be "
        "another's by now.",
        "Remove it with `ipvsadm -D`, or restart kube-proxy; name what is meant to stay in "
        "`ipvs.excludeCIDRs`.",
        f"{_PROXIER}, cleanLegacyService",
    ),
    "traffic_probe": Page(
        "A connection goes through IPVS and is answered",
        "one TCP connection to {address} port {port}, without a byte of payload, and its entry in "
        "/proc/net/ip_vs_conn",
        "A table can be right and carry nothing: a route, a firewall or a missing masquerade may "
        "stand before or behind it. The finding names the hop.",
        "Follow the hop that the finding names: the route, IPVS, or the real server.",
        "kernel net/netfilter/ipvs/ip_vs_conn.c",
    ),
}
