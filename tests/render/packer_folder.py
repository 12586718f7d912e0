"""A rendered packer/ with dummies of what `imagegen inputs` brings."""

from __future__ import annotations

import hashlib
from pathlib import Path

from imagegen.common.run import run
from imagegen.render.render import Rendering

QUIET = {"CHECKPOINT_DISABLE": "1", "PACKER_NO_COLOR": "1"}


def with_inputs(rendering: Rendering, folder: Path) -> Path:
    """The folder that Packer is given."""
    rendering.tree.write(folder / "tree")
    packer = folder / "tree/packer"
    (packer / "inputs").mkdir()
    for name in ("base.qcow2", "kube-proxy", "kubelet", "user-data", "meta-data"):
        (packer / "inputs" / name).touch()
    digest = hashlib.sha256().hexdigest()
    (packer / "inputs/base.qcow2.sha256").write_text(f"{digest}  base.qcow2\n")
    run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(packer / "inputs/ssh_key")])
    return packer
