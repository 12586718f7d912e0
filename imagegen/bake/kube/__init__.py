"""Real kube-proxy and kube-apiserver, compiled from pinned sources and kept in the cache."""

from imagegen.bake.kube.pins import (
    KubeProgram,
    buildable,
    buildable_versions,
    input_digest,
    nearest,
    require_buildable,
)
from imagegen.bake.kube.store import kube_binaries, kube_binary, recorded_sha256

__all__ = [
    "KubeProgram",
    "buildable",
    "buildable_versions",
    "input_digest",
    "kube_binaries",
    "kube_binary",
    "nearest",
    "recorded_sha256",
    "require_buildable",
]
