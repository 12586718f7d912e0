"""Static pods, as the kubelet finds them: kubernetes pkg/kubelet/config/file.go, file_linux.go.

It reads every file of its folder but those whose names begin with a dot, whatever they end with,
and of each file one object: a Pod, or a list of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imagegen.adopt.documents import mapping, texts
from imagegen.adopt.kubelet_config import kubelet_config, kubelet_flags
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

# kubeadm's and most others', RKE2's, and what older installers chose
FOLDERS = ("/etc/kubernetes/manifests", "/var/lib/rancher/rke2/agent/pod-manifests",
           "/etc/kubelet.d", "/etc/kubernetes/manifest", "/etc/kubernetes/static-pods",
           "/var/lib/kubelet/manifests")


def static_pods(files: Files) -> Iterator[tuple[str, dict[str, Any]]]:
    """Each static pod and its file."""
    for folder in dict.fromkeys([*_told(files), *FOLDERS]):
        for name in files.names(folder):
            if not name.startswith("."):
                path = f"{folder}/{name}"
                data = mapping(files.text(path) or "") or {}
                items = data.get("items")
                for pod in items if isinstance(items, list) else [data]:
                    if isinstance(pod, dict) and pod.get("kind") in ("Pod", None) and "spec" in pod:
                        yield path, pod


def _told(files: Files) -> list[str]:
    """The folder that the kubelet was given, by its file or by its older flag."""
    config = mapping(kubelet_config(files, Notes()) or "") or {}
    given = (config.get("staticPodPath"),
             kubelet_flags(files, Notes()).get("pod-manifest-path"))
    return [one.rstrip("/") for one in given if isinstance(one, str) and one.startswith("/")]


def container_commands(pod: dict[str, Any]) -> Iterator[tuple[list[str], str]]:
    """The command line and the image of each container of a pod's spec."""
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, dict) else None
    for one in containers if isinstance(containers, list) else []:
        if isinstance(one, dict):
            image = one.get("image")
            yield [*texts(one.get("command")), *texts(one.get("args"))], (
                image if isinstance(image, str) else "")
