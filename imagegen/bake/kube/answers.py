"""What a program of Kubernetes says of itself."""

from __future__ import annotations

import platform
from pathlib import Path

from imagegen.bake.kube.pins import KubeProgram
from imagegen.common.errors import ToolError
from imagegen.common.run import run


def require_version(program: KubeProgram, version: str, path: Path) -> None:
    """Raises ToolError for a program that calls itself another version than this one.

    A program for another machine than this one cannot be asked.
    """
    if platform.machine() != "x86_64":
        return
    asked = ["version", "--output=short"] if program is KubeProgram.KUBEADM else ["--version"]
    said = run([str(path), *asked], timeout=60).output.strip()
    if said.removeprefix("Kubernetes ") != f"v{version}":
        raise ToolError(f"{program} {version} was brought, but calls itself {said!r}")
