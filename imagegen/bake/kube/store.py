"""The cache of built programs: each under the digest of its inputs, whole or not there at all."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from pathlib import Path

from imagegen.bake.kube.answers import require_version
from imagegen.bake.kube.compile import Workshop, compile_programs
from imagegen.bake.kube.pins import KubeProgram, Pins, input_digest, pins, require_buildable
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir, sha256_file
from imagegen.common.locks import alone
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress

Wanted = tuple[KubeProgram, str]


def kube_binary(name: KubeProgram, version: str, progress: Progress) -> Path:
    """The path of one program (a static linux/amd64 executable), built where it is not cached.

    Raises ToolError for a version that cannot be built, and where the building fails.
    """
    return kube_binaries([(name, version)], progress)[(name, version)]


def kube_binaries(wanted: Sequence[Wanted], progress: Progress) -> dict[Wanted, Path]:
    """The paths of several programs; what is missing is built, one compilation a version."""
    for name, version in wanted:
        require_buildable(version, name)
    for prefix, version in dict.fromkeys((name.prefix, version) for name, version in wanted):
        programs = [name for name, of in dict.fromkeys(wanted)
                    if (name.prefix, of) == (prefix, version)]
        if _missing(programs, version):
            _build(programs, version, progress)
    return {(name, version): _place(name, version) for name, version in wanted}


def built_program(program: KubeProgram, version: str) -> Path | None:
    """A program that was compiled before, None where it was not."""
    place = _place(program, version)
    return place if _whole(place) else None


def recorded_sha256(binary: Path) -> str:
    """Hex sha256 of a cached program, from the record beside it."""
    return str(_record(binary)["sha256"])


def _place(program: KubeProgram, version: str) -> Path:
    return cache_dir("kube") / input_digest(program, version) / program


def _record(binary: Path) -> dict[str, object]:
    record: dict[str, object] = json.loads(binary.with_suffix(".json").read_text())
    return record


def _missing(programs: Sequence[KubeProgram], version: str) -> list[KubeProgram]:
    return [program for program in programs if not _whole(_place(program, version))]


def _whole(binary: Path) -> bool:
    """Size only: the name holds nothing that was not checked before it was put there."""
    try:
        return binary.stat().st_size == _record(binary)["size"]
    except (OSError, ValueError, KeyError):
        return False


def _build(programs: Sequence[KubeProgram], version: str, progress: Progress) -> None:
    """Build under the version's lock; whoever waited for it finds the work done."""
    cache, pinned = cache_dir("kube"), pins(version, programs[0])
    name = pinned.folder.name
    with alone(cache / f"{name}.lock", progress, f"building Kubernetes {name}"):
        missing = _missing(programs, version)
        if not missing:
            return
        _sweep(cache, name)
        progress.step(f"building {' and '.join(missing)} {version} from source")
        with private_dir(cache, f".build-{name}-") as folder:
            shop = Workshop(pinned, folder, _log(cache, name), progress)
            for program, built in compile_programs(shop, missing).items():
                _publish(shop.pins, program, built)


def _sweep(cache: Path, name: str) -> None:
    """Remove what a killed build left; the lock says that nobody works there."""
    for left in cache.glob(f".build-{name}-*"):
        shutil.rmtree(left, ignore_errors=True)


def _log(cache: Path, name: str) -> Path:
    log = cache / f"{name}.log"
    log.unlink(missing_ok=True)
    return log


def _publish(pinned: Pins, program: KubeProgram, built: Path) -> None:
    """Check the program, and give it its final name, record beside it, in one rename."""
    sha256 = sha256_file(built)
    _expected(pinned, program, sha256)
    require_version(program, pinned.version, built)
    digest = input_digest(program, pinned.version)
    record = {"program": program, "version": pinned.version, "sha256": sha256,
              "size": built.stat().st_size, "inputs": digest, "toolchain": pinned.toolchain}
    whole = built.parent / digest
    whole.mkdir()
    built.rename(whole / program)
    (whole / program).with_suffix(".json").write_text(json.dumps(record, indent=2) + "\n")
    final = _place(program, pinned.version).parent
    shutil.rmtree(final, ignore_errors=True)
    whole.rename(final)


def _expected(pinned: Pins, program: KubeProgram, sha256: str) -> None:
    expected = pinned.sums.get(program)
    if expected is not None and expected != sha256:
        raise ToolError(
            f"{program} {pinned.version} was built, but its sha256 is {sha256}, not the pinned "
            f"{expected}",
            hint=f"a {pinned.toolchain} that a distribution patched is the likely cause: put Go's "
            "own, or another version of Go, first on PATH",
        )
