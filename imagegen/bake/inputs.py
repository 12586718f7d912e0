"""What a build needs beside the rendered tree: base image, kube-proxy, a key, the build's seed."""

from __future__ import annotations

from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from imagegen.bake.base import DEFAULT_PACKAGES, BaseSpec, base_image
from imagegen.bake.download import pinned_file
from imagegen.bake.kube import (
    KubeProgram,
    Source,
    Wanted,
    bring_programs,
    find_sources,
    kube_binaries,
    nearest,
)
from imagegen.bake.tools import find_tool
from imagegen.common.errors import InputError
from imagegen.common.files import sha256_file, write_atomic
from imagegen.common.progress import Progress
from imagegen.common.run import ending, run
from imagegen.common.verbose import note
from imagegen.knowledge.distributions import Manager
from imagegen.knowledge.tools import Tool
from imagegen.plan.work_out import release_for
from imagegen.profile.image import BaseFrom
from imagegen.profile.kubeproxy import Binary, BinaryFrom
from imagegen.profile.model import Profile
from imagegen.render.packer import build_meta_data, build_user_data

TICK = 0.2


@dataclass(frozen=True, slots=True)
class Pinned:
    """A file and the hex sha256 of its bytes."""

    path: Path
    sha256: str


@dataclass(frozen=True, slots=True)
class Inputs:
    """The large inputs of a build; the programs where the profile wants them in the image."""

    base: Pinned
    kube_proxy: Pinned | None
    kubelet: Pinned | None = None

    def named(self) -> dict[str, Pinned]:
        """Those that there are, under the names that the build gives them."""
        named = {"base.qcow2": self.base, "kube-proxy": self.kube_proxy, "kubelet": self.kubelet}
        return {name: pinned for name, pinned in named.items() if pinned is not None}


def base_spec(profile: Profile) -> BaseSpec:
    """The embedded base image that fits a profile."""
    base, mirror = profile.image.base, release_for(profile).mirror
    if mirror is None:
        raise no_mirror(profile)
    kept = (name for name in DEFAULT_PACKAGES if name not in mirror.without)
    security = mirror.security if base.security_mirror is None else base.security_mirror
    return BaseSpec(release=profile.os.release, suite=mirror.suite, mirror=base.mirror,
                    security_mirror=security, packages=tuple(sorted((*kept, *mirror.add))))


def no_mirror(profile: Profile) -> InputError:
    """The error for a distribution whose base imagegen cannot make."""
    return InputError(f"imagegen makes no base image of {release_for(profile).title}",
                      hint="give an image of it: `image.base.from: path` or `url`, and its sha256")


def gather(profile: Profile, progress: Progress) -> Inputs:
    """The inputs, brought side by side. Raises ToolError as soon as one cannot be had."""
    with ThreadPoolExecutor(2) as pool:
        try:
            base = pool.submit(find_base, profile, progress)
            program = pool.submit(find_kube_proxy, profile, progress)
            kubelet = find_kubelet(profile, progress)
            _brought(base, program)
            found = Inputs(base.result(), program.result(), kubelet)
        except BaseException:
            # leaving the pool waits for its threads, and they wait for what they run
            with ending():
                pool.shutdown(cancel_futures=True)
            raise
    for name, pinned in found.named().items():
        note(f"{name} is {pinned.path}, sha256 {pinned.sha256}")
    return found


def _brought(*jobs: Future[Any]) -> None:
    """Wait for all, or for the first that fails, whose error is raised.

    By ticks, since the kernel may hand a Ctrl-C to a job's thread that starts a program just then
    (signal(7)); Python remembers it, but an endless wait would not wake to hear of it.
    """
    left = set(jobs)
    while left:
        done, left = wait(left, TICK, FIRST_EXCEPTION)
        for job in done:
            job.result()


def find_base(profile: Profile, progress: Progress) -> Pinned:
    """The base image: made from the mirror, or the user's own, checked against its sha256."""
    base = profile.image.base
    if base.source is BaseFrom.MIRROR:
        made = base_image(base_spec(profile), progress)
        return Pinned(made.path, made.sha256)
    if release_for(profile).manager is Manager.NONE:
        raise InputError(f"{release_for(profile).title} is not baked: it is configured by Ignition "
                         "at its first boot",
                         hint="use `imagegen render`, and give ignition/config.ign to the node")
    path = pinned_file("the base image", base.path, base.url, base.sha256 or "", progress)
    return Pinned(path, base.sha256 or "")


def find_kube_proxy(profile: Profile, progress: Progress) -> Pinned | None:
    """The program of the release, a compiled one, or the user's own; None where it is a pod."""
    if not profile.kube_proxy.by_unit:
        return None
    binary = profile.kube_proxy.binary
    if binary.source in (BinaryFrom.PATH, BinaryFrom.URL):
        path = pinned_file("kube-proxy", binary.path, binary.url, binary.sha256 or "", progress)
        return Pinned(path, binary.sha256 or "")
    path = _bring([_proxy(profile)], binary, progress)[0]
    return Pinned(path, sha256_file(path))


def programs_for(profile: Profile, progress: Progress) -> list[Path]:
    """kube-proxy of a profile, and an API server for a trial of its image."""
    return _bring(_both(profile), profile.kube_proxy.binary, progress)


def sources_for(profile: Profile) -> list[Source]:
    """Where those would come from."""
    binary = profile.kube_proxy.binary
    return find_sources(_both(profile), sha512=binary.sha512,
                        compiled=binary.source is BinaryFrom.BUILD)


def _bring(wanted: list[Wanted], binary: Binary, progress: Progress) -> list[Path]:
    brought = (kube_binaries(wanted, progress) if binary.source is BinaryFrom.BUILD
               else bring_programs(wanted, progress, sha512=binary.sha512))
    return list(brought.values())


def _proxy(profile: Profile) -> Wanted:
    return KubeProgram.PROXY, profile.kube_proxy.version


def _both(profile: Profile) -> list[Wanted]:
    apiserver = KubeProgram.APISERVER
    return [_proxy(profile), (apiserver, nearest(profile.kube_proxy.version, apiserver))]


def find_kubelet(profile: Profile, progress: Progress) -> Pinned | None:
    """The kubelet, checked against its sha256; None where the image is to have none."""
    kubelet = profile.os.kubelet
    if kubelet is None:
        return None
    path = pinned_file("the kubelet", kubelet.path, kubelet.url, kubelet.sha256, progress)
    return Pinned(path, kubelet.sha256)


def lay_out(profile: Profile, inputs: Inputs, folder: Path) -> None:
    """Fill Packer's `inputs` folder; the key in it is this build's own and opens nothing else."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    for name in ("base.qcow2", "kube-proxy", "kubelet"):
        (folder / name).unlink(missing_ok=True)
    for name, pinned in inputs.named().items():
        (folder / name).symlink_to(pinned.path.resolve())
    write_atomic(folder / "base.qcow2.sha256", f"{inputs.base.sha256}  base.qcow2\n".encode())
    write_atomic(folder / "meta-data", build_meta_data())
    key = make_key(folder / "ssh_key")
    data = build_user_data(key, drop_ins=release_for(profile).drop_ins)
    write_atomic(folder / "user-data", data)


def make_key(path: Path) -> str:
    """A fresh ed25519 key at `path` (0600); the public half."""
    for old in (path, path.with_name(f"{path.name}.pub")):
        old.unlink(missing_ok=True)
    run([find_tool(Tool.SSH_KEYGEN), "-q", "-t", "ed25519", "-N", "", "-C",
         "imagegen-build", "-f", str(path)])
    return path.with_name(f"{path.name}.pub").read_text().strip()


