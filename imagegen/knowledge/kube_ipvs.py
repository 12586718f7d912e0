"""What kube-proxy makes beside its virtual servers in IPVS mode: ipsets and rules, by version.

Read in kubernetes pkg/proxy/ipvs/{proxier,ipset,iptables}.go of 1.20, 1.21, 1.22, 1.24 to 1.29,
1.34 and 1.37: `ipsetInfo`, `iptablesJumpChain`, `iptablesChains`, `writeIptablesRules`.
"""

from __future__ import annotations

from dataclasses import dataclass

from imagegen.knowledge.families import Family
from imagegen.knowledge.kubernetes import OLDEST, Version

# ip_set.h, IPSET_MAXNAMELEN less the end: a longer name is cut (NewIPSet)
_LONGEST_NAME = 31
# mh gets the flag mh-port from here on (proxier.go, FlagSourceHash)
MH_PORT_FROM = Version(1, 27)
# kernels for which kube-proxy sets conn_reuse_mode to 0 (pkg/util/kernel/constants.go)
CONN_REUSE_FROM, CONN_REUSE_BEFORE = "4.1", "5.9"


@dataclass(frozen=True, slots=True)
class KubeSet:
    """An ipset: its IPv4 name, its type, and the first kube-proxy that makes it."""

    name: str
    type: str
    since: Version = OLDEST

    def of(self, family: Family) -> str:
        """Its name in a family."""
        six = self.name.replace("KUBE-", "KUBE-6-", 1)[:_LONGEST_NAME]
        return self.name if family is Family.IPV4 else six


CLUSTER_IPS = KubeSet("KUBE-CLUSTER-IP", "hash:ip,port")
_SETS = (
    KubeSet("KUBE-LOOP-BACK", "hash:ip,port,ip"),
    CLUSTER_IPS,
    KubeSet("KUBE-EXTERNAL-IP", "hash:ip,port"),
    KubeSet("KUBE-EXTERNAL-IP-LOCAL", "hash:ip,port"),
    KubeSet("KUBE-LOAD-BALANCER", "hash:ip,port"),
    KubeSet("KUBE-LOAD-BALANCER-FW", "hash:ip,port"),
    KubeSet("KUBE-LOAD-BALANCER-LOCAL", "hash:ip,port"),
    KubeSet("KUBE-LOAD-BALANCER-SOURCE-IP", "hash:ip,port,ip"),
    KubeSet("KUBE-LOAD-BALANCER-SOURCE-CIDR", "hash:ip,port,net"),
    KubeSet("KUBE-NODE-PORT-TCP", "bitmap:port"),
    KubeSet("KUBE-NODE-PORT-LOCAL-TCP", "bitmap:port"),
    KubeSet("KUBE-NODE-PORT-UDP", "bitmap:port"),
    KubeSet("KUBE-NODE-PORT-LOCAL-UDP", "bitmap:port"),
    KubeSet("KUBE-NODE-PORT-SCTP-HASH", "hash:ip,port"),
    KubeSet("KUBE-NODE-PORT-LOCAL-SCTP-HASH", "hash:ip,port"),
    KubeSet("KUBE-HEALTH-CHECK-NODE-PORT", "bitmap:port", Version(1, 21)),
    KubeSet("KUBE-IPVS-IPS", "hash:ip", Version(1, 26)),
)


@dataclass(frozen=True, slots=True)
class KubeRule:
    """A rule that is there in every cluster: table, chain and target; versions [since, until)."""

    table: str
    chain: str
    target: str
    since: Version = OLDEST
    until: Version | None = None

    @property
    def text(self) -> str:
        """`nat PREROUTING KUBE-SERVICES`."""
        return f"{self.table} {self.chain} {self.target}"


# a jump proves its chain; a chain that may be empty is proven by the jump to it alone
_RULES = (
    KubeRule("nat", "PREROUTING", "KUBE-SERVICES"),
    KubeRule("nat", "OUTPUT", "KUBE-SERVICES"),
    KubeRule("nat", "POSTROUTING", "KUBE-POSTROUTING"),
    KubeRule("nat", "KUBE-SERVICES", "KUBE-NODE-PORT"),
    KubeRule("nat", "KUBE-LOAD-BALANCER", "KUBE-MARK-MASQ"),
    KubeRule("nat", "KUBE-MARK-MASQ", "MARK"),
    KubeRule("nat", "KUBE-POSTROUTING", "MASQUERADE"),
    KubeRule("nat", "KUBE-FIREWALL", "KUBE-MARK-DROP", until=Version(1, 25)),
    KubeRule("filter", "FORWARD", "KUBE-FORWARD"),
    KubeRule("filter", "KUBE-FORWARD", "ACCEPT"),
    KubeRule("filter", "INPUT", "KUBE-NODE-PORT", Version(1, 21)),
    KubeRule("filter", "KUBE-NODE-PORT", "ACCEPT", Version(1, 21)),
    KubeRule("filter", "INPUT", "KUBE-PROXY-FIREWALL", Version(1, 25)),
    KubeRule("filter", "FORWARD", "KUBE-PROXY-FIREWALL", Version(1, 25)),
    KubeRule("filter", "KUBE-SOURCE-RANGES-FIREWALL", "DROP", Version(1, 25)),
    KubeRule("filter", "INPUT", "KUBE-IPVS-FILTER", Version(1, 26)),
    KubeRule("filter", "KUBE-IPVS-FILTER", "REJECT", Version(1, 26)),
    KubeRule("filter", "OUTPUT", "KUBE-IPVS-OUT-FILTER", Version(1, 29)),
)
# only where the family has a service, and the API's own is one of the primary family
_MASQUERADED = KubeRule("nat", "KUBE-SERVICES", "KUBE-MARK-MASQ")


def kube_sets(version: Version) -> list[KubeSet]:
    """The ipsets of a kube-proxy, empty ones too."""
    return [one for one in _SETS if version >= one.since]


def kube_rules(version: Version, primary: bool) -> list[KubeRule]:
    """The rules of a kube-proxy in one family, the primary or the other one."""
    rules = _RULES + ((_MASQUERADED,) if primary else ())
    return [one for one in rules if one.since <= version
            and (one.until is None or version < one.until)]
