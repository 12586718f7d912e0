"""Profile to image: render, gather, bake, seal, and only then a file under the final name."""

from __future__ import annotations

import json
import os
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from imagegen import __version__
from imagegen.bake.accelerator import Accelerator, choose_accelerator
from imagegen.bake.inputs import Inputs, gather, lay_out
from imagegen.bake.packer import packer_build, packer_program, packer_version
from imagegen.bake.preflight import require_for_build, require_free
from imagegen.common.files import private_dir, sha256_file, write_atomic
from imagegen.common.locks import alone
from imagegen.common.progress import Progress
from imagegen.profile.model import Profile
from imagegen.render.packer import INPUTS, VARIABLES
from imagegen.render.render import Rendering, render

TIMEOUT = 3600.0
WORK_PREFIX = ".imagegen-build-"


@dataclass(frozen=True, slots=True)
class BuiltImage:
    """A sealed image, its manifest, and whether it was there already."""

    path: Path
    sha256: str
    manifest: dict[str, object]
    cached: bool
    seconds: float


def build(profile: Profile, out: Path, progress: Progress, *,
          accelerator: Accelerator = Accelerator.AUTO, timeout: float = TIMEOUT) -> BuiltImage:
    """The image of a profile in `out`: `NAME-DIGEST.qcow2`, `.sha256` and `.manifest.json`.

    Raises ToolError where a tool is missing or fails, InputError where an input is not the one
    pinned. Whatever happens, nothing half-made lies under a final name.
    """
    began = time.monotonic()
    rendering = render(profile)
    # Packer runs in a folder of its own, where a relative path would mean another place
    out = out.absolute()
    require_for_build(profile, out / f"{rendering.image_name}.qcow2", accelerator)
    out.mkdir(parents=True, exist_ok=True)
    with alone(out / ".imagegen.lock", progress, f"building in {out}"):
        _sweep(out)
        inputs = gather(profile, progress)
        done = _known(rendering, inputs, out, began)
        return done or _bake(rendering, inputs, out, progress, accelerator, timeout, began)


def _known(rendering: Rendering, inputs: Inputs, out: Path, began: float) -> BuiltImage | None:
    """The image of exactly these inputs, if it is there with the bytes that it was sealed with."""
    path = out / f"{rendering.image_name}.qcow2"
    try:
        manifest = json.loads(path.with_suffix(".manifest.json").read_text())
        same = manifest["inputs"] == _input_digests(rendering, inputs)
        if not same or sha256_file(path) != manifest["sha256"]:
            return None
    except (OSError, ValueError, KeyError):
        return None
    return BuiltImage(path, manifest["sha256"], manifest, True, time.monotonic() - began)


def _input_digests(rendering: Rendering, inputs: Inputs) -> dict[str, str]:
    programs = {"kubeProxy": inputs.kube_proxy, "kubelet": inputs.kubelet}
    return {"rendered": rendering.digest, "base": inputs.base.sha256,
            **{name: pinned.sha256 for name, pinned in programs.items() if pinned}}


def _bake(rendering: Rendering, inputs: Inputs, out: Path, progress: Progress,
          accelerator: Accelerator, timeout: float, began: float) -> BuiltImage:
    require_free(out)
    choice = choose_accelerator(accelerator)
    progress.step(f"baking {rendering.image_name} ({choice.why})")
    log = out / f"{rendering.image_name}.log"
    log.unlink(missing_ok=True)
    with private_dir(out, WORK_PREFIX) as work:
        folder = work / "packer"
        rendering.tree.write(work / "tree")
        (work / "tree" / "packer").rename(folder)
        lay_out(rendering.profile, inputs, folder / INPUTS)
        packer_build(folder, _overrides(folder, inputs, choice.accelerator), log, progress,
                     timeout=timeout)
        return _publish(rendering, inputs, folder, out, choice.accelerator, progress, began)


def _overrides(folder: Path, inputs: Inputs, accelerator: Accelerator) -> dict[str, object]:
    """What differs from the tree's own variables: everything that was just made sure of."""
    rendered: dict[str, object] = json.loads((folder / VARIABLES).read_text())
    return rendered | {"base_image": f"{INPUTS}/base.qcow2", "accelerator": accelerator.value,
                       "base_checksum": f"sha256:{inputs.base.sha256}"}


def _publish(rendering: Rendering, inputs: Inputs, folder: Path, out: Path,
             accelerator: Accelerator, progress: Progress, began: float) -> BuiltImage:
    progress.step("writing the manifest")
    made = folder / "output" / f"{rendering.image_name}.qcow2"
    digest = sha256_file(made)
    manifest = _manifest(rendering, inputs, folder, accelerator, digest, made.stat().st_size)
    final = out / made.name
    data = json.dumps(manifest, indent=1).encode() + b"\n"
    made.chmod(0o644)
    with made.open("rb") as file:
        os.fsync(file.fileno())
    write_atomic(final.with_suffix(".manifest.json"), data)
    write_atomic(final.with_suffix(".qcow2.sha256"), f"{digest}  {final.name}\n".encode())
    made.replace(final)
    return BuiltImage(final, digest, manifest, False, time.monotonic() - began)


def _manifest(rendering: Rendering, inputs: Inputs, folder: Path, accelerator: Accelerator,
              digest: str, size: int) -> dict[str, object]:
    rendered = json.loads(rendering.tree.files["manifest.json"].data)
    packer = ".".join(str(part) for part in packer_version(packer_program()))
    rows = (folder / "output.packages.tsv").read_text().splitlines()
    return {
        "format": 1, "imagegen": __version__, "image": f"{rendering.image_name}.qcow2",
        "sha256": digest, "bytes": size, "inputs": _input_digests(rendering, inputs),
        "accelerator": accelerator.value, "packer": packer,
        "verdict": json.loads((folder / "output.verdict.json").read_text()),
        "packages": dict(row.split("\t")[:2] for row in rows),
        "profile": rendering.profile.model_dump(mode="json", by_alias=True, exclude_none=True),
        "facts": rendered["facts"], "files": rendered["files"],
    }


def _sweep(out: Path) -> None:
    """Remove what a killed build left; the lock says that nobody works there."""
    for left in out.glob(f"{WORK_PREFIX}*"):
        shutil.rmtree(left, ignore_errors=True)
