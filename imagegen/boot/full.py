"""The seed that makes a stock image a node: full/ user-data, and the programs beside it."""

from __future__ import annotations

from pathlib import Path

from imagegen.bake.inputs import find_kube_proxy, find_kubelet
from imagegen.boot.seed import NodeIdentity, node_seed, seed_iso
from imagegen.boot.verify import Volume
from imagegen.common.progress import Progress
from imagegen.render.cloudinit import brought, full_user_data
from imagegen.render.render import Rendering


def full_volume(rendering: Rendering, progress: Progress) -> Volume:
    """A maker of seed volumes, with the programs on them that the profile has no URL for.

    Raises ToolError and InputError where a program cannot be had.
    """
    profile = rendering.profile
    finders = {"kube-proxy": find_kube_proxy, "kubelet": find_kubelet}
    found = {name: finders[name](profile, progress) for name in brought(profile)}
    programs = {name: pinned.path for name, pinned in found.items() if pinned is not None}

    def volume(target: Path, node: NodeIdentity) -> Path:
        user_data = full_user_data(profile, rendering.node, node)
        seed_iso(target, {**node_seed(node), "user-data": user_data, **programs})
        return target

    return volume
