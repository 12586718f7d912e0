"""A profile to the whole tree. Pure: no tool, no network, no clock; the caller writes it."""

from __future__ import annotations

from dataclasses import dataclass

from imagegen import __version__
from imagegen.common.documents import Encoded, json_rows
from imagegen.knowledge.distributions import Manager
from imagegen.plan.facts import Fact, Plan
from imagegen.plan.work_out import release_for, work_out
from imagegen.profile.model import Profile
from imagegen.render.access import access_files
from imagegen.render.archive import check_archive
from imagegen.render.cloudinit import cloud_init_files
from imagegen.render.ignition import ignition_files
from imagegen.render.kubeadm import kubeadm_files
from imagegen.render.node import (
    EXPECTATIONS,
    RELEASE,
    covering,
    entry,
    expectations,
    node_files,
    proven,
    release_file,
)
from imagegen.render.packer import packer_files
from imagegen.render.readiness import readiness_files
from imagegen.render.tree import Tree, TreeFile


@dataclass(frozen=True, slots=True)
class Rendering:
    """The tree of a profile, its plan, the digest of all inputs, and the image's name."""

    profile: Profile
    plan: Plan
    tree: Tree
    digest: str

    @property
    def node(self) -> Tree:
        """The node's file system alone."""
        return Tree({path.removeprefix("node/"): file for path, file in self.tree.files.items()
                     if path.startswith("node/")})

    @property
    def image_name(self) -> str:
        """A name that is legal everywhere, and changes with any input."""
        return image_name(self.profile, self.digest)


def image_name(profile: Profile, digest: str) -> str:
    """`NAME-` and twelve digits of the digest."""
    return f"{profile.metadata.name}-{digest[:12]}"


def render(profile: Profile) -> Rendering:
    """The whole tree: `node/`, the ways onto a node, the cluster's part, and `manifest.json`."""
    plan = work_out(profile, check_archive())
    files = node_files(profile, plan)
    facts = proven(plan, files)
    entries = list(map(entry, facts))
    digest = _digest(profile, files, entries)
    node = _whole_node(profile, files, entries, digest)
    tree = node.under("node") | _ways(profile, node, image_name(profile, digest))
    tree |= kubeadm_files(profile).under("kubeadm")
    tree |= (readiness_files(profile) | access_files(profile)).under("cluster")
    facts.append(covering(RELEASE, node.files[RELEASE]))
    whole = tree | Tree({"manifest.json": _manifest(profile, facts, tree, digest)})
    return Rendering(profile, plan, whole, digest)


def _whole_node(profile: Profile, files: Tree, entries: list[Encoded], digest: str) -> Tree:
    """The node's files with the two that name the digest of all inputs."""
    release = release_file(profile, digest)
    told = [*entries, entry(covering(RELEASE, release))]
    own = {RELEASE: release, EXPECTATIONS: expectations(profile, told, digest)}
    return Tree(dict(sorted({**files.files, **own}.items())))


def _ways(profile: Profile, node: Tree, name: str) -> Tree:
    """The ways in which the tree comes on a node: baked, by cloud-init, or by Ignition."""
    if release_for(profile).manager is Manager.NONE:
        return ignition_files(profile, node, name).under("ignition")
    return (cloud_init_files(profile, node).under("cloud-init")
            | packer_files(profile, name, node).under("packer"))


def _digest(profile: Profile, files: Tree, entries: list[Encoded]) -> str:
    """Of all inputs: everything rendered with an empty digest in the two files that name it."""
    parts = (_whole_node(profile, files, entries, ""),
             _ways(profile, Tree(), profile.metadata.name),
             Tree({"profile": TreeFile(profile.model_dump_json(by_alias=True).encode()),
                   "version": TreeFile(__version__.encode())}))
    whole = Tree()
    for part in parts:
        whole = whole | part
    return whole.digest()


def _manifest(profile: Profile, facts: list[Fact], tree: Tree, digest: str) -> TreeFile:
    document = {
        "format": 1, "imagegen": __version__, "profile": profile.metadata.name,
        "description": profile.metadata.description, "digest": digest,
        "imageName": image_name(profile, digest),
        "files": {path: _row(file) for path, file in sorted(tree.files.items())},
        "facts": [{"id": fact.id, "baked": type(fact.baked).__name__.lower(),
                   "rule": fact.proof.rule.value, "levels": list(fact.proof.levels),
                   "expect": dict(fact.proof.expect), "reason": fact.reason, "source": fact.source}
                  for fact in facts],
    }
    return TreeFile(json_rows(document))


def _row(file: TreeFile) -> dict[str, str]:
    kind = {"link": file.link} if file.link is not None else {"mode": f"{file.mode:04o}"}
    return {"sha256": file.sha256, **kind}
