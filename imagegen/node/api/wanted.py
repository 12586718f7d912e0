"""The IPVS table that kube-proxy makes of a cluster's objects; pure.

Where kube-proxy's versions differ, each of their ways is legal: a virtual server has several sets
of real servers that it may have. Source: kubernetes pkg/proxy/ipvs/proxier.go (syncProxyRules,
syncEndpoint), pkg/proxy/topology.go (CategorizeEndpoints).
"""

from __future__ import annotations

import socket

from ..ipvs_proc import hexadecimal
from ..model import CannotTell
from ..ranges import within

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from .objects import Cluster, Endpoint, Service

    Key = tuple[bytes, bytes]  # protocol, ADDRESS:PORT
    Keys = frozenset[bytes]

NOTHING: frozenset[bytes] = frozenset()
# up to here internalTrafficPolicy was not heeded, nor externalTrafficPolicy by external IPs
OLD = (1, 22)


class Wanted:
    """A virtual server: whose, the sets of real servers that it may have (none given: any)."""

    __slots__ = ("affinity", "legal", "needed", "owner", "version")

    def __init__(self, owner: str, legal: tuple[Keys, ...], affinity: int, needed: bool,
                 version: int) -> None:
        self.owner, self.legal, self.affinity = owner, legal, affinity
        self.needed, self.version = needed, version


class Here:
    """This node: kube-proxy's version, the families it serves, and the node's own addresses.

    `addresses` are packed, without those of kube-ipvs0; `ports` the nodePortAddresses.
    """

    __slots__ = ("addresses", "families", "old", "ports")

    def __init__(self, version: str, families: tuple[str, ...], addresses: set[bytes],
                 ports: tuple[str, ...]) -> None:
        self.families, self.addresses, self.ports = families, addresses, ports
        numbers = version.split(".")[:2]
        self.old = all(map(str.isdigit, numbers)) and tuple(map(int, numbers)) < OLD


def wanted_table(cluster: Cluster, here: Here) -> dict[Key, Wanted]:
    """Every virtual server that must or may be there. Raises CannotTell."""
    table: dict[Key, Wanted] = {}
    ports = _NodePorts(cluster, here)
    for service in cluster.services:
        for key, one in _of_service(service, cluster, here, ports):
            other = table.setdefault(key, one)
            if other is not one:
                # two Services claim it, and kube-proxy gives it to either
                table[key] = Wanted(f"{other.owner} or {one.owner}", (), -1,
                                    other.needed or one.needed, other.version ^ one.version)
    return table


def _of_service(
    service: Service, cluster: Cluster, here: Here, ports: _NodePorts
) -> Iterator[tuple[Key, Wanted]]:
    owner, version = "/".join(service.name), cluster.version(service)
    slices = cluster.endpoints.get(service.name) or {}
    for family in here.families:
        clusters = service.clusters.get(family)
        for name, protocol, port, node_port in service.ports if clusters else ():
            ends = [one for one in slices.get((name, protocol)) or ()
                    if one.key.startswith(b"[") == (family == "IPv6")]
            inside = legal_sets(ends, service.local_inside, cluster, here.old)
            outside = legal_sets(ends, service.local, cluster, False)
            lenient = legal_sets(ends, service.local, cluster, here.old)

            def made(address: str, number: int, legal: tuple[Keys, ...], needed: bool = True,
                     protocol: str = protocol) -> tuple[Key, Wanted]:
                return ((protocol.encode(), hexadecimal(address, number)),
                        Wanted(owner, legal, service.affinity, needed, version))

            yield made(clusters[0] if clusters else "", port, inside)
            for address in service.externals.get(family) or ():
                yield made(address, port, lenient)
            for address in service.vips.get(family) or ():
                yield made(address, port, outside)
            for address in service.proxied_vips.get(family) or ():
                yield made(address, port, outside, False)  # up to 1.29 ipMode is not known
            for address, needed in ports.of(family) if node_port else ():
                yield made(address, node_port, outside, needed)


def legal_sets(
    endpoints: list[Endpoint], local: bool, cluster: Cluster, old: bool
) -> tuple[Keys, ...]:
    """The sets of real servers that a virtual server may have; `local`: by its traffic policy."""
    everywhere = _everywhere(endpoints, cluster)
    if not local:
        return everywhere
    mine = [one for one in endpoints if one.node == cluster.node_name]
    ready = _keys(mine, ready=True)
    if ready:
        return (ready, *everywhere) if old else (ready,)
    draining = _keys(mine, ready=False)
    # without one here: nothing, or the cluster's, so that this node's own pods reach it (PR 97081)
    return (*((draining,) if draining else ()), NOTHING, *everywhere)


def _everywhere(endpoints: list[Endpoint], cluster: Cluster) -> tuple[Keys, ...]:
    ready = [one for one in endpoints if one.ready]
    if not ready:
        draining = _keys(endpoints, ready=False)
        return (draining, NOTHING) if draining else (NOTHING,)
    near = [_near([(one, one.zones) for one in ready], cluster.zone),
            _near([(one, one.nodes) for one in ready], cluster.node_name)]
    return (_keys(ready, ready=True), *(keys for keys in near if keys))


def _near(hinted: list[tuple[Endpoint, frozenset[str]]], place: str) -> Keys:
    """Those that are hinted for a place, where all have hints and one is for it."""
    if not place or not all(hints for _, hints in hinted):
        return NOTHING
    return frozenset(one.key for one, hints in hinted if place in hints)


def _keys(endpoints: list[Endpoint], ready: bool) -> Keys:
    return frozenset(one.key for one in endpoints if (one.ready if ready else one.draining))


class _NodePorts:
    """The addresses on which node ports stand, and whether they must."""

    def __init__(self, cluster: Cluster, here: Here) -> None:
        self._cluster, self._here = cluster, here
        self._known: dict[str, list[tuple[str, bool]]] = {}

    def of(self, family: str) -> list[tuple[str, bool]]:
        """Must on the Node's addresses; may on others, for an interface may be new.

        Raises CannotTell where the Node names none that this node has.
        """
        if family not in self._known:
            self._known[family] = self._found(family)
        return self._known[family]

    def _found(self, family: str) -> list[tuple[str, bool]]:
        length, kind = (4, socket.AF_INET) if family == "IPv4" else (16, socket.AF_INET6)
        local = {one for one in self._here.addresses if len(one) == length}
        ranges = [one for one in self._here.ports if (":" in one) == (family == "IPv6")
                  and one != "primary"]
        named = local & self._cluster.node_addresses
        if not named and not self._here.ports:
            raise CannotTell(f"the Node {self._cluster.node_name} names no {family} address that "
                             "this node has, so node ports cannot be told")
        chosen = {one for one in named if within(one, ranges)} if ranges else named
        if self._here.ports and not ranges and "primary" not in self._here.ports:
            chosen = set()
        return [(socket.inet_ntop(kind, one), one in chosen) for one in sorted(local)]
