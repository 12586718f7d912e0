"""The node-readiness rule, taken by a real API server under the controller's own definition: its
schema, and the expressions that no other validator runs."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import yaml

from imagegen.boot.cluster import ApiError, ClusterSpec, ControlPlane, control_plane
from imagegen.common.progress import Silent
from imagegen.render.readiness import RULE
from imagegen.render.render import render
from tests.distributions import PINNED
from tests.processes import eventually
from tests.profiles import changed, parsed

DEFINITION = Path(__file__).parents[2] / "render/data/nodereadinessrules.crd.yaml"
DEFINITIONS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
RULES = "/apis/readiness.node.x-k8s.io/v1alpha1/nodereadinessrules"


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with control_plane(ClusterSpec("1.34.4"), Silent()) as running:
        running.api.post(DEFINITIONS, yaml.safe_load(DEFINITION.read_text()))
        assert eventually(lambda: _served(running), seconds=60)
        yield running


def _served(plane: ControlPlane) -> bool:
    return plane.api.find(RULES) is not None


def rule() -> dict[str, Any]:
    """That of a small profile."""
    profile = parsed(changed({"os.kubelet": {"version": "1.34.4", **PINNED},
                              "check.gate": "taint"}))
    found: dict[str, Any] = yaml.safe_load(render(profile).tree.files[f"cluster/{RULE}"].data)
    return found


def test_the_api_server_takes_it_and_drops_nothing(plane: ControlPlane) -> None:
    made = plane.api.post(f"{RULES}?fieldValidation=Strict", rule())
    assert made["spec"] == rule()["spec"]


def test_the_kubelets_label_and_taint_are_a_nodes(plane: ControlPlane) -> None:
    """And the rule's selector finds a Node that registered with them."""
    node: dict[str, Any] = {
        "apiVersion": "v1", "kind": "Node",
        "metadata": {"name": "n1", "labels": rule()["spec"]["nodeSelector"]["matchLabels"]},
        "spec": {"taints": [rule()["spec"]["taint"]]}}
    made = plane.api.post("/api/v1/nodes", node)
    assert rule()["spec"]["taint"] in made["spec"]["taints"]
    (key, value), = node["metadata"]["labels"].items()
    found = plane.api.get(f"/api/v1/nodes?labelSelector={quote(f'{key}={value}')}")
    assert [one["metadata"]["name"] for one in found["items"]] == ["n1"]


@pytest.mark.parametrize(("path", "value", "says"), [
    (("taint", "key"), "imagegen/unproven", "taint key must start with 'readiness.k8s.io/'"),
    (("taint", "effect"), "NoSchedul", "taint effect must be one of"),
    (("enforcementMode",), "once", "Unsupported value"),
    (("nodeSelectr",), {}, "unknown field"),
])
def test_and_would_refuse_another(
    plane: ControlPlane, path: tuple[str, ...], value: object, says: str,
) -> None:
    wrong = copy.deepcopy(rule())
    wrong["metadata"]["name"] = "wrong"
    *parents, last = path
    place = wrong["spec"]
    for name in parents:
        place = place[name]
    place[last] = value
    with pytest.raises(ApiError, match=says):
        plane.api.post(f"{RULES}?fieldValidation=Strict", wrong)
