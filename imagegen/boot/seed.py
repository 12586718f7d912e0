"""The NoCloud volume that a guest's cloud-init reads at boot."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from imagegen.bake.tools import find_tool
from imagegen.common.files import private_dir
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool
from imagegen.render.seed import NodeData as NodeIdentity
from imagegen.render.seed import node_seed

__all__ = ["NodeIdentity", "node_seed", "node_volume", "seed_iso"]

LABEL = "cidata"


def seed_iso(target: Path, files: Mapping[str, bytes | Path]) -> None:
    """Make an ISO 9660 volume `cidata` of these files; it may hold secrets, so mode 0600."""
    with private_dir(target.parent, f".{target.name}.") as folder:
        root = folder / "root"
        root.mkdir()
        for name, data in files.items():
            (root / name).write_bytes(data.read_bytes() if isinstance(data, Path) else data)
        volume = folder / "volume.iso"
        run([find_tool(Tool.XORRISO), "-as", "mkisofs", "-quiet", "-V", LABEL, "-J", "-r",
             "-o", str(volume), str(root)])
        volume.chmod(0o600)
        volume.replace(target)


def node_volume(target: Path, node: NodeIdentity) -> Path:
    """The volume of one node."""
    seed_iso(target, node_seed(node))
    return target
