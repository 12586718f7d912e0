"""The container runtime and the kubelet, where the image is to carry them."""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from imagegen.profile.fields import (
    ImageName,
    KubeVersion,
    LineText,
    NodePath,
    PackageName,
    Section,
    Sha256,
    Url,
    pinned,
)


class Containerd(Section):
    """containerd from the distribution's package, with systemd's cgroups as kubelet wants it."""

    package: PackageName = "containerd"
    sandbox_image: ImageName | None = None


class KubeletFrom(StrEnum):
    """Where the kubelet comes from."""

    PATH = "path"
    URL = "url"


class Kubelet(Section):
    """The kubelet: a pinned program, and the unit that starts it once the node has joined."""

    version: KubeVersion
    source: KubeletFrom = Field(alias="from", strict=False)
    path: LineText | None = None
    url: Url | None = None
    sha256: Sha256
    program: NodePath = "/usr/local/bin/kubelet"
    kubeconfig: NodePath = "/etc/kubernetes/kubelet.conf"
    config_file: NodePath = "/var/lib/kubelet/config.yaml"

    @model_validator(mode="after")
    def _whole(self) -> Self:
        pinned(self.source, self.path, self.url, self.sha256)
        return self
