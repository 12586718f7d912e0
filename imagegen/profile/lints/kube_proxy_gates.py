"""Feature gates: kube-proxy stops at one that it does not know, or that no longer can be set."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.kubernetes import Mode
from imagegen.knowledge.kubernetes_gates import (
    DUAL_STACK_DEFAULT_FROM,
    DUAL_STACK_GATE,
    IPVS_GATE,
    SLICES_GATE,
    TABLE_FROM,
    TABLE_TO,
    Gate,
    gate_of,
    near,
)
from imagegen.profile.lints.kube_proxy import CONFIG, version_of
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

_PATH = (*CONFIG, "featureGates")


def gates(profile: Profile) -> Iterator[Problem]:
    """Each gate that the profile sets."""
    for name, on in profile.kube_proxy.config.feature_gates.items():
        gate = gate_of(name)
        yield from _unknown(profile, name) if gate is None else _known(profile, gate, on)


def _unknown(profile: Profile, name: str) -> Iterator[Problem]:
    """An error where all gates of the version are known, a warning where it may be another."""
    version = version_of(profile)
    meant, listed = near(name, version), TABLE_FROM <= version < TABLE_TO
    who = f"kube-proxy {profile.kube_proxy.version} has no" if listed else "imagegen does not know"
    yield Problem((*_PATH, name), f"{who} feature gate {name}, and kube-proxy stops at one that "
                  "its version does not have",
                  f"did you mean {meant}?" if meant else
                  "look it up in the documentation of this Kubernetes version", of_key=True,
                  rule="kube-proxy-gate-unknown",
                  severity=Severity.ERROR if listed else Severity.WARNING)


def _known(profile: Profile, gate: Gate, on: bool) -> Iterator[Problem]:
    name, version = gate.name, version_of(profile)
    told = f"kube-proxy {profile.kube_proxy.version}"
    if version < gate.since:
        yield _refused(name, f"{told} does not know the gate {name}, which came with "
                       f"{gate.since.minor_text}, and would not start",
                       rule="kube-proxy-gate-version")
    elif gate.until is not None and version >= gate.until:
        yield _refused(name, f"{told} does not know the gate {name}, which was removed in "
                       f"{gate.until.minor_text}, and would not start",
                       rule="kube-proxy-gate-version")
    elif gate.locked is not None and version >= gate.locked and on is not gate.locked_on:
        yield _refused(name, f"the gate {name} can no longer be turned {'on' if on else 'off'} "
                       f"from {gate.locked.minor_text} on, and {told} stops at the try",
                       rule="kube-proxy-gate-version")
    elif name == IPVS_GATE and not on and profile.kube_proxy.config.mode is Mode.IPVS:
        yield _refused(name, f"with {IPVS_GATE} off there is no IPVS mode, and kube-proxy stops",
                       rule="kube-proxy-gate-needed")


def _refused(name: str, what: str, *, rule: str) -> Problem:
    return Problem((*_PATH, name), what, "remove the line", of_key=True, rule=rule)


def dual_stack(profile: Profile) -> Iterator[Problem]:
    """Two families need a gate up to 1.20, and may lose it up to 1.22 (KEP-563)."""
    config, version = profile.kube_proxy.config, version_of(profile)
    usual = version >= DUAL_STACK_DEFAULT_FROM
    on = config.feature_gates.get(DUAL_STACK_GATE, usual)
    path = _both_families(profile)
    if path and not on:
        yield Problem(path, f"kube-proxy {profile.kube_proxy.version} takes ranges of both "
                      f"families only with its feature gate {DUAL_STACK_GATE}",
                      f"add `featureGates: {{{DUAL_STACK_GATE}: true}}` to kubeProxy.config, and "
                      "give the API server the same gate", rule="kube-proxy-gate-needed")
    if on and config.feature_gates.get(SLICES_GATE) is False and not usual:
        yield Problem((*_PATH, SLICES_GATE), f"{DUAL_STACK_GATE} needs {SLICES_GATE}, and "
                      "kube-proxy stops without it", "remove the line", of_key=True,
                      rule="kube-proxy-gate-needed")


def _both_families(profile: Profile) -> tuple[str, ...]:
    """Where the profile says ranges of both families first; empty where it does not."""
    said = {(*CONFIG, "clusterCIDR"): profile.kube_proxy.config.cluster_cidr,
            ("cluster", "podCIDR"): profile.cluster.pod_cidr,
            ("cluster", "serviceCIDR"): profile.cluster.service_cidr}
    if profile.kube_proxy.config.cluster_cidr:
        del said["cluster", "podCIDR"]
    return next((path for path, text in said.items() if text and "," in text), ())
