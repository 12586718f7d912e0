"""The seed that makes a stock image a node: full/ user-data, and kube-proxy beside it."""

from __future__ import annotations

from pathlib import Path

from imagegen.boot.seed import NodeIdentity, node_seed, seed_iso
from imagegen.boot.verify import Volume
from imagegen.render.cloudinit import full_user_data
from imagegen.render.render import Rendering


def full_volume(rendering: Rendering, kube_proxy: Path | None) -> Volume:
    """A maker of seed volumes; `kube_proxy` lies on them where the profile has no URL for it."""
    def volume(target: Path, node: NodeIdentity) -> Path:
        user_data = full_user_data(rendering.profile, rendering.plan, rendering.node, node)
        files: dict[str, bytes | Path] = {**node_seed(node), "user-data": user_data}
        if kube_proxy is not None:
            files["kube-proxy"] = kube_proxy
        seed_iso(target, files)
        return target

    return volume
