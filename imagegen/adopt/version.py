"""Which version of kube-proxy ran: nobody can run it, so something must say it."""

from __future__ import annotations

import re

from imagegen.adopt.notes import Notes
from imagegen.adopt.packages import installed
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import Launch
from imagegen.common.errors import InputError

_IN_TEXT = re.compile(r"(?:^|[^0-9.])v?(1\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9])")
# Packages that carry kube-proxy, or that run it at their own version
_PACKAGES = ("kubernetes-node", "kube-proxy", "kubernetes-master", "kubelet", "kubeadm",
             "kubernetes-kubelet", "kubernetes")
_MANIFESTS = "/etc/kubernetes/manifests"
_WANTED = re.compile(r"1\.(0|[1-9][0-9]{0,2})\.(0|[1-9][0-9]{0,2})")


def version_of(files: Files, launch: Launch | None, given: str | None, notes: Notes) -> str:
    """The version, as 1.34.4. Raises InputError where nothing says it."""
    if given is not None:
        return _checked(given)
    for text, where in (*_of_launch(launch), *_of_packages(files), *_of_manifests(files)):
        if found := _IN_TEXT.search(text):
            notes.add(f"the version {found[1]} is that of {where}: compare it with `kube-proxy "
                      "--version` on the node", "kubeProxy", "version")
            return found[1]
    raise InputError("nothing among the node's files says which version of kube-proxy it runs",
                     hint="ask the node (`kube-proxy --version`) and say it: --kubernetes 1.34.4")


def _checked(given: str) -> str:
    version = given.removeprefix("v")
    if not _WANTED.fullmatch(version):
        raise InputError(f"`{given}` is not a version of Kubernetes",
                         hint="write it like --kubernetes 1.34.4")
    return version


def _of_launch(launch: Launch | None) -> list[tuple[str, str]]:
    if launch is None:
        return []
    image = [(launch.image.rpartition(":")[2], f"the image in {launch.unit}")]
    return [*(image if launch.image else ()),
            (launch.words[0], f"the program's path {launch.words[0]}")]


def _of_packages(files: Files) -> list[tuple[str, str]]:
    versions = installed(files)
    return [(versions[name], f"the package {name}") for name in _PACKAGES if name in versions]


def _of_manifests(files: Files) -> list[tuple[str, str]]:
    """A static pod of kube-proxy names its image, and the image its version."""
    found = []
    for name in files.names(_MANIFESTS):
        text = files.text(f"{_MANIFESTS}/{name}") or ""
        for image in re.findall(r"image:\s*\S*kube-proxy[^\s:]*:(\S+)", text):
            found.append((image, f"the image in {_MANIFESTS}/{name}"))
    return found
