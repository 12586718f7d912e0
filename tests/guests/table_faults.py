"""Faults of the IPVS table, its ipsets and its rules, each with the fact that must turn red."""

from __future__ import annotations

from tests.guests.faults import ASLEEP, NO_ANSWER, Fault

NODE, CLUSTER_IPS = "192.168.1.145", "KUBE-CLUSTER-IP"
# no rule names it while it is empty
UNUSED = "KUBE-LOAD-BALANCER-SOURCE-IP"
ENTRIES, CHAINS = "ipvs.set-entries.IPv4", "ipvs.chains.IPv4"
# the module lies under another release's name, so that this is the one thing that changes
OLD_KERNEL = ("sh", "-c", "ln -s $(uname -r) /lib/modules/5.8.0-old; echo 5.8.0-old >/run/release; "
              "mount --bind /run/release /proc/sys/kernel/osrelease")


def _external(address: str) -> tuple[tuple[str, ...], ...]:
    place = f"{address}:8443"
    return (("ip", "address", "add", f"{address}/32", "dev", "kube-ipvs0"),
            ("ipvsadm", "-A", "-t", place, "-s", "rr"),
            ("ipvsadm", "-a", "-t", place, "-r", "172.30.90.4:8080", "-m"))


def _taken_off(address: str) -> tuple[tuple[str, ...], ...]:
    return (("ipvsadm", "-D", "-t", f"{address}:8443"),
            ("ip", "address", "del", f"{address}/32", "dev", "kube-ipvs0"))


