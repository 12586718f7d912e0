"""A root file system for systemd-analyze: the node's files, systemd's own units, empty programs."""

from __future__ import annotations

import shutil
from pathlib import Path

from imagegen.common.run import Done, need, run
from imagegen.render.node import KUBELET_PATH, PYTHON_PATH
from imagegen.render.render import Rendering

UNITS = ("kube-proxy.service", "imagegen-check.service")
PLACE = "usr/lib/systemd/system"
KINDS = (".target", ".slice", ".service", ".socket", ".mount")


def unit_root(rendering: Rendering, folder: Path) -> Path:
    """The root, written under a folder."""
    rendering.tree.write(folder / "tree")
    root = folder / "tree/node"
    for unit in Path("/usr/lib/systemd/system").glob("*.*"):
        target = root / PLACE / unit.name
        if unit.suffix in KINDS and unit.is_file() and not target.exists():
            shutil.copyfile(unit, target)
    told = (PYTHON_PATH, "usr/lib/imagegen/kube-proxy.path", KUBELET_PATH)
    programs = [(root / name).read_text().strip() for name in told if (root / name).exists()]
    for path in (*programs, "/usr/bin/touch", "/bin/sh"):
        program = root / path.lstrip("/")
        program.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy("/bin/true", program)
    return root


def verified(root: Path, *units: str) -> Done:
    """What `systemd-analyze verify` says of units in a root."""
    return run([need("systemd-analyze", "systemd"), "verify", "--man=no", f"--root={root}", *units],
               check=False, timeout=60)
