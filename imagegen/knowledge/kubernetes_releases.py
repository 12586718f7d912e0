"""The archives of Kubernetes' official releases: their places and their sha512 sums.

kubernetes-releases.sha512 has them, with their source, in the format of `sha512sum`.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

RELEASES_URL = "https://dl.k8s.io"


class ArchiveKind(StrEnum):
    """What an archive is made for; the node's has kube-proxy, the server's the API server."""

    NODE = "node"
    SERVER = "server"


@dataclass(frozen=True, slots=True)
class ReleaseArchive:
    """One archive: its path below the releases' URL, its kind, and the sha512 of its bytes."""

    path: str
    kind: ArchiveKind
    sha512: str

    def member(self, program: str) -> str:
        """The name that a program has inside."""
        return f"kubernetes/{self.kind}/bin/{program}"


def archive_path(version: str, kind: ArchiveKind, arch: str = "amd64") -> str:
    """Where a release has its archive (`v1.34.4/kubernetes-node-linux-amd64.tar.gz`)."""
    return f"v{version}/kubernetes-{kind}-linux-{arch}.tar.gz"


def release_archive(version: str, kind: ArchiveKind, arch: str = "amd64") -> ReleaseArchive | None:
    """The archive of a version whose sum is known, else None."""
    path = archive_path(version, kind, arch)
    sha512 = _sums().get(path)
    return ReleaseArchive(path, kind, sha512) if sha512 else None


def released_versions(kind: ArchiveKind = ArchiveKind.NODE) -> tuple[str, ...]:
    """The versions whose archives' sums are known, as they stand in the file."""
    of_kind = (path for path in _sums() if f"/kubernetes-{kind}-linux-amd64." in path)
    return tuple(path.partition("/")[0].removeprefix("v") for path in of_kind)


@cache
def _sums() -> dict[str, str]:
    text = (Path(__file__).parent / "kubernetes-releases.sha512").read_text()
    rows = (line.split() for line in text.splitlines() if not line.startswith("#"))
    return {path: sha512 for sha512, path in rows}
