"""Programs out of the archives of Kubernetes' official releases, pinned by sha512 and kept.

`IMAGEGEN_KUBERNETES_MIRROR` names another place than https://dl.k8s.io, with the same paths.
An archive is unpacked only after all of it was seen to have the pinned sum, and is not kept.
"""

from __future__ import annotations

import hashlib
import http.client
import json
import os
import queue
import shutil
import tarfile
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Sequence
from pathlib import Path

from imagegen.bake.kube.answers import require_version
from imagegen.bake.kube.pins import KubeProgram
from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import private_dir, sha256_file
from imagegen.common.locks import alone
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress
from imagegen.common.run import unless_ending
from imagegen.knowledge.kubernetes_releases import RELEASES_URL, ArchiveKind, ReleaseArchive

MIRROR = "IMAGEGEN_KUBERNETES_MIRROR"
# for the name, the connection, the redirections and the first line of the answer together
CONNECT_SECONDS = 10.0
DOWNLOAD_SECONDS = 1800.0
_BLOCK = 1 << 20
_LARGEST_PROGRAM = 1 << 29
_FAULTS = (OSError, urllib.error.URLError, http.client.HTTPException, ValueError)


class ReleaseUnreachable(ToolError):
    """The archive cannot be fetched from here; its bytes were never seen to be wrong."""


def kind_of(program: KubeProgram) -> ArchiveKind:
    """The archive that has a program."""
    return ArchiveKind.SERVER if program is KubeProgram.APISERVER else ArchiveKind.NODE


def archive_url(archive: ReleaseArchive) -> str:
    """Where an archive is fetched from."""
    return f"{os.environ.get(MIRROR, RELEASES_URL).rstrip('/')}/{archive.path}"


def kept_program(archive: ReleaseArchive, program: KubeProgram) -> Path | None:
    """A program that was taken out of an archive before; None where it was not, or is damaged."""
    path = _folder(archive) / program
    try:
        whole = path.stat().st_size == json.loads(path.with_suffix(".json").read_text())["size"]
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return path if whole else None


def fetch_programs(archive: ReleaseArchive, version: str, programs: Sequence[KubeProgram],
                   progress: Progress) -> dict[KubeProgram, Path]:
    """The programs of an archive, from the cache or out of the archive itself.

    Raises ReleaseUnreachable where the archive cannot be had, InputError where it has other bytes
    than the pinned ones, ToolError where it lacks a program.
    """
    lock = _folder(archive).with_suffix(".lock")
    with alone(lock, progress, f"fetching {archive.path}"):
        missing = [one for one in programs if kept_program(archive, one) is None]
        if missing:
            _fetch(archive, version, missing, progress)
    return {program: _folder(archive) / program for program in programs}


def require_reachable(archive: ReleaseArchive) -> None:
    """Raises ReleaseUnreachable where the archive's place does not answer in time."""
    url = archive_url(archive)
    try:
        _open(urllib.request.Request(url, method="HEAD")).close()
    except _FAULTS as error:
        raise _unreachable(url, error) from None


def _folder(archive: ReleaseArchive) -> Path:
    return cache_dir("kube") / f"release-{archive.sha512[:40]}"


def _fetch(archive: ReleaseArchive, version: str, programs: Sequence[KubeProgram],
           progress: Progress) -> None:
    url, cache = archive_url(archive), cache_dir("kube")
    progress.step(f"fetching {url}")
    prefix = f".release-{archive.sha512[:12]}-"
    for left in cache.glob(f"{prefix}*"):
        shutil.rmtree(left, ignore_errors=True)
    with private_dir(cache, prefix) as work:
        try:
            found = _pour(url, work / "archive", progress)
        except _FAULTS as error:
            raise _unreachable(url, error) from None
        if found != archive.sha512:
            raise InputError(
                f"{url} is not the release's archive\n  its sha512 is  {found}\n"
                f"  pinned is      {archive.sha512}",
                hint="do not trust it: something answers in the release's place, or the pinned sum "
                "is wrong. `kubeProxy.binary.from: build` compiles the program instead")
        _take_out(archive, work / "archive", programs, work)
        for program in programs:
            _publish(archive, version, program, work / program)


