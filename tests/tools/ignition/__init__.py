"""The real Ignition, its Go module, as a judge of what we write for it."""

from __future__ import annotations

import subprocess
from functools import cache
from pathlib import Path

from imagegen.bake.kube.pins import pins
from imagegen.bake.kube.toolchain import toolchain
from imagegen.common.files import private_dir, sha256_bytes
from imagegen.common.places import cache_dir
from imagegen.common.run import run

HERE = Path(__file__).parent
SECONDS = 900.0


@cache
def judge() -> Path:
    """The program, compiled once for these sources (a minute the first time)."""
    sources = b"\0".join((HERE / name).read_bytes() for name in ("main.go", "go.mod", "go.sum"))
    program = cache_dir("tools") / f"ignition-check-{sha256_bytes(sources)[:16]}"
    if not program.exists():
        go = toolchain(pins("1.34.4").toolchain)
        with private_dir(program.parent) as folder:
            run([go.go, "build", "-o", str(folder / "check"), "."], cwd=HERE, env=go.env,
                timeout=SECONDS)
            (folder / "check").replace(program)
    return program


def verdict(config: bytes) -> tuple[int, str]:
    """Ignition's exit and its words; 0 and none for a configuration without a flaw."""
    done = subprocess.run([judge()], input=config, capture_output=True, check=False, timeout=60)
    return done.returncode, done.stdout.decode()
