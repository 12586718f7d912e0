"""kube-proxy on the node: its version, its program, and how it is run."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from imagegen.knowledge.kubernetes import Form, RunBy
from imagegen.profile.fields import (
    KubeVersion,
    LineText,
    NodePath,
    Refused,
    Section,
    Sha256,
    Sha512,
    Url,
    pinned,
)
from imagegen.profile.kubeproxy.config import Config


class BinaryFrom(StrEnum):
    """Where the kube-proxy program comes from."""

    RELEASE = "release"
    BUILD = "build"
    PATH = "path"
    URL = "url"


class Binary(Section):
    """The program itself, pinned."""

    source: BinaryFrom = Field(BinaryFrom.RELEASE, alias="from", strict=False)
    path: LineText | None = None
    url: Url | None = None
    sha256: Sha256 | None = None
    sha512: Sha512 | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        pinned(self.source, self.path, self.url, self.sha256)
        if self.sha512 is not None and self.source is not BinaryFrom.RELEASE:
            raise Refused("source-unpinned", "`sha512` is the release's archive's and goes with "
                          f"`from: release`, not `from: {self.source}`")
        return self


class KubeProxy(Section):
    """kube-proxy on the node."""

    version: KubeVersion
    run_by: RunBy = Field(RunBy.SYSTEMD, strict=False)
    form: Form | None = Field(None, strict=False)
    binary: Binary = Binary()
    path: NodePath = "/usr/local/bin/kube-proxy"
    working_directory: NodePath | None = None
    kubeconfig: NodePath = "/etc/kubernetes/kube-proxy.kubeconfig"
    config_file: NodePath = "/etc/kubernetes/kube-proxy.yaml"
    verbosity: Annotated[int, Field(ge=0, le=10)] = 2
    config: Config = Config()

    @property
    def by_unit(self) -> bool:
        """Whether kube-proxy is the image's: its program, its configuration and its unit."""
        return self.run_by is RunBy.SYSTEMD
