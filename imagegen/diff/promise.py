"""What a profile, a tree or an image promises, as rows that can be compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

import yaml

from imagegen.common.errors import InputError
from imagegen.common.files import sha256_bytes
from imagegen.diff.model import FACTS, Family, Kind, Needs, Promise, Row
from imagegen.knowledge.kubernetes_modes import MODE_DEFAULTS
from imagegen.plan.facts import Json
from imagegen.profile.problem import Finding, Severity
from imagegen.render.node import EXPECTATIONS, RELEASE
from imagegen.render.packer import VARIABLES

if TYPE_CHECKING:
    from imagegen.profile.model import Profile

_NODE, _SEED, _PACKER = "node/", "cloud-init/baked/", "packer/"
_KUBEADM = "kubeadm/"
CONFIG = "kube-proxy"
_KUBEADM_FILE = f"{_KUBEADM}kubeadm.yaml"
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# These two carry the digest of everything else, so they differ wherever anything does.
DERIVED = frozenset({f"{_NODE}{EXPECTATIONS}", f"{_NODE}{RELEASE}"})
# What only the build guest sees; any other of Packer's variables is in the image that comes out.
_BUILD_ONLY = frozenset({"accelerator", "memory", "cpus", "ssh_timeout", "output", "serial_log"})


def of_profile(name: str, profile: Profile, warnings: tuple[Finding, ...] = ()) -> Promise:
    """A profile is rendered in memory."""
    from imagegen.render.render import render

    files = render(profile).tree.files
    contents = {name: file.data for name, file in files.items() if file.link is None}
    asked = profile.model_dump(mode="json", by_alias=True, exclude_none=True)
    promise = _promise(Kind.PROFILE, name, json.loads(contents["manifest.json"]), contents, asked)
    return replace(promise, warnings=warnings)


def of_tree(folder: Path, manifest: dict[str, Any]) -> Promise:
    """A rendered tree. Raises InputError where a file is not the one that its manifest names."""
    wanted = [name for name, row in _rows(manifest).items()
              if "link" not in row and name.startswith(
                  (_NODE, _SEED, _KUBEADM, f"{_PACKER}{VARIABLES}"))]
    contents = {name: _file(folder, name, manifest) for name in wanted}
    return _promise(Kind.TREE, str(folder), manifest, contents, None)


def of_image(path: Path, manifest: dict[str, Any]) -> Promise:
    """An image; its files' bytes are known where its profile still renders to the same."""
    asked = manifest.get("profile")
    contents = _rendered_again(asked, manifest)
    metadata = _metadata(asked)
    document = {**manifest, "profile": metadata.get("name", ""),
                "description": metadata.get("description", ""),
                "digest": _inputs(manifest).get("rendered", "")}
    promise = _promise(Kind.IMAGE, str(path), document, contents, asked)
    return replace(promise, profile=asked, warnings=_warnings_of(asked, promise.name),
                   families={**promise.families, "image": dict(_of_bake(manifest))})


def _warnings_of(asked: object, name: str) -> tuple[Finding, ...]:
    """What `check` warns of in the profile that an image was made from."""
    from pydantic import ValidationError

    from imagegen.profile.lints import lint
    from imagegen.profile.model import Profile

    try:
        problems = list(lint(Profile.model_validate(asked)))
    except (ValidationError, InputError):
        return ()
    return tuple(Finding(one.rule, one.severity, f"{name}: {one.what}", one.hint, None)
                 for one in problems if one.severity is Severity.WARNING)


def _metadata(asked: object) -> dict[str, Any]:
    metadata = asked.get("metadata") if isinstance(asked, dict) else None
    return metadata if isinstance(metadata, dict) else {}


def _inputs(manifest: dict[str, Any]) -> dict[str, Any]:
    inputs = manifest.get("inputs")
    return inputs if isinstance(inputs, dict) else {}


def _rendered_again(asked: object, manifest: dict[str, Any]) -> dict[str, bytes] | None:
    from pydantic import ValidationError

    from imagegen.profile.model import Profile
    from imagegen.render.render import render

    try:
        files = render(Profile.model_validate(asked)).tree.files
    except (ValidationError, InputError):
        return None
    rows = _rows(manifest)
    same = all(rows.get(name, {}).get("sha256") == file.sha256
               for name, file in files.items() if name.startswith(_NODE))
    return {n: f.data for n, f in files.items() if f.link is None} if same else None


