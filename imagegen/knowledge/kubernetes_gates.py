"""Feature gates that touch kube-proxy: a gate that its version does not know stops it at start.

Source: kubernetes pkg/features/kube_features.go of 1.20.2, 1.34.4 and 1.37.2, whose tables name
the version of each stage; for gates that were removed before 1.34 the documentation's table of
removed gates.
"""

from __future__ import annotations

from dataclasses import dataclass

from imagegen.knowledge.kubernetes import Version


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate; `until` is the first version without it, `locked` the first in which it stays on."""

    name: str
    since: Version
    until: Version | None = None
    locked: Version | None = None


def _minor(number: int) -> Version:
    return Version(1, number)


IPVS_GATE = "KubeProxyIPVS"
NFTABLES_GATE = "NFTablesProxyMode"
DUAL_STACK_GATE = "IPv6DualStack"
SLICES_GATE = "EndpointSlice"
LOGGING_GATE = "LoggingAlphaOptions"

GATES = {gate.name: gate for gate in (
    Gate(IPVS_GATE, _minor(37), until=_minor(46)),
    Gate(NFTABLES_GATE, _minor(29), locked=_minor(33)),
    Gate("NFTablesNetlink", _minor(37)),
    Gate("KubeProxyNFTablesLocalhostNodePorts", _minor(37)),
    Gate(DUAL_STACK_GATE, _minor(16), until=_minor(25), locked=_minor(23)),
    Gate(SLICES_GATE, _minor(16), until=_minor(25), locked=_minor(21)),
    Gate("ContextualLogging", _minor(28)),
    Gate(LOGGING_GATE, _minor(28)),
    Gate("LoggingBetaOptions", _minor(28)),
)}

# kube-proxy sees both families only with this gate, off by default, up to 1.20 (KEP-563)
DUAL_STACK_DEFAULT_FROM = _minor(21)
