"""Gates by the very version that brought or removed them, as Kubernetes' own sources have them."""

from __future__ import annotations

import pytest

from imagegen.common.errors import InputError
from tests.profiles import changed, parsed

GATES = "kubeProxy.config.featureGates"


def judged(version: str, gate: str) -> str:
    """What a profile of this version with this gate is told; empty where it is taken."""
    try:
        parsed(changed({"kubeProxy.version": version, GATES: {gate: True}}))
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("gate", "last", "gone"), [
    ("KubeProxyDrainingTerminatingNodes", "1.32.2", "1.33.6"),
    ("ProxyTerminatingEndpoints", "1.29.6", "1.30.4"),
    ("LoadBalancerIPMode", "1.34.4", "1.35.4"),
    # known for a few versions in between, and to none that was built here
    ("GangScheduling", "1.36.3", "1.37.2"),
    ("AppArmorFields", "1.32.2", "1.33.6"),
])
def test_a_gate_is_taken_up_to_the_version_that_lost_it(gate: str, last: str, gone: str) -> None:
    assert judged(last, gate) == ""
    assert f"removed in {gone.rpartition('.')[0]}" in judged(gone, gate)


@pytest.mark.parametrize(("gate", "before", "first"), [
    # client-go's gates are kube-proxy's too
    ("WatchListClient", "1.29.6", "1.30.4"), ("ClientsAllowCBOR", "1.31.0", "1.32.2"),
    ("InOrderInformers", "1.32.2", "1.33.6"), ("AtomicFIFO", "1.35.4", "1.36.1"),
])
def test_a_gate_is_taken_from_the_version_that_brought_it(
    gate: str, before: str, first: str
) -> None:
    assert "does not know the gate" in judged(before, gate)
    assert judged(first, gate) == ""


@pytest.mark.parametrize("version", ["1.29.6", "1.31.0", "1.33.6", "1.36.1", "1.37.2"])
def test_a_gate_that_no_version_has_is_refused_where_all_are_known(version: str) -> None:
    assert "has no feature gate" in judged(version, "NoSuchGate")