def _unreachable(url: str, error: Exception) -> ReleaseUnreachable:
    reason = getattr(error, "reason", None) or error
    return ReleaseUnreachable(f"cannot fetch {url}: {reason}", hint=f"{MIRROR} names another place")


def _open(request: str | urllib.request.Request) -> http.client.HTTPResponse:
    """An answer that has begun, within CONNECT_SECONDS.

    In a thread, since a look-up of a name has no time-out of its own.
    """
    box: queue.Queue[http.client.HTTPResponse | Exception] = queue.Queue(1)

    def connect() -> None:
        try:
            box.put(urllib.request.urlopen(request, timeout=CONNECT_SECONDS))
        except Exception as error:  # raised below, in the caller's thread
            box.put(error)

    threading.Thread(target=connect, daemon=True).start()
    deadline = time.monotonic() + CONNECT_SECONDS
    while True:
        unless_ending()
        try:
            answer = box.get(timeout=0.2)
            break
        except queue.Empty:
            if time.monotonic() > deadline:
                raise TimeoutError(f"no answer within {CONNECT_SECONDS:.0f} s") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _pour(url: str, target: Path, progress: Progress) -> str:
    """Fetch a file; the sha512 of its bytes."""
    digest, size, deadline = hashlib.sha512(), 0, time.monotonic() + DOWNLOAD_SECONDS
    with _open(url) as source, target.open("wb") as sink:
        length = source.headers.get("Content-Length")
        while block := source.read1(_BLOCK):
            unless_ending()
            if time.monotonic() > deadline:
                raise TimeoutError(f"not done within {DOWNLOAD_SECONDS:.0f} s")
            digest.update(block)
            sink.write(block)
            size += len(block)
            progress.line(f"{size >> 20} MiB")
    if length is not None and size < int(length):
        raise OSError(f"the transfer broke off after {size} of {length} bytes")
    return digest.hexdigest()


def _take_out(archive: ReleaseArchive, path: Path, programs: Sequence[KubeProgram],
              folder: Path) -> None:
    """Copy the programs' bytes out, and nothing else: no name, mode or link of the archive."""
    wanted = {archive.member(program): program for program in programs}
    try:
        with tarfile.open(path, "r:gz") as tar:
            for member in tar:
                program = wanted.get(member.name.removeprefix("./"))
                if program is not None and member.isreg() and member.size <= _LARGEST_PROGRAM:
                    source = tar.extractfile(member)
                    assert source is not None
                    with source, (folder / program).open("wb") as sink:
                        shutil.copyfileobj(source, sink, _BLOCK)
                    (folder / program).chmod(0o755)
                    del wanted[archive.member(program)]
                if not wanted:
                    return
    except (tarfile.TarError, EOFError, OSError) as error:
        raise ToolError(f"{archive.path} cannot be unpacked: {error}") from None
    raise ToolError(f"{archive.path} has no {', '.join(wanted)}",
                    hint="its sha512 is the pinned one, so the wrong archive is pinned")


def _publish(archive: ReleaseArchive, version: str, program: KubeProgram, taken: Path) -> None:
    """Ask the program for its version, and give it its place; the record last, by a rename."""
    require_version(program, version, taken)
    record = {"program": program, "version": version, "sha256": sha256_file(taken),
              "size": taken.stat().st_size, "archive": archive.path, "sha512": archive.sha512}
    folder = _folder(archive)
    folder.mkdir(exist_ok=True)
    told = taken.with_suffix(".json")
    told.write_text(json.dumps(record, indent=2) + "\n")
    taken.replace(folder / program)
    told.replace((folder / program).with_suffix(".json"))
