"""`cluster/`: what the cluster must be given, so that a proven node loses its start-up taint."""

from __future__ import annotations

from imagegen.common.documents import yaml_bytes
from imagegen.knowledge.readiness import API, CONDITION, EFFECT, KEY, KIND, LABEL, VALUE
from imagegen.plan.facts import Json
from imagegen.profile.gate import Gate
from imagegen.profile.model import Profile
from imagegen.render.tree import Tree, TreeFile

RULE = "node-readiness-rule.yaml"
_HEAD = f"""\
# For the node-readiness-controller (https://github.com/kubernetes-sigs/node-readiness-controller),
# which must run in the cluster. Before the first node joins: `kubectl apply -f {RULE}`.
# It takes the taint away from a node whose condition {CONDITION} is True, and puts it back on one
# whose condition is not; pods that run stay, no new ones come.
# The way out, for one node:
#   kubectl label node NODE {LABEL}-
#   kubectl taint node NODE {KEY}:{EFFECT}-
# For all of them: `kubectl delete -f {RULE}`; the controller then takes the taint from each.
"""


def readiness_files(profile: Profile) -> Tree:
    """The rule, where the profile's gate is a taint."""
    if profile.check.gate is not Gate.TAINT:
        return Tree()
    return Tree({RULE: TreeFile(_HEAD.encode() + yaml_bytes(rule(profile)))})


def rule(profile: Profile) -> dict[str, Json]:
    """A NodeReadinessRule for the nodes of this profile."""
    return {
        "apiVersion": API,
        "kind": KIND,
        "metadata": {"name": f"imagegen-{profile.metadata.name}"},
        "spec": {
            "conditions": [{"type": CONDITION, "requiredStatus": "True"}],
            "taint": {"key": KEY, "value": VALUE, "effect": EFFECT},
            "enforcementMode": "continuous",
            "nodeSelector": {"matchLabels": {LABEL: profile.metadata.name}},
        },
    }
