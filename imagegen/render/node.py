"""Facts to the node's file system, and the expectations that the check reads them back with."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cache
from typing import TYPE_CHECKING

from imagegen import __version__
from imagegen.common.assets import asset
from imagegen.common.documents import Encoded, encoded, json_rows
from imagegen.knowledge.kubernetes import Form, Mode
from imagegen.knowledge.motd import motd_of
from imagegen.plan.api import asks
from imagegen.plan.facts import (
    ALWAYS,
    Content,
    Fact,
    Json,
    Line,
    Links,
    Nothing,
    Package,
    Plan,
    Proof,
    Rule,
    Template,
)
from imagegen.plan.kernel import IPVS_MODULES, MODULES_LOAD
from imagegen.plan.kubeproxy import UNIT
from imagegen.plan.node import python_of
from imagegen.plan.node_files import OWNERS, owner_lines
from imagegen.plan.work_out import release_for
from imagegen.profile.fields import seconds
from imagegen.profile.lints.kube_proxy import form_of
from imagegen.profile.model import Profile
from imagegen.profile.node_os import IpvsModulesFile
from imagegen.render.tree import Tree, TreeFile

if TYPE_CHECKING:
    import jinja2

EXPECTATIONS = "usr/lib/imagegen/expectations.json"
RELEASE = "etc/imagegen-release"
PACKAGES = "usr/lib/imagegen/packages"
PYTHON_PATH = "usr/lib/imagegen/python.path"
PROGRAM_PATH = "usr/lib/imagegen/kube-proxy.path"
KUBELET_PATH = "usr/lib/imagegen/kubelet.path"
TMPFILES = "usr/lib/tmpfiles.d/imagegen.conf"


def node_files(profile: Profile, plan: Plan) -> Tree:
    """All that lies on the node but the two files that carry the digest of the rest."""
    files: dict[str, TreeFile] = {}
    for fact in plan.facts:
        _bake(fact, files)
    files |= _shared_lines(profile, plan) | _build_data(profile, plan)
    return Tree(dict(sorted(files.items())))


def _bake(fact: Fact, files: dict[str, TreeFile]) -> None:
    match fact.baked:
        case Template(path, values, mode):
            files[path[1:]] = TreeFile(_rendered(path, values), mode)
        case Content(path, data, mode, _, _):
            files[path[1:]] = TreeFile(data, mode)
        case Links(links):
            files.update({path[1:]: TreeFile(link=target) for path, target in links})
        case _:
            pass


@cache
def _environment() -> jinja2.Environment:
    import jinja2

    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(asset("templates")), undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True, keep_trailing_newline=True, autoescape=False,
        auto_reload=False,
    )


def _rendered(path: str, values: Mapping[str, Json]) -> bytes:
    text: str = _environment().get_template(f"node{path}.j2").render(**values)
    return text.encode()


def _shared_lines(profile: Profile, plan: Plan) -> dict[str, TreeFile]:
    """Files of one line a fact, each line under the sentence that says why it is there."""
    lines: dict[str, list[str]] = {}
    for fact in plan.baked(Line):
        assert isinstance(fact.baked, Line)
        why = fact.reason.replace("\n", " ")
        lines.setdefault(fact.baked.path, []).extend((f"# {why}", fact.baked.text))
    files = {path[1:]: TreeFile(("\n".join(text) + "\n").encode()) for path, text in lines.items()}
    if _writes_ipvs_modules(profile):
        files[IPVS_MODULES[1:]] = TreeFile(_ipvs_modules(plan), 0o755)
    return files


def _writes_ipvs_modules(profile: Profile) -> bool:
    if profile.kube_proxy.config.mode is not Mode.IPVS:
        return False
    asked = profile.os.ipvs_modules_file is IpvsModulesFile.ALWAYS
    return asked or release_for(profile).reads_ipvs_modules


def _ipvs_modules(plan: Plan) -> bytes:
    names = [f.baked.text for f in plan.facts
             if isinstance(f.baked, Line) and f.baked.path == MODULES_LOAD]
    head = ["#!/bin/sh", "# The recipe's form of /etc/modules-load.d/imagegen-ipvs.conf."]
    return "\n".join([*head, *(f"modprobe -- {name}" for name in names), ""]).encode()


def _build_data(profile: Profile, plan: Plan) -> dict[str, TreeFile]:
    """What the build's steps read, since it is theirs to know as data and not as shell."""
    packages = [_of_kernel(f.baked) for f in plan.facts if isinstance(f.baked, Package)]
    python = python_of(profile, release_for(profile))
    files = {PACKAGES: TreeFile("".join(f"{name}\n" for name in packages).encode()),
             PYTHON_PATH: TreeFile(f"{python}\n".encode())}
    if profile.kube_proxy.by_unit:
        files[PROGRAM_PATH] = TreeFile(f"{profile.kube_proxy.path}\n".encode())
    if profile.kube_proxy.by_unit and profile.kube_proxy.working_directory:
        text = f"d {profile.kube_proxy.working_directory} 0755 root root -\n"
        files[TMPFILES] = TreeFile(text.encode())
    if profile.os.kubelet:
        files[KUBELET_PATH] = TreeFile(f"{profile.os.kubelet.program}\n".encode())
    if owners := owner_lines(plan.facts):
        files[OWNERS[1:]] = TreeFile("".join(f"{line}\n" for line in owners).encode())
    return files


