"""`cluster/`: what an administrator gives the cluster, so that nodes may be compared with it."""

from __future__ import annotations

from imagegen.common.documents import yaml_bytes
from imagegen.plan.facts import Json
from imagegen.profile.api import Api
from imagegen.profile.model import Profile
from imagegen.render.tree import Tree, TreeFile

CHECK, CONDITION = "imagegen-check", "imagegen-condition"
NAMESPACE = "kube-system"
_GROUP = "rbac.authorization.k8s.io"
_API = f"{_GROUP}/v1"
Object = dict[str, Json]


def access_files(profile: Profile) -> Tree:
    """Who may read what, and, apart from it, who may set a Node's condition."""
    api = profile.check.api
    if api is None:
        return Tree()
    files = {"check-rbac.yaml": _documents(*_account(api), *_reading(api))}
    if api.condition:
        files["condition-rbac.yaml"] = _documents(*_telling(api))
    return Tree(files)


def _documents(*objects: Object) -> TreeFile:
    return TreeFile(b"---\n".join(map(yaml_bytes, objects)))


def _account(api: Api) -> list[Object]:
    if api.group is not None:
        return []
    return [{"apiVersion": "v1", "kind": "ServiceAccount",
             "metadata": {"name": CHECK, "namespace": NAMESPACE}}]


def _subject(api: Api) -> Object:
    if api.group is not None:
        return {"kind": "Group", "apiGroup": _GROUP, "name": api.group}
    return {"kind": "ServiceAccount", "name": CHECK, "namespace": NAMESPACE}


def _reading(api: Api) -> list[Object]:
    """Lists and one GET; no Secret, no watch, nothing is changed."""
    return _bound(api, CHECK, [_rule("", "services", "get", "list"), _rule("", "nodes", "get"),
                               _rule("discovery.k8s.io", "endpointslices", "get", "list")])


def _telling(api: Api) -> list[Object]:
    """The condition of any Node, for RBAC knows no `own` one; Events about Nodes are `default`'s.
    """
    return [*_bound(api, CONDITION, [_rule("", "nodes", "get"),
                                     _rule("", "nodes/status", "patch")]),
            *_bound(api, CONDITION, [_rule("", "events", "create")], "default")]


def _bound(api: Api, name: str, rules: list[Json], namespace: str | None = None) -> list[Object]:
    """A role and its binding, of the whole cluster or of one namespace."""
    kind = "ClusterRole" if namespace is None else "Role"
    meta: Object = {"name": name, **({} if namespace is None else {"namespace": namespace})}
    return [{"apiVersion": _API, "kind": kind, "metadata": meta, "rules": rules},
            {"apiVersion": _API, "kind": f"{kind}Binding", "metadata": meta,
             "roleRef": {"apiGroup": _GROUP, "kind": kind, "name": name},
             "subjects": [_subject(api)]}]


def _rule(group: str, resource: str, *verbs: str) -> Object:
    return {"apiGroups": [group], "resources": [resource], "verbs": list(verbs)}
