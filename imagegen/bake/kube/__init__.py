"""Real kube-proxy and kube-apiserver: the official release's, or compiled from pinned sources."""

from imagegen.bake.kube.bring import Source, bring_programs, find_sources
from imagegen.bake.kube.pins import (
    KubeProgram,
    buildable,
    buildable_versions,
    input_digest,
    nearest,
    require_buildable,
)
from imagegen.bake.kube.store import Wanted, kube_binaries, kube_binary, recorded_sha256

__all__ = [
    "KubeProgram",
    "Source",
    "Wanted",
    "bring_programs",
    "buildable",
    "buildable_versions",
    "find_sources",
    "input_digest",
    "kube_binaries",
    "kube_binary",
    "nearest",
    "recorded_sha256",
    "require_buildable",
]
