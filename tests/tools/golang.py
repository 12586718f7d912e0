"""Small programs of ours around a real Go module, compiled once for their sources."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from imagegen.bake.kube.pins import pins
from imagegen.bake.kube.toolchain import toolchain
from imagegen.common.files import private_dir, sha256_bytes
from imagegen.common.places import cache_dir
from imagegen.common.run import run

SECONDS = 900.0
SOURCES = ("main.go", "go.mod", "go.sum")


@cache
def compiled(folder: Path) -> Path:
    """The program of a folder of this one (a minute or two the first time)."""
    sources = b"\0".join((folder / name).read_bytes() for name in SOURCES)
    program = cache_dir("tools") / f"{folder.name}-check-{sha256_bytes(sources)[:16]}"
    if not program.exists():
        go = toolchain(pins("1.34.4").toolchain)
        with private_dir(program.parent) as work:
            run([go.go, "build", "-o", str(work / "check"), "."], cwd=folder, env=go.env,
                timeout=SECONDS)
            (work / "check").replace(program)
    return program