TABLE_FAULTS = (
    # case H04: keepalived's, by its own scheduler, with direct routing
    Fault("foreign", (ASLEEP, ("ipvsadm", "-A", "-t", "192.0.2.166:41808", "-s", "wlc", "-p",
                               "1800"),
                      ("ipvsadm", "-a", "-t", "192.0.2.166:41808", "-r", "10.244.35.193:41808",
                       "-g")),
          "ipvs.foreign", 'excludeCIDRs: ["192.0.2.166/32"]', also=NO_ANSWER, result="warning"),
    Fault("stale", (ASLEEP, ("ipvsadm", "-A", "-t", "203.0.113.9:80", "-s", "rr")),
          "ipvs.foreign", "stale or foreign: TCP 203.0.113.9:80", also=NO_ANSWER,
          result="warning"),
    Fault("node-port-outside", (ASLEEP, ("ipset", "add", "KUBE-NODE-PORT-TCP", "45000"),
                                ("ipvsadm", "-A", "-t", f"{NODE}:45000", "-s", "rr"),
                                ("ipvsadm", "-a", "-t", f"{NODE}:45000", "-r", "172.30.90.2:80",
                                 "-m")),
          "ipvs.node-ports", f"TCP {NODE}:45000", also=NO_ANSWER),
    Fault("one-packet", (ASLEEP, ("ipvsadm", "-A", "-u", "10.254.0.1:53", "-s", "rr", "-o"),
                         ("ipvsadm", "-a", "-u", "10.254.0.1:53", "-r", "172.30.90.2:53", "-m")),
          "ipvs.flags", "UDP 10.254.0.1:53 ops", also=(ENTRIES, *NO_ANSWER)),
    Fault("other-family", (ASLEEP, ("ipvsadm", "-a", "-t", "10.254.72.60:80", "-r",
                                    "[2001:db8::15]:8080", "-i")),
          "ipvs.flags", "TCP 10.254.72.60:80 has real servers of the other family",
          also=("ipvs.forwarding", *NO_ANSWER),
          # neither kube-proxy nor `ipvsadm -d` can remove it
          mend=(("ipvsadm", "-D", "-t", "10.254.72.60:80"),)),
    Fault("timeouts", (("ipvsadm", "--set", "60", "120", "300"),), "ipvs.timeouts", "tcp 60 s",
          mend=(("ipvsadm", "--set", "900", "120", "300"),)),
    Fault("table-too-small", (), "ipvs.connection-table", "asks for 1048576", result="warning",
          files=(("/etc/modprobe.d/ipvs.conf", "options ip_vs conn_tab_bits=20\n"),)),
    Fault("slow-reuse", (OLD_KERNEL,), "ipvs.connection-reuse", "1 on 5.8.0-old",
          mend=(("umount", "/proc/sys/kernel/osrelease"), ("rm", "/lib/modules/5.8.0-old"))),
    Fault("set-of-another-type", (ASLEEP, ("ipset", "destroy", UNUSED),
                                  ("ipset", "create", UNUSED, "hash:ip,port")),
          "ipvs.sets.IPv4", f"{UNUSED} is hash:ip,port of IPv4", also=NO_ANSWER,
          mend=(("ipset", "destroy", UNUSED),)),
    Fault("set-flushed", (ASLEEP, ("ipset", "flush", CLUSTER_IPS)), ENTRIES,
          f"0 entries in {CLUSTER_IPS}, 5 virtual servers", also=NO_ANSWER),
    # as many entries as services, and not theirs
    Fault("set-of-others", (ASLEEP, ("ipset", "del", CLUSTER_IPS, "10.254.72.60,tcp:80"),
                            ("ipset", "add", CLUSTER_IPS, "10.254.72.61,tcp:80")), ENTRIES,
          "KUBE-CLUSTER-IP lacks 10.254.72.60,tcp:80 "
          "and holds 10.254.72.61,tcp:80", also=NO_ANSWER),
    # one set beside that of the cluster's addresses; each of the others in tests/node/test_ipset.py
    Fault("node-ports-flushed", (ASLEEP, ("ipset", "flush", "KUBE-NODE-PORT-TCP")), ENTRIES,
          "KUBE-NODE-PORT-TCP lacks", also=NO_ANSWER),
    Fault("bound-addresses-flushed", (ASLEEP, ("ipset", "flush", "KUBE-IPVS-IPS")), ENTRIES,
          "KUBE-IPVS-IPS lacks 10.254.0.1", also=NO_ANSWER),
    # what kube-proxy makes of a Service that names an API server, or the node, in externalIPs
    Fault("api-servers-address", (ASLEEP, *_external("192.168.1.142")), "ipvs.device",
          "192.168.1.142 is an API server's address", also=(ENTRIES, *NO_ANSWER),
          mend=_taken_off("192.168.1.142")),
    Fault("nodes-own-address", (ASLEEP, *_external(NODE)), "ipvs.device",
          f"{NODE} is the node's own address", also=(ENTRIES, *NO_ANSWER),
          mend=_taken_off(NODE)),
    Fault("draining-by-a-hash",
          (ASLEEP, ("modprobe", "ip_vs_sh"), ("ipvsadm", "-E", "-t", "10.254.0.1:443", "-s", "sh"),
           ("ipvsadm", "-e", "-t", "10.254.0.1:443", "-r", "192.168.1.143:6443", "-m", "-w", "0")),
          "ipvs.endpoints", "TCP 10.254.0.1:443 (sh)", result="warning",
          also=("ipvs.scheduler", "ipvs.api-service", *NO_ANSWER)),
    # kube-proxy's own state is whole; test_firewall.py sends packets
    Fault("services-dropped", (("iptables", "-I", "INPUT", "1", "-d", "10.254.0.0/16", "-j",
                                "DROP"),),
          "ipvs.firewall", "-A INPUT -d 10.254.0.0/16 -j DROP cuts this node",
          mend=(("iptables", "-D", "INPUT", "-d", "10.254.0.0/16", "-j", "DROP"),)),
    # as a reload of firewalld does
    Fault("rules-flushed", (ASLEEP, ("iptables", "-t", "nat", "-F")), CHAINS,
          "nat PREROUTING -> KUBE-SERVICES", also=NO_ANSWER),
    Fault("jump-removed", (ASLEEP, ("sh", "-c", "iptables -t nat -D OUTPUT $(iptables -t nat -S "
                                    "OUTPUT | grep -n KUBE-SERVICES | head -1 | "
                                    "awk -F: '{print $1 - 1}')")), CHAINS,
          "nat OUTPUT -> KUBE-SERVICES", also=NO_ANSWER),
)
