"""What a build needs of this machine and of its profile, judged before anything is made."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

from imagegen.bake.accelerator import Accelerator, choose_accelerator
from imagegen.bake.base.builder import base_image_of, require_room
from imagegen.bake.base.rootfs import installation_mode
from imagegen.bake.kube.pins import KubeProgram, require_buildable
from imagegen.bake.kube.store import built_program
from imagegen.bake.kube.toolchain import find_go
from imagegen.bake.tools import require_tools
from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import require_writable
from imagegen.knowledge.distributions import Manager
from imagegen.knowledge.tools import BASE_TOOLS, KUBERNETES_TOOLS, Tool
from imagegen.plan.work_out import release_for
from imagegen.profile.image import BaseFrom
from imagegen.profile.kubeproxy import BinaryFrom
from imagegen.profile.model import Profile

FREE_BYTES = 3 << 30
_GUEST_TOOLS = (Tool.PACKER, Tool.QEMU, Tool.QEMU_IMG)
_INPUT_TOOLS = (Tool.SSH_KEYGEN, Tool.XORRISO)


def require_for_build(profile: Profile, image: Path, accelerator: Accelerator) -> None:
    """All that can be known before a build of `image`.

    Raises InputError for what the profile or the command line asks for and cannot be, ToolError for
    what this machine lacks.
    """
    require_baked(profile)
    require_folder(image.parent)
    _require_files(profile)
    if image.exists():
        return  # it may be the one of these inputs, which answers at once
    require_tools([*_GUEST_TOOLS, *_tools_of_inputs(profile)])
    _require_makers(profile)
    require_free(image.parent)
    if accelerator is Accelerator.KVM:
        choose_accelerator(accelerator)


def require_for_inputs(profile: Profile, out: Path) -> None:
    """The same for the inputs of a build alone."""
    require_baked(profile)
    require_folder(out)
    _require_files(profile)
    require_tools(_tools_of_inputs(profile))
    _require_makers(profile)


def require_baked(profile: Profile) -> None:
    """Raises InputError for a system that is configured at its first boot, not baked."""
    release = release_for(profile)
    if release.manager is Manager.NONE:
        raise InputError(f"{release.title} is not baked: it is configured by Ignition at its first "
                         "boot", hint="use `imagegen render`, and give ignition/node.ign to the "
                         "node; ignition/README.md of the tree says how")


def require_folder(folder: Path) -> None:
    """Raises InputError where a folder is a file, or may not be written to."""
    if folder.exists() and not folder.is_dir():
        raise InputError(f"{folder} is a file, and a folder is needed",
                         hint="choose another folder with -o")
    require_writable(folder)


def require_free(out: Path) -> None:
    """Raises ToolError where a build does not fit on the disk that `out` is to lie on."""
    there = next(one for one in (out.absolute(), *out.absolute().parents) if one.exists())
    free = shutil.disk_usage(there).free
    if free < FREE_BYTES:
        raise ToolError(f"the disk is full: {out} has {free >> 20} MiB free, and a build takes up "
                        f"to {FREE_BYTES >> 20} MiB",
                        hint="make room, or choose another folder with -o")


def _tools_of_inputs(profile: Profile) -> Iterator[Tool]:
    yield from _INPUT_TOOLS
    if _makes_base(profile):
        yield from BASE_TOOLS
    if _compiles(profile):
        yield from KUBERNETES_TOOLS


def _require_makers(profile: Profile) -> None:
    """What the base image and kube-proxy are made with, beyond that it is installed."""
    if _makes_base(profile):
        installation_mode()
        require_room()
    if _compiles(profile):
        require_buildable(profile.kube_proxy.version, KubeProgram.PROXY)
        find_go()


def _makes_base(profile: Profile) -> bool:
    """Whether a base image is to be made, and none is kept."""
    from imagegen.bake.inputs import base_spec

    return (profile.image.base.source is BaseFrom.MIRROR
            and base_image_of(base_spec(profile)) is None)


def _compiles(profile: Profile) -> bool:
    """Whether the profile wants kube-proxy compiled, and none is kept."""
    proxy = profile.kube_proxy
    if not proxy.by_unit or proxy.binary.source is not BinaryFrom.BUILD:
        return False
    require_buildable(proxy.version, KubeProgram.PROXY)
    return built_program(KubeProgram.PROXY, proxy.version) is None


def _require_files(profile: Profile) -> None:
    """Raises InputError where a file of this machine that the profile names is not there."""
    kubelet = profile.os.kubelet
    named = {"the base image": profile.image.base.path,
             "kube-proxy": profile.kube_proxy.binary.path if profile.kube_proxy.by_unit else None,
             "the kubelet": kubelet.path if kubelet else None}
    for what, path in named.items():
        if path is not None and not Path(path).is_file():
            raise InputError(f"{what} {path} is not there", hint="correct `path` in the profile")
