"""Gates that could not open, could not hold, or would never be heard of."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.kubernetes import RunBy
from imagegen.profile.fields import seconds
from imagegen.profile.gate import Gate, Gated
from imagegen.profile.kubeproxy.config import DetectLocalMode
from imagegen.profile.model import Profile
from imagegen.profile.problem import Problem, Severity

_GATE = ("check", "gate")
_DEFAULT = seconds(Gated().gate_timeout)
_TAINTS = "--register-with-taints"
_DEFAULTS = "/etc/default/kubelet"


def gate(profile: Profile) -> Iterator[Problem]:
    """A gate needs the kubelet that it is for."""
    asked = profile.check.gate
    if asked is not Gate.NONE and profile.os.kubelet is None:
        yield Problem(_GATE, f"gate {asked} is a part of the kubelet's unit, and the image has no "
                      "kubelet", "add os.kubelet, or remove the gate", rule="check-gate-kubelet")
    if asked is Gate.KUBELET:
        yield from _deadlocks(profile)
        yield from _too_short(profile)
    if asked is Gate.TAINT:
        yield from _taken_back(profile)
        yield from _never_lifted(profile)


def _deadlocks(profile: Profile) -> Iterator[Problem]:
    """A kubelet that waits for what only a kubelet brings."""
    proxy = profile.kube_proxy
    if proxy.run_by is RunBy.KUBEADM:
        yield Problem(_GATE, "kube-proxy is a pod with runBy kubeadm: the kubelet would wait for a "
                      "table that only its own pod can make", "write `gate: taint`",
                      rule="check-gate-deadlock")
    if proxy.run_by is RunBy.NONE:
        yield Problem(_GATE, "with runBy none kube-proxy may be a pod, and then the kubelet would "
                      "wait for a table that only its own pod can make",
                      "write `gate: taint`, or `kubeProxy.runBy: systemd`",
                      rule="check-gate-deadlock")
    if proxy.config.detect_local_mode is DetectLocalMode.NODE_CIDR:
        yield Problem(_GATE, "detectLocalMode NodeCIDR lets kube-proxy wait for the range of a "
                      "Node that only the kubelet registers", "write `gate: taint`, or "
                      "`detectLocalMode: ClusterCIDR`", rule="check-gate-deadlock")


def _too_short(profile: Profile) -> Iterator[Problem]:
    check = profile.check
    if seconds(check.gate_timeout) <= seconds(check.timeout):
        yield Problem(("check", "gateTimeout"), f"the gate would open after {check.gate_timeout}, "
                      f"and the check itself may take {check.timeout} (check.timeout)",
                      "make it longer than check.timeout", rule="check-gate-timeout")


def _taken_back(profile: Profile) -> Iterator[Problem]:
    """The kubelet's last such flag is the one that counts."""
    for index, file in enumerate(profile.os.files):
        if file.path == _DEFAULTS and _TAINTS.encode() in file.data:
            yield Problem(("os", "files", index, "path"), f"{_TAINTS} in {_DEFAULTS} takes the "
                          "place of the gate's taint", "remove the flag from the file",
                          rule="check-gate-taint-lost")


def _never_lifted(profile: Profile) -> Iterator[Problem]:
    """The readiness rule waits for a condition of the Node's, and the check sets it if asked to."""
    api = profile.check.api
    if api is None or not api.condition:
        yield Problem(_GATE, "the taint is lifted once the Node's condition IPVSReady is true, and "
                      "the check does not set it", "add `api: {condition: true}` under check, "
                      "unless something else of yours sets the condition",
                      rule="check-gate-unlifted", severity=Severity.WARNING)


def gate_timeout(profile: Profile) -> Iterator[Problem]:
    """A time that nothing waits for."""
    check = profile.check
    if check.gate is not Gate.KUBELET and seconds(check.gate_timeout) != _DEFAULT:
        yield Problem(("check", "gateTimeout"), "check.gateTimeout has no effect: it is how long a "
                      f"kubelet waits, and the gate is {check.gate}", "remove it, or write "
                      "`gate: kubelet`", of_key=True, rule="check-gate-no-effect",
                      severity=Severity.WARNING)
