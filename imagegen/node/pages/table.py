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
        "the addresses of every device by netlink (RTM_GETADDR), /proc/net/ip_vs, /proc/net/route",
        "The kernel hands a packet to IPVS only where its address is the node's own. An address "
        "that is gone cuts a service off on this node alone; one without a virtual server makes "
        "the node swallow what is sent there. So does one that an API server, the router or the "
        "node itself has, too: a Service that names it in externalIPs cuts the node off.",
        "Restart kube-proxy. Where addresses go again, keep NetworkManager and systemd-networkd "
        "off kube-ipvs0 (unmanaged). Take an address that another owner has out of the Service's "
        "externalIPs.",
        "kubernetes pkg/proxy/ipvs/netlink_linux.go",
    ),
    "ipset": Page(
        "kube-proxy's sets are there, of the right type",
        "every set of {family} by netlink (nfnetlink, subsystem ipset)",
        "kube-proxy matches service addresses by its sets. Without one it does not masquerade, "
        "and a set of another type or family makes its iptables-restore fail as a whole.",
        "`ipset destroy` a set of the wrong type, and restart kube-proxy: it makes its own.",
        "kubernetes pkg/proxy/ipvs/ipset.go; kernel net/netfilter/ipset/ip_set_core.c",
    ),
    "ipset_entries": Page(
        "kube-proxy's sets hold what the table has",
        "the entries of {name} and of the sets beside it, by netlink; /proc/net/ip_vs, kube-ipvs0",
        "The rules that masquerade, let clients in and keep them out match by these sets. A "
        "service "
        "or node port that is not in its set answers from some nodes and not from others. Which "
        "entry an external address has only its Service says, so that one of three sets is enough. "
        "kube-proxy fills it when a sync ends; what differs counts "
        "only if it stays so: for seven seconds, and where kube-proxy has changes to make, until "
        "it has synced twice more (a minute at most).",
        "Restart kube-proxy: it fills the sets anew. Look for what runs `ipset flush`.",
        f"{_PROXIER}, syncIPSetEntries",
    ),
    "flags": Page(
        "Virtual servers have kube-proxy's flags and families",
        "/proc/net/ip_vs; for mh also the flags by netlink (IPVS, GET_SERVICE)",
        "kube-proxy sets session affinity of single clients and mh-port, and nothing else. With "
        "one-packet scheduling a connection is torn between pods; the kernel passes packets on to "
        "the other family by tunnel alone. How long an affinity lasts is in ticks in /proc, so no "
        "number of it is shown.",
        "Restart kube-proxy; where it comes again, find who else edits the table. A virtual server "
        "with a real server of the other family has to go first: `ipvsadm -D`.",
        "kernel net/netfilter/ipvs/ip_vs_ctl.c, ip_vs_info_seq_show and ip_vs_add_dest",
    ),
    "foreign": Page(
        "No virtual server of somebody else's is in danger",
        "/proc/net/ip_vs, the node's addresses, and kube-proxy's ipsets by netlink",
        "keepalived and its like keep virtual servers beside kube-proxy's, which deletes what is "
        "not its own unless excludeCIDRs holds the address; some versions leave stale ones until "
        "they restart. Those of a firewall mark have no address, and stay.",
        "Name what is meant in `ipvs.excludeCIDRs`; remove what is stale with `ipvsadm -D`.",
        "https://github.com/kubernetes/kube-proxy/issues/6, kubernetes/kubernetes/issues/134147",
        WARNING,
    ),
    "node_port": Page(
        "Node ports stand where the profile has them",
        "/proc/net/ip_vs, the node's addresses, and kube-proxy's ipsets by netlink",
        "A node port beyond {nodePorts} may be a port that the node gives to its own connections. "
        "One on an address beside nodePortAddresses is open to a network that it was kept from.",
        "Make cluster.nodePortRange and nodePortAddresses those of the cluster, and restart "
        "kube-proxy.",
        "kubernetes pkg/proxy/util/nodeport_addresses.go",
    ),
    "timeouts": Page(
        "Idle connections live as long as the profile says",
        "the timeouts by netlink (IPVS, GET_CONFIG)",
        "After tcp {tcp} s, tcpfin {tcpfin} s or udp {udp} s without a packet the node forgets a "
        "connection, and its ends hear of a reset. kube-proxy sets them at its start only.",
        "Restart kube-proxy, and look for `ipvsadm --set` in scripts of the node's.",
        "ipvsadm(8), --set; kubernetes pkg/proxy/ipvs/proxier.go, NewProxier",
    ),
    "connection_table": Page(
        "The connection table is as large as was asked for",
        "its size by netlink (IPVS, GET_INFO), and conn_tab_bits in modprobe.d",
        "The size is fixed when ip_vs is loaded. An option that comes after that, because the "
        "initrd loaded the module, does nothing, and nothing says so. Newer kernels resize the "
        "table by themselves.",
        "Write the option into the initrd, too, and reboot.",
        "kernel net/netfilter/ipvs/ip_vs_conn.c, conn_tab_bits",
        WARNING,
    ),
    "connection_reuse": Page(
        "A reused port costs no second on old kernels",
        "/proc/sys/net/ipv4/vs/conn_reuse_mode, and the kernel's release",
        "From {from} to before {before} the kernel makes a client wait a second where it uses a "
        "port again. kube-proxy sets conn_reuse_mode to 0 there, and leaves later kernels alone.",
        "Restart kube-proxy, and take what sets it to 1 out of sysctl.d.",
        "https://github.com/kubernetes/kubernetes/issues/93297; kernel commit f0a5e4d7a594",
    ),
    "chains": Page(
        "kube-proxy's rules are there, and reached",
        "iptables-save or ip6tables-save, by the node's own backend first",
        "They mark what must be masqueraded and let node ports in. A reload of firewalld flushes "
        "them while the table of virtual servers stays whole.",
        "Restart kube-proxy, and keep firewalld and `iptables -F` away from its chains.",
        f"{_PROXIER}, writeIptablesRules",
    ),
    "firewall": Page(
        "The packet filter loses no service's packets",
        "iptables-save (ip6tables-save) of each kind in use, all other tables of nf_tables by "
        "netlink, ipsets, the routes and addresses of the node, /proc/net/ip_vs",
        "The table of virtual servers can be whole while a rule of somebody else's drops every "
        "packet to it. The check follows connections of this node, of pods and of clients outside "
        "to one service of each sort, through all rules of raw, mangle, nat, filter and nftables "
        "in the order of the kernel. It is red where a connection of the node or of pods is lost "
        "for certain, or where all clients outside lose a published service. It is a warning where "
        "a match decides that cannot be read (a limit, a program, an unknown set), where some "
        "clients outside are kept out, which may be meant, and where only an address of a "
        "ClusterIP is closed to clients outside. A FORWARD policy of DROP alone is a warning too: "
        "kube-proxy accepts services' packets, but pods cannot reach each other's own addresses. "
        "What a network policy's own chains drop was asked for, and is not judged.",
        "Remove the rule that the finding names, and where it comes from; or accept what goes to "
        "services and what pods send before it.",
        "kernel net/netfilter/ipvs/ip_vs_core.c, ip_vs_ops4; iptables-extensions(8); nft(8)",
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
        "Weight 0 takes no new connections, which is right while one real server drains. With mh, "
        "sh and dh the clients whose hash leads there are refused until it is gone: a warning. "
        "Where all have weight 0, every connection is refused; a kube-proxy that restarted while "
        "one drained "
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