def _of_bake(manifest: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    """What only a finished image knows: the versions of its packages, and what it was made of."""
    packages = manifest.get("packages")
    for name, version in (packages if isinstance(packages, dict) else {}).items():
        yield _pair(f"installed.{name}", {"version": version}, "the version that was installed")
    for name, digest in _inputs(manifest).items():
        if name != "rendered":
            yield _pair(f"input.{name}", {"sha256": digest}, "the image was made of it")


def _promise(kind: Kind, name: str, manifest: dict[str, Any], contents: dict[str, bytes] | None,
             asked: Mapping[str, Json] | None) -> Promise:
    try:
        facts = dict(_fact(fact) for fact in manifest["facts"])
    except (KeyError, TypeError, ValueError):
        raise InputError(f"{name}: its manifest has facts that cannot be read",
                         hint="render or build it anew") from None
    facts.pop(f"file.{RELEASE}", None)
    families: dict[str, Family] = {FACTS: facts, "seed": dict(_seed_rows(manifest)),
                                   "cluster": dict(_cluster_rows(manifest)),
                                   "name": dict(_identity(manifest))}
    if contents is not None:
        families |= {"check": dict(_check_rows(contents)), "build": dict(_variables(contents))}
        # one that only one side has is a file that was added or removed, as a fact says
        if config := dict(_config_rows(contents)):
            families[CONFIG] = config
    return Promise(kind, name, str(manifest.get("digest", "")), families, contents, asked)


def _pair(name: str, value: Mapping[str, Json], reason: str,
          needs: Needs = Needs.IMAGE) -> tuple[str, Row]:
    return name, Row(name, value, reason, needs=needs)


def _fact(fact: dict[str, Any]) -> tuple[str, Row]:
    row = Row(str(fact["id"]), dict(fact["expect"]), str(fact["reason"]), str(fact["rule"]),
              levels=tuple(fact["levels"]))
    return row.id, row


def _identity(manifest: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    for key in ("profile", "description", "imagegen"):
        if key in manifest:
            yield _pair(f"release.{key}", {"value": manifest[key]},
                        f"/{RELEASE} of the node names it")


def _seed_rows(manifest: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    for name, row in _rows(manifest).items():
        if name.startswith(_SEED):
            yield _pair(f"seed.{name.removeprefix(_SEED)}", {"sha256": row.get("sha256")},
                        "what a node is told at its boot; cloud-init/baked has an example",
                        Needs.SEED)


def _cluster_rows(manifest: dict[str, Any]) -> Iterator[tuple[str, Row]]:
    for name, row in _rows(manifest).items():
        if name.startswith(_KUBEADM) and not name.endswith(".md"):
            yield _pair(f"cluster.{name}", {"sha256": row.get("sha256")},
                        "what kubeadm is told; a cluster that is there keeps it in its ConfigMaps",
                        Needs.CLUSTER)


def _check_rows(contents: Mapping[str, bytes]) -> Iterator[tuple[str, Row]]:
    """What the check is told beside the facts, flat: it is baked with them."""
    document = json.loads(contents[f"{_NODE}{EXPECTATIONS}"])
    for key, value in document.items():
        if key in ("format", "facts", "digest", "profile"):
            continue
        flat = value if isinstance(value, dict) else {"": value}
        for inner, one in flat.items():
            yield _pair(f"check.{key}{'.' if inner else ''}{inner}", {"value": one},
                        "the node's check reads it from its expectations, which are baked")


def _config_rows(contents: Mapping[str, bytes]) -> Iterator[tuple[str, Row]]:
    """What kube-proxy is told by its configuration file, value by value, and its own defaults."""
    of_unit = (json.loads(contents[f"{_NODE}{EXPECTATIONS}"]).get("kubeProxy") or {}).get("config")
    places = {f"{_NODE}{str(of_unit).lstrip('/')}": Needs.IMAGE, _KUBEADM_FILE: Needs.CLUSTER}
    for name, needs in places.items():
        for document in _documents(name, contents.get(name, b"")):
            if isinstance(document, dict) and document.get("kind") == "KubeProxyConfiguration":
                for path, value in flat(document):
                    yield _pair(f"kube-proxy.config.{path}", {"value": value},
                                "kube-proxy reads it from its configuration file", needs)
                yield from _mode_defaults(document, needs)


def _documents(name: str, data: bytes) -> list[Any]:
    try:
        return list(yaml.load_all(data, Loader=_Loader))
    except yaml.YAMLError:
        raise InputError(f"{name} is not YAML", hint="render it anew") from None


def _mode_defaults(document: Mapping[str, Json], needs: Needs) -> Iterator[tuple[str, Row]]:
    for one in MODE_DEFAULTS:
        default = one.by_mode.get(str(document.get("mode")))
        if default and not document.get(one.field):
            yield _pair(f"kube-proxy.default.{one.field}", {"value": default}, one.why, needs)


def flat(value: Mapping[str, Json], path: str = "") -> Iterator[tuple[str, Json]]:
    """Each value of a mapping by its dotted path; lists are values."""
    for key, inner in value.items():
        if isinstance(inner, dict):
            yield from flat(inner, f"{path}{key}.")
        else:
            yield f"{path}{key}", inner


def _variables(contents: Mapping[str, bytes]) -> Iterator[tuple[str, Row]]:
    for key, value in json.loads(contents[f"{_PACKER}{VARIABLES}"]).items():
        if key != "name":  # it holds the digest
            yield _pair(f"build.{key}", {"value": value}, "Packer bakes the image with it",
                        Needs.NOTHING if key in _BUILD_ONLY else Needs.IMAGE)


def _rows(manifest: dict[str, Any]) -> dict[str, dict[str, Any]]:
    rows = manifest.get("files")
    if not isinstance(rows, dict) or not all(isinstance(row, dict) for row in rows.values()):
        raise InputError("the manifest's list of files cannot be read",
                         hint="render or build it anew")
    return rows


def _file(folder: Path, name: str, manifest: dict[str, Any]) -> bytes:
    if ".." in PurePosixPath(name).parts:
        raise InputError(f"{folder}/manifest.json names {name}, which lies elsewhere",
                         hint="render it anew")
    try:
        data = (folder / name).read_bytes()
    except OSError as error:
        raise InputError(f"cannot read {folder / name}: {error.strerror}, and the tree's manifest "
                         "names it", hint="render it anew") from None
    if sha256_bytes(data) != _rows(manifest)[name].get("sha256"):
        raise InputError(f"{folder / name} was changed after it was rendered: its manifest names "
                         "other bytes", hint="render it anew, and change the profile instead")
    return data
