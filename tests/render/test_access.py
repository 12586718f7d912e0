"""The roles of the check: only where the profile asks, no more than it needs, apart by purpose.

That they suffice is shown by real API servers: tests/node/api/test_apiserver.py.
"""

from __future__ import annotations

import json
from typing import Any

import yaml

from imagegen.render.node import EXPECTATIONS
from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed, rendered


def made(api: dict[str, Any] | None) -> Rendering:
    return render(parsed(changed({} if api is None else {"check.api": api})))


def access(rendering: Rendering) -> dict[str, list[dict[str, Any]]]:
    return {path.removeprefix("cluster/"): list(yaml.safe_load_all(file.data))
            for path, file in rendering.tree.files.items() if path.endswith("-rbac.yaml")}


def told(rendering: Rendering) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(rendering.tree.files[f"node/{EXPECTATIONS}"].data)
    return found


def test_nothing_unless_it_is_asked_for() -> None:
    assert access(made(None)) == {}
    assert "condition" not in told(made(None))
    assert not [one for one in told(made(None))["facts"] if one["id"].startswith("ipvs.api.")]


def test_reading_alone() -> None:
    only = access(made({}))
    assert list(only) == ["check-rbac.yaml"]
    verbs = {verb for one in only["check-rbac.yaml"] for rule in one.get("rules", ())
             for verb in rule["verbs"]}
    assert verbs == {"get", "list"}
    assert "condition" not in told(made({}))


def test_telling_is_apart() -> None:
    files = access(rendered("api-node"))
    rules = {(resource, verb) for one in files["condition-rbac.yaml"]
             for rule in one.get("rules", ()) for resource in rule["resources"]
             for verb in rule["verbs"]}
    assert rules == {("nodes", "get"), ("nodes/status", "patch"), ("events", "create")}
    assert told(rendered("api-node"))["condition"] == {
        "kubeconfig": "/etc/kubernetes/kube-proxy.kubeconfig", "timeout": 30}


def test_a_group_in_the_account_s_place() -> None:
    files = access(made({"group": "imagegen:checks", "condition": True}))
    every = [one for file in files.values() for one in file]
    assert "ServiceAccount" not in {one["kind"] for one in every}
    subjects = [one["subjects"] for one in every if "subjects" in one]
    assert subjects == 3 * [[{"kind": "Group", "apiGroup": "rbac.authorization.k8s.io",
                              "name": "imagegen:checks"}]]


def test_a_node_without_a_unit_has_a_kubeconfig_of_the_check_s_own() -> None:
    rendering = render(parsed(changed({"kubeProxy.runBy": "kubeadm", "check.api": {}})))
    fact = next(one for one in told(rendering)["facts"] if one["id"] == "ipvs.api.stale")
    assert fact["expect"]["kubeconfig"] == "/etc/kubernetes/imagegen-check.kubeconfig"
