"""The pages of kube-proxy's table: of IPVS mode, and of nftables mode where that is wanted."""

from __future__ import annotations

from . import WARNING, Page

_PROXIER = "kubernetes pkg/proxy/ipvs/proxier.go"

PAGES: dict[str, Page] = {
    "api_service": Page(
        "The API service has its real servers",
        "/proc/net/ip_vs for {address} port {port}",
        "Every pod reaches the API server through this virtual server. kube-ipvs0 alone proves "
        "nothing: kube-proxy makes it before the table.",
        "Compare with `kubectl get endpointslices -l kubernetes.io/service-name=kubernetes`; then "
        "read kube-proxy's log and restart it.",
        "kubernetes pkg/controlplane, the service `kubernetes`",
    ),
    "device": Page(
        "kube-ipvs0 has the virtual servers' addresses",
        "the addresses of {name} by netlink (RTM_GETADDR), and /proc/net/ip_vs",
        "The kernel hands a packet to IPVS only where its address is the node's own. An address "
        "that is gone cuts a service off on this node alone; one without a virtual server makes "
        "the node swallow what is sent there.",
        "Restart kube-proxy. Where addresses go again, keep NetworkManager and systemd-networkd "
        "off kube-ipvs0 (unmanaged).",
        "kubernetes pkg/proxy/ipvs/netlink_linux.go",
    ),
    "ipset": Page(
        "kube-proxy's set is there, of the right family",
        "the set {name} by netlink (nfnetlink, subsystem ipset)",
        "kube-proxy matches service addresses by its sets. Without one it does not masquerade, "
        "and a set of another family makes its iptables-restore fail as a whole.",
        "`ipset destroy` a set of the wrong family, and restart kube-proxy: it makes its own.",
        "kubernetes pkg/proxy/ipvs/ipset.go; kernel net/netfilter/ipset/ip_set_core.c",
    ),
    "scheduler": Page(
        "Every virtual server has the profile's scheduler",
        "/proc/net/ip_vs",
        "Another scheduler balances otherwise than was planned, and says that somebody else made "
        "the virtual server or that kube-proxy runs with another configuration.",
        "Restart kube-proxy with `ipvs.scheduler` of the profile; name ranges of others in "
        "`ipvs.excludeCIDRs`.",
        f"{_PROXIER}, syncService",
    ),
    "forwarding": Page(
        "Every real server is reached by masquerading",
        "/proc/net/ip_vs",
        "kube-proxy makes real servers with Masq only. Direct routing or a tunnel sends packets "
        "that no pod answers, and Masq behind a firewall mark without a port drops them all.",
        "Remove the real server with `ipvsadm -d`; kube-proxy makes it anew.",
        "kubernetes pkg/proxy/ipvs/util/ipvs_linux.go; kernel net/netfilter/ipvs/ip_vs_xmit.c",
    ),
    "endpoints": Page(
        "No service has only real servers of weight 0",
        "/proc/net/ip_vs",
        "Weight 0 takes no new connections, which is right while one real server drains. Where "
        "all have it, every connection is refused; a kube-proxy that restarted while one drained "
        "is known to leave it so.",
        "Restart kube-proxy. A Service without endpoints is a warning only: its selector finds no "
        "ready pod.",
        "https://github.com/kubernetes/kubernetes/issues/108319",
    ),
    "stray_probe": Page(
        "kube-proxy's trial of the kernel is not left over",
        "/proc/net/ip_vs, a second time after two seconds",
        "kube-proxy tries the scheduler on TCP 198.51.100.0:20000 and removes it at once. One "
        "that stays is the trace of a kube-proxy that died at its start.",
        "`ipvsadm -D -t 198.51.100.0:20000`, and read why kube-proxy died.",
        f"{_PROXIER}, CanUseIPVSProxier",
    ),
    "loopback": Page(
        "No virtual server is on loopback",
        "/proc/net/ip_vs",
        "Virtual servers on 127.0.0.0/8 and ::1 carry no traffic in IPVS mode, and kube-proxy "
        "makes none from 1.22 on. They do no harm, so they are a warning.",
        "Leave loopback out of nodePortAddresses; reach node ports by the node's own address.",
        "https://github.com/kubernetes/kubernetes/issues/96879, .../67730",
        WARNING,
    ),
    "nft_service": Page(
        "The API service is in kube-proxy's nftables map",
        "`nft list tables`, `nft get element` and `nft list chain` of the table kube-proxy",
        "In nftables mode every pod reaches the API server through this element and its chain.",
        "Compare with `kubectl get endpointslices -l kubernetes.io/service-name=kubernetes`; then "
        "read kube-proxy's log and restart it.",
        "kubernetes pkg/proxy/nftables/proxier.go",
    ),
    "ipvs_absent": Page(
        "Nothing of IPVS mode is left",
        "/sys/class/net/kube-ipvs0 and /proc/net/ip_vs",
        "An address on kube-ipvs0 is the node's own: what is sent to that service ends on the "
        "node, whatever nftables says.",
        "Restart kube-proxy, which clears IPVS mode away; where it comes back, a second "
        "kube-proxy makes it.",
        f"{_PROXIER}, CleanupLeftovers",
    ),
}
