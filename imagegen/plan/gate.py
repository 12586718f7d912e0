"""`check.gate`: what holds the kubelet, or pods, back until the node is green."""

from __future__ import annotations

from collections.abc import Iterator

from imagegen.knowledge.distributions import Release
from imagegen.plan.facts import ALWAYS, Fact, Links, Proof, Rule, Template
from imagegen.plan.node import python_of
from imagegen.plan.node_files import UNIT_FOLDER, file_fact
from imagegen.plan.node_runtime import KUBELET_UNIT, KUBELET_UNIT_PATH
from imagegen.profile.fields import seconds
from imagegen.profile.gate import Gate
from imagegen.profile.model import Profile

GATE_UNIT = "imagegen-gate.service"
GATE_UNIT_PATH = f"/usr/lib/systemd/system/{GATE_UNIT}"
GATE_DROP_IN = f"{KUBELET_UNIT_PATH}.d/20-imagegen-gate.conf"
GATE_LIMIT = "/usr/lib/imagegen/gate-limit"
# what the gate's own program may take longer than its limit before systemd ends it
_GRACE = 60


def gate_facts(profile: Profile, release: Release) -> Iterator[Fact]:
    """The unit that waits, the kubelet's drop-in that wants it, and the order of the two."""
    if profile.check.gate is not Gate.KUBELET:
        return
    limit = max(1, round(seconds(profile.check.gate_timeout)))
    yield file_fact("gate.unit", "it holds the kubelet while the node is not green, for a time",
                    "systemd.service(5), Type=oneshot",
                    Template(GATE_UNIT_PATH, {"python": python_of(profile, release),
                                              "seconds": limit, "limit": limit + _GRACE}))
    yield file_fact("gate.limit", "the time is over in every case, with a check or without",
                    "proc(5), /proc/uptime", Template(GATE_LIMIT, {}, 0o755))
    yield file_fact("gate.kubelet", "the kubelet starts after the gate, and the boot goes on",
                    "systemd.target(5), Default Dependencies", Template(GATE_DROP_IN, {}))
    yield Fact(f"unit.{GATE_UNIT}", "without it the kubelet waits for nothing", "systemd.unit(5)",
               f"Run `systemctl enable {GATE_UNIT}`.",
               Links(((f"{UNIT_FOLDER}/{KUBELET_UNIT}.wants/{GATE_UNIT}", GATE_UNIT_PATH),)),
               Proof(Rule.UNIT, {"name": GATE_UNIT, "state": "enabled"}, ALWAYS))
