"""Faults of a node that serves both families, each with the fact that must turn red."""

from __future__ import annotations

from tests.guests.faults import ASLEEP, NO_ANSWER, RESTART, Fault

# of imagegen/boot/proof.py's sample service
SAMPLE = "fd00:10:96::50"
SET = "KUBE-6-CLUSTER-IP"

FAMILY_FAULTS = (
    Fault("ipv6-not-forwarded", (("sysctl", "-qw", "net.ipv6.conf.all.forwarding=0"),),
          "sysctl.net.ipv6.conf.all.forwarding", "0, and no file explains it",
          mend=(("sysctl", "-qw", "net.ipv6.conf.all.forwarding=1"),)),
    Fault("ipv6-off-for-new-devices", (("sysctl", "-q", "--system"),),
          "sysctl.net.ipv6.conf.default.disable_ipv6", "/etc/sysctl.d/zz-local.conf",
          files=(("/etc/sysctl.d/zz-local.conf", "net.ipv6.conf.default.disable_ipv6 = 1\n"),),
          mend=(("sysctl", "-q", "--system"),)),
    Fault("set-of-ipv6-gone", (ASLEEP, ("ip6tables", "-t", "nat", "-F"),
                               ("ip6tables", "-F"), ("ipset", "destroy", SET)),
          "ipvs.sets.IPv6", f"there is no ipset {SET}",
          also=("ipvs.set-entries.IPv6", "ipvs.chains.IPv6", *NO_ANSWER)),
    # kube-proxy goes on with IPv4 alone, and says so in its log only
    Fault("ipv6-not-served", (("rm", "/usr/sbin/ip6tables"), RESTART, ("sleep", "30")),
          "ipvs.sync", "no sync of IPv6", also=("package.ip6tables",),
          keeps=("/usr/sbin/ip6tables",), mend=(RESTART,)),
    Fault("address-of-ipv6-gone",
          (ASLEEP, ("ip", "address", "del", f"{SAMPLE}/128", "dev", "kube-ipvs0")),
          "ipvs.device", SAMPLE, also=NO_ANSWER),
    Fault("scheduler-of-ipv6", (ASLEEP, ("ipvsadm", "-E", "-t", f"[{SAMPLE}]:80", "-s", "wrr")),
          "ipvs.scheduler", f"[{SAMPLE}]:80", also=NO_ANSWER),
    Fault("drained-ipv6", (ASLEEP, *(("ipvsadm", "-e", "-t", f"[{SAMPLE}]:80", "-r",
                                      f"[fd00:10:244::{number}]:8080", "-m", "-w", "0")
                                     for number in (2, 3))),
          "ipvs.endpoints", f"[{SAMPLE}]:80", also=NO_ANSWER),
    # beside one that the profile's excludeCIDRs hold
    Fault("foreign-outside", (ASLEEP, ("ipvsadm", "-A", "-t", "[2001:db8::166]:80", "-s", "wlc"),
                              ("ipvsadm", "-A", "-t", "[2001:db8::167]:80", "-s", "wlc")),
          "ipvs.foreign", "stale or foreign: TCP [2001:db8::167]:80 (1)", also=NO_ANSWER,
          result="warning", mend=(("ipvsadm", "-D", "-t", "[2001:db8::167]:80"),)),
)