def _of_kernel(package: Package) -> str:
    """The name in the build's list; the step puts the running kernel's version into it."""
    return f"{package.name}-@kernel@" if package.per_kernel else package.name


def release_file(profile: Profile, digest: str) -> TreeFile:
    """/etc/imagegen-release: os-release's form, quoted for the shells that source it."""
    rows = {"NAME": profile.metadata.name, "DESCRIPTION": profile.metadata.description,
            "DIGEST": digest, "IMAGEGEN_VERSION": __version__,
            "DISTRIBUTION": profile.os.distribution, "RELEASE": profile.os.release,
            "KUBE_PROXY_VERSION": profile.kube_proxy.version}
    return TreeFile("".join(f"{key}={_quoted(value)}\n" for key, value in rows.items()).encode())


def _quoted(value: str) -> str:
    for special in ("\\", '"', "$", "`"):
        value = value.replace(special, "\\" + special)
    return f'"{value}"'


def expectations(profile: Profile, entries: list[Encoded], digest: str) -> TreeFile:
    """The plan's other face: what the check on the node expects, one entry a fact."""
    proxy = profile.kube_proxy
    document = {
        "format": 1, "profile": profile.metadata.name, "digest": digest,
        "timeoutSeconds": seconds(profile.check.timeout), **_of_verdict(profile),
        "kubeProxy": {"version": proxy.version, "metrics": proxy.config.metrics_bind_address,
                      **_of_unit(profile)},
        **_told_to(profile),
        "facts": entries,
    }
    return TreeFile(json_rows(document))


def _of_verdict(profile: Profile) -> dict[str, Json]:
    """Who is told of a red verdict, and what waits for a green one."""
    check = profile.check
    motd = motd_of(release_for(profile)) if check.motd else None
    return {"motd": motd, "gate": {"kind": check.gate.value,
                                   "timeoutSeconds": seconds(check.gate_timeout)}}


def _told_to(profile: Profile) -> dict[str, object]:
    """Whose Node gets the verdict as a condition."""
    api = profile.check.api
    return {"condition": asks(profile)} if api is not None and api.condition else {}


def _of_unit(profile: Profile) -> dict[str, str | None]:
    """Where the unit's parts lie; the check waits for no unit where there is none."""
    proxy = profile.kube_proxy
    if not proxy.by_unit:
        return {"runBy": proxy.run_by.value, "unit": None}
    config = proxy.config_file if form_of(profile) is Form.CONFIG else None
    return {"unit": UNIT, "kubeconfig": proxy.kubeconfig, "config": config}


def proven(plan: Plan, files: Tree) -> list[Fact]:
    """The plan's facts with their files' digests, and a fact for every file that has none yet."""
    covered = {fact.proof.expect["path"] for fact in plan.facts if fact.proof.rule is Rule.FILE}
    rest = [path for path, file in files.files.items()
            if file.link is None and f"/{path}" not in covered]
    return [*(_with_digest(fact, files) for fact in plan.facts),
            *(covering(path, files.files[path]) for path in rest)]


def covering(path: str, file: TreeFile) -> Fact:
    """The fact that a file is as it was baked, where it is no fact of the plan."""
    return Fact(f"file.{path}", "it carries facts of the plan, line by line", "imagegen",
                "an image is not mended in place: build it anew and replace the node",
                Nothing(), Proof(Rule.FILE, {"path": f"/{path}", **_seen(file)}, ALWAYS))


def _with_digest(fact: Fact, files: Tree) -> Fact:
    proof = fact.proof
    if proof.rule is not Rule.FILE:
        return fact
    expect = {**proof.expect, **_seen(files.files[str(proof.expect["path"])[1:]])}
    return dataclasses.replace(fact, proof=Proof(proof.rule, expect, proof.levels))


def _seen(file: TreeFile) -> dict[str, Json]:
    return {"sha256": file.sha256, "mode": f"{file.mode:04o}"}


def entry(fact: Fact) -> Encoded:
    """A fact as the check reads it."""
    return encoded({
        "id": fact.id, "rule": fact.proof.rule.value, "levels": list(fact.proof.levels),
        "expect": dict(fact.proof.expect), "reason": fact.reason, "source": fact.source,
        "remedy": fact.remedy})
