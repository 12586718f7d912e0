"""Feature gates: kube-proxy stops at one that its version does not know, or that it has locked.

feature-gates.txt has a line a gate: its name, the minor version that brought it (0: before 1.20),
the first one without it, and the one that locked it to a value. Sources: kubernetes pkg/features,
apiserver, apiextensions-apiserver, client-go and component-base of 1.20.2 and of the last patch
that could be had of each minor version from 1.29 to 1.37, and the documentation's table of removed
gates; lines of 1.20, 1.34 and 1.37 were put to the real kube-proxy of 1.20.2, 1.34.4 and 1.37.2.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from imagegen.knowledge.kubernetes import Version


@dataclass(frozen=True, slots=True)
class Gate:
    """A gate; `until` is the first version without it, from `locked` on it stays `locked_on`."""

    name: str
    since: Version
    until: Version | None = None
    locked: Version | None = None
    locked_on: bool = True


def _minor(number: int) -> Version:
    return Version(1, number)


IPVS_GATE = "KubeProxyIPVS"
NFTABLES_GATE = "NFTablesProxyMode"
DUAL_STACK_GATE = "IPv6DualStack"
SLICES_GATE = "EndpointSlice"
LOGGING_GATE = "LoggingAlphaOptions"
# they stand for all of a stage, in every version (k8s.io/component-base/featuregate)
_STAGES = frozenset({"AllAlpha", "AllBeta"})

# those that imagegen itself asks for
_OWN = {gate.name: gate for gate in (
    Gate(IPVS_GATE, _minor(37), until=_minor(46)),
    Gate(DUAL_STACK_GATE, _minor(16), until=_minor(25), locked=_minor(23)),
    Gate(SLICES_GATE, _minor(16), until=_minor(25), locked=_minor(21)),
)}
# Within these versions a gate that the table lacks is none; beyond them it may be a new one.
TABLE_FROM, TABLE_TO = _minor(29), _minor(38)

# kube-proxy sees both families only with this gate, off by default, up to 1.20 (KEP-563)
DUAL_STACK_DEFAULT_FROM = _minor(21)


@cache
def _table() -> dict[str, Gate]:
    text = (Path(__file__).parent / "feature-gates.txt").read_text()
    stages = {name: Gate(name, _minor(0)) for name in _STAGES}
    return stages | {gate.name: gate for gate in map(_gate, text.splitlines())} | _OWN


def _gate(line: str) -> Gate:
    name, since, until, lock = line.split()
    version, _, value = lock.partition("=")
    return Gate(name, _minor(int(since)), None if until == "-" else _minor(int(until)),
                _minor(int(version)) if value else None, value != "false")


def gate_of(name: str) -> Gate | None:
    """What is known of a gate."""
    return _table().get(name)


def near(name: str, version: Version) -> str:
    """The gate of a version that a misspelt one was meant to be; empty where nothing is near."""
    plain = {gate.name.lower(): gate.name for gate in _table().values()
             if gate.since <= version and (gate.until is None or version < gate.until)}
    found = difflib.get_close_matches(name.lower(), plain, 1, cutoff=0.85)
    return plain[found[0]] if found else ""
