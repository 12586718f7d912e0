"""What kube-proxy's ipsets must hold, as far as the IPVS table and kube-ipvs0 tell it.

A sync makes a virtual server for each entry of the sets of service addresses and node ports, and
each address that it binds is in KUBE-IPVS-IPS; what is an external address, a load balancer's or a
local one only the Services say, so that the sets of these are held to be parts of each other
(kubernetes pkg/proxy/ipvs/proxier.go, syncProxyRules; the same in 1.20 to 1.37). Without bounds
stay KUBE-LOOP-BACK (endpoints on this node) and the ports of KUBE-HEALTH-CHECK-NODE-PORT.
"""

from __future__ import annotations

from .ipset import PROTOCOLS
from .ranges import within
from .whose import DEVICE, EXTERNAL, PROBE, is_loopback, ports

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .ipvs_proc import Entry
    from .state import Node

    Difference = tuple[str, str, Entry]  # set, `lacks` or `holds`, entry

LENGTHS = {"IPv4": 4, "IPv6": 16}  # bytes of an address
LONGEST_NAME = 31  # linux/netfilter/ipset/ip_set.h, IPSET_MAXNAMELEN less the end
CLUSTER, BOUND, HEALTH = "CLUSTER-IP", "IPVS-IPS", "HEALTH-CHECK-NODE-PORT"
OF_PORTS = {"NODE-PORT-TCP": "TCP", "NODE-PORT-UDP": "UDP"}
SCTP = "NODE-PORT-SCTP-HASH"
# each entry of the first is in the second one, too
PARTS = (("LOAD-BALANCER-LOCAL", "LOAD-BALANCER"), ("LOAD-BALANCER-FW", "LOAD-BALANCER"),
         ("LOAD-BALANCER-SOURCE-CIDR", "LOAD-BALANCER-FW"),
         ("LOAD-BALANCER-SOURCE-IP", "LOAD-BALANCER-FW"),
         # without one no client of the load balancer is let in
         ("LOAD-BALANCER-FW", "LOAD-BALANCER-SOURCE-CIDR"),
         ("NODE-PORT-LOCAL-TCP", "NODE-PORT-TCP"), ("NODE-PORT-LOCAL-UDP", "NODE-PORT-UDP"),
         ("NODE-PORT-LOCAL-SCTP-HASH", SCTP))
NOTHING: Entry = (b"", b"", 0)


def name_of(base: str, family: str) -> str:
    """`KUBE-CLUSTER-IP`, `KUBE-6-CLUSTER-IP`; the kernel's limit cuts two names of IPv6."""
    return f"KUBE-{'6-' if family == 'IPv6' else ''}{base}"[:LONGEST_NAME]


def set_differences(expect: dict[str, Any], node: Node) -> dict[Difference, None]:
    """What the sets of a family lack, and what they hold too much. Raises CannotTell."""
    one = _Sets(expect, node)
    return dict.fromkeys([*one.of_services(), *one.of_node_ports(), *one.of_device(),
                          *one.of_parts()])


class _Sets:
    """The sets of one family beside the table's virtual servers, each read once."""

    def __init__(self, expect: dict[str, Any], node: Node) -> None:
        self.family, self.node = expect["family"], node
        length = LENGTHS[self.family]
        self.ranges, self.excluded = expect["ranges"], expect.get("excluded")
        self.lowest, self.highest = ports(expect)
        self.local = {one for one in node.addresses_of(DEVICE, others=True) if len(one) == length}
        self.carried = {one for one in node.addresses_of(DEVICE) if len(one) == length}
        table = node.table()
        self.served = {one for one in table.entries(length) if self._counts(one[0])}
        self.inside = {one for one in table.entries_within(self.ranges, length)
                       if self._counts(one[0])}
        self._kept: dict[str, set[Entry]] = {}

    def _counts(self, packed: bytes) -> bool:
        return packed != PROBE and not is_loopback(packed) and not within(packed, self.excluded)

    def there(self, base: str) -> bool:
        """Whether the kernel has the set; that it must is another rule's."""
        return name_of(base, self.family) in self.node.sets()

    def held(self, base: str) -> set[Entry]:
        """The entries of a set as `address, port, protocol`; empty where it is not there."""
        if base not in self._kept:
            name = name_of(base, self.family)
            found = self.node.host.members(name) if self.there(base) else set()
            self._kept[base] = {one for one in found
                                if not one[0] or not within(one[0], self.excluded)}
        return self._kept[base]

    def of_services(self) -> list[Difference]:
        """Addresses of services: the cluster's own in one set, all others in one of three."""
        names = {base: self.held(base) for base in (CLUSTER, *EXTERNAL)}
        external = set().union(*(names[base] for base in EXTERNAL))
        found = self._apart(CLUSTER, self.inside - external - names[CLUSTER],
                            names[CLUSTER] - self.served)
        if all(map(self.there, EXTERNAL)):
            lacking = {one for one in self.served - self.inside - external - names[CLUSTER]
                       if one[0] in self.carried}
            found += self._apart(EXTERNAL[0], lacking, set())
            for base in EXTERNAL:
                found += self._apart(base, set(), names[base] - self.served)
        return found

    def of_node_ports(self) -> list[Difference]:
        """Virtual servers on the node's own addresses, by their port; SCTP's by address, too."""
        external = set().union(*map(self.held, EXTERNAL))
        own = {one for one in self.served if one[0] in self.local} - external - self.inside
        found: list[Difference] = []
        for base, protocol in OF_PORTS.items():
            every = self._as_ports(own, protocol)
            lacking = {one for one in every
                       if self.lowest <= int.from_bytes(one[1], "big") <= self.highest}
            held = {(b"", one[1], 0) for one in self.held(base)}
            # kube-proxy up to 1.25 fills it even where no address is one of nodePortAddresses
            found += self._apart(base, lacking - held, held - every if own else set())
        sctp = {one for one in own if one[2] == PROTOCOLS["SCTP"]
                and self.lowest <= int.from_bytes(one[1], "big") <= self.highest}
        return found + self._apart(SCTP, sctp - self.held(SCTP), set())

    @staticmethod
    def _as_ports(entries: set[Entry], protocol: str) -> set[Entry]:
        return {(b"", one[1], 0) for one in entries if one[2] == PROTOCOLS[protocol]}

    def of_device(self) -> list[Difference]:
        """Every address that is bound, so that no other port of it reaches the node (72236)."""
        if self.node.interface(DEVICE) is None:
            return []
        bound = {(one, b"", 0) for one in self.carried if one[:2] != b"\xfe\x80"
                 and self._counts(one)}
        held = {(one[0], b"", 0) for one in self.held(BOUND)}
        return self._apart(BOUND, bound - held, held - bound)

    def of_parts(self) -> list[Difference]:
        """Sets that are parts of others; where there is a local load balancer, a health port."""
        found = [one for part, whole in PARTS if self.there(part)
                 for one in self._apart(whole, self._bare(part) - self._bare(whole), set())]
        if self.held("LOAD-BALANCER-LOCAL") and not self.held(HEALTH):
            found += self._apart(HEALTH, {NOTHING}, set())
        return found

    def _bare(self, base: str) -> set[Entry]:
        """Of a set of ports the ports alone."""
        alone = base.endswith(("-TCP", "-UDP"))
        return {(b"", one[1], 0) if alone else one for one in self.held(base)}

    def _apart(self, base: str, lacks: set[Entry], holds: set[Entry]) -> list[Difference]:
        if not self.there(base):
            return []
        name = name_of(base, self.family)
        return [(name, what, one) for what, entries in (("lacks", lacks), ("holds", holds))
                for one in entries]
