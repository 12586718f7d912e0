"""Where programs of Kubernetes come from: the cache, the official release, or the compiler."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imagegen.bake.kube.pins import KubeProgram, buildable, buildable_versions
from imagegen.bake.kube.release import (
    ReleaseUnreachable,
    archive_url,
    fetch_programs,
    kept_program,
    kind_of,
    require_reachable,
)
from imagegen.bake.kube.store import Wanted, built_program, kube_binaries
from imagegen.common.errors import ToolError
from imagegen.common.progress import Progress
from imagegen.knowledge.kubernetes_releases import (
    ArchiveKind,
    ReleaseArchive,
    archive_path,
    release_archive,
)


class Origin(StrEnum):
    """How a program is brought."""

    CACHED = "cached"
    FETCH = "fetch"
    COMPILE = "compile"


@dataclass(frozen=True, slots=True)
class Source:
    """Where one program would come from, and why."""

    program: KubeProgram
    version: str
    origin: Origin
    detail: str

    def __str__(self) -> str:
        """One line for a person; a script reads its first word."""
        return f"{self.origin:8} {self.program} {self.version}: {self.detail}"


def pinned_archive(program: KubeProgram, version: str,
                   sha512: str | None = None) -> ReleaseArchive | None:
    """The archive to take a program from: by the profile's own sum, or by the known one."""
    kind = kind_of(program)
    if sha512 is None:
        return release_archive(version, kind)
    return ReleaseArchive(archive_path(version, kind), kind, sha512)


def bring_programs(wanted: Sequence[Wanted], progress: Progress,
                   sha512: str | None = None) -> dict[Wanted, Path]:
    """The programs: cached ones, else the release's, else compiled where that cannot be fetched.

    `sha512` is a profile's own sum of the archive that has kube-proxy: nothing takes its place.
    """
    found: dict[Wanted, Path] = {}
    unreachable = ""
    for program, version in dict.fromkeys(wanted):
        own = sha512 if kind_of(program) is ArchiveKind.NODE else None
        archive = pinned_archive(program, version, own)
        kept = _cached(archive, program, version, own is not None)
        if kept is None and archive is not None and not (unreachable and own is None):
            try:
                kept = fetch_programs(archive, version, [program], progress)[program]
            except ReleaseUnreachable as error:
                if own is not None:
                    raise
                unreachable = error.what
                progress.step(f"{error.what}; compiling instead")
        if kept is not None:
            found[program, version] = kept
    left = [one for one in dict.fromkeys(wanted) if one not in found]
    for program, version in left:
        require_source(program, version, unreachable)
    found |= kube_binaries(left, progress) if left else {}
    return {one: found[one] for one in dict.fromkeys(wanted)}


def require_source(program: KubeProgram, version: str, unreachable: str = "") -> None:
    """Raises ToolError for a version that is neither a known release nor can be compiled."""
    if buildable(version, program):
        return
    why = unreachable or f"the sums of Kubernetes {version}'s archives are not known"
    archive = archive_path(version, kind_of(program)).partition("/")[2]
    raise ToolError(
        f"{program} {version} cannot be had: {why}, and it cannot be compiled here",
        hint=f"write the sha512 of {archive} from Kubernetes' CHANGELOG as "
        "kubeProxy.binary.sha512, or name a kube-proxy of your own by path or URL; "
        f"versions that can be compiled: {', '.join(buildable_versions(program))}")


def find_sources(wanted: Sequence[Wanted], *, sha512: str | None = None,
                 compiled: bool = False) -> list[Source]:
    """Where each program would come from, without bringing it."""
    return [_source(program, version, sha512, compiled)
            for program, version in dict.fromkeys(wanted)]


def _source(program: KubeProgram, version: str, sha512: str | None, compiled: bool) -> Source:
    own = sha512 if kind_of(program) is ArchiveKind.NODE else None
    archive = None if compiled else pinned_archive(program, version, own)
    kept = _cached(archive, program, version, own is not None)
    if kept is not None:
        return Source(program, version, Origin.CACHED, str(kept))
    if archive is None:
        why = "the profile says so" if compiled else "no sum of its release is known"
        require_source(program, version)
        return Source(program, version, Origin.COMPILE, why)
    try:
        require_reachable(archive)
    except ReleaseUnreachable as error:
        if own is not None:
            raise
        require_source(program, version, error.what)
        return Source(program, version, Origin.COMPILE, error.what)
    return Source(program, version, Origin.FETCH, archive_url(archive))


def _cached(archive: ReleaseArchive | None, program: KubeProgram, version: str,
            pinned: bool) -> Path | None:
    """What is there already needs no network; the release's program goes before a compiled one."""
    kept = kept_program(archive, program) if archive is not None else None
    if kept is not None or pinned or not buildable(version, program):
        return kept
    return built_program(program, version)
