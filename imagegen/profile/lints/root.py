"""`os.root: overlay`: who cannot have it, and what cannot live on it."""

from __future__ import annotations

import re
from collections.abc import Iterator

from imagegen.knowledge.overlay_roots import (
    CANNOT,
    OTHERS,
    OUT_OF_FSTAB,
    RUNTIME_STATE,
    SWITCH,
)
from imagegen.profile.lints.image import known_release
from imagegen.profile.lints.inside import Inside, in_file, rows
from imagegen.profile.model import Profile
from imagegen.profile.node_boot import Root, Swap
from imagegen.profile.problem import Problem, Severity

_FSTAB = "/etc/fstab"
_WHAT = re.compile(r"^\s*What\s*=\s*(\S+)", re.M)


def overlay_root(profile: Profile) -> Iterator[Problem]:
    """A root that only lies in memory above the image: where it can be, and beside what."""
    if profile.os.root is Root.OVERLAY:
        yield from _unsupported(profile)
        yield from _fstab(profile)
        yield from _swap(profile)
        yield from _twice(profile)
        yield from _runtimes(profile)


def _unsupported(profile: Profile) -> Iterator[Problem]:
    release = known_release(profile)
    if release and release.initramfs in CANNOT:
        yield Problem(("os", "root"), f"the root of {release.title} cannot be an overlay: "
                      f"{CANNOT[release.initramfs]}", "remove `root: overlay`, or take Debian, or "
                      "Ubuntu up to 24.04", rule="root-overlay-unsupported")


def _fstab(profile: Profile) -> Iterator[Problem]:
    for where, row in fstab_rows(profile):
        if row[1] in OUT_OF_FSTAB:
            yield Problem(**where, what=f"this fstab mounts {row[1]}, and with os.root: overlay "
                          "the initramfs alone mounts what the node boots from",
                          hint="take the line out", rule="root-overlay-fstab")


def fstab_rows(profile: Profile) -> Iterator[tuple[Inside, list[str]]]:
    """The lines of an fstab of the profile's own, each with its place."""
    for index, file in enumerate(profile.os.files):
        if file.path == _FSTAB:
            for at, line in rows(file.data.decode("utf-8", "replace")):
                row = line.split()
                if len(row) >= 3 and not row[0].startswith("#"):
                    yield in_file(index, file, at), row


def _swap(profile: Profile) -> Iterator[Problem]:
    """With os.swap off the other lints refuse any; a file of an overlay cannot be swapped to."""
    if profile.os.swap is not Swap.LEAVE:
        return
    yield Problem(("os", "swap"), "the base image's swap is left on, and the kernel swaps to no "
                  "file of an overlay", "remove `swap: leave`, unless the base image swaps to a "
                  "partition", rule="root-overlay-swap", severity=Severity.WARNING)
    asked = [(where, row[0]) for where, row in fstab_rows(profile) if row[2] == "swap"]
    asked += [(Inside(path=("os", "units", index, "content"), at=found.start(1)), found[1])
              for index, unit in enumerate(profile.os.units)
              if unit.name.endswith(".swap") and (found := _WHAT.search(unit.content or ""))]
    for where, what in asked:
        if what.startswith("/") and not what.startswith("/dev/"):
            yield Problem(**where, what=f"it swaps to {what}, and the kernel swaps to no file of "
                          "an overlay", hint="swap to a partition, or not at all",
                          rule="root-overlay-swap")


def _twice(profile: Profile) -> Iterator[Problem]:
    for index, argument in enumerate(profile.os.kernel_arguments):
        name, path = argument.partition("=")[0], ("os", "kernelArguments", index)
        if name == SWITCH:
            yield Problem(path, f"{argument} undoes os.root: overlay, or does nothing",
                          "remove it; it is for one boot by hand", rule="root-overlay-twice")
        if name in OTHERS:
            yield Problem(path, f"{name} would lay an overlay of its own above imagegen's",
                          "remove it", rule="root-overlay-twice")
    for index, package in enumerate(profile.os.packages):
        if package in OTHERS:
            yield Problem(("os", "packages", index), f"{package} would lay an overlay of its own "
                          "above imagegen's", "remove it", rule="root-overlay-twice")


def _runtimes(profile: Profile) -> Iterator[Problem]:
    for index, package in enumerate(profile.os.packages):
        folder = RUNTIME_STATE.get(package)
        if folder and not mounted(profile, folder) and not (
                profile.os.containerd and package == profile.os.containerd.package):
            yield Problem(("os", "packages", index), f"{package} keeps its containers' layers "
                          f"under {folder}, and the kernel lays no overlay above the root's, so "
                          "no container would start", f"mount a file system on {folder} by a "
                          "unit of os.units, or use os.containerd", rule="root-overlay-runtime",
                          severity=Severity.WARNING)


def mounted(profile: Profile, folder: str) -> bool:
    """Whether the profile mounts a file system of its own there, by a unit or by its own fstab."""
    unit = f"{folder.strip('/').replace('/', '-')}.mount"
    return (any(one.name == unit for one in profile.os.units)
            or any(row[1] == folder for _, row in fstab_rows(profile)))


def containerd_in_memory(profile: Profile) -> bool:
    """Whether imagegen mounts a tmpfs for containerd's state, since nobody else mounts anything."""
    os = profile.os
    return bool(os.root is Root.OVERLAY and os.containerd
                and not mounted(profile, RUNTIME_STATE["containerd"]))
