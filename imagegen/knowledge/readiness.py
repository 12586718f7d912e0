"""The start-up taint, and the node-readiness rule that lifts it.

The API is that of kubernetes-sigs/node-readiness-controller 0.5 (api/v1alpha1): the taint's key
must begin with `readiness.k8s.io/`, and a rule without a node selector is refused. A kubelet may
set the taint when it registers its Node and never take it away (NodeRestriction); the controller
does.
"""

from __future__ import annotations

API = "readiness.node.x-k8s.io/v1alpha1"
KIND = "NodeReadinessRule"
# set on the Node by whoever speaks for the check, True where its verdict is green
CONDITION = "IPVSReady"
KEY, VALUE, EFFECT = "readiness.k8s.io/imagegen", "unproven", "NoSchedule"
TAINT = f"{KEY}={VALUE}:{EFFECT}"
# whose nodes a rule speaks of: one rule a profile, none for nodes of other images
LABEL = "imagegen/profile"
