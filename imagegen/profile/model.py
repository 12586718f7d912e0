"""The cluster profile: one section a noun of the cluster, the node and the image."""

from __future__ import annotations

import ipaddress
from enum import StrEnum
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from imagegen.knowledge.distributions import Distribution
from imagegen.profile.fields import (
    Cidr,
    Duration,
    Endpoint,
    LineText,
    ModuleName,
    Name,
    NodePath,
    Octal,
    PackageName,
    PortRange,
    Section,
    Sha256,
    SysctlKey,
    Text,
    Url,
)
from imagegen.profile.kubeproxy import KubeProxy, _pinned


class Metadata(Section):
    """What the image is called."""

    name: Name
    description: Annotated[LineText, Field(max_length=10_240)] = ""


class IpvsModulesFile(StrEnum):
    """Whether the recipe's /etc/sysconfig/modules/ipvs.modules is written."""

    AUTO = "auto"
    ALWAYS = "always"


class File(Section):
    """A file of the user's on the node, byte for byte."""

    path: NodePath
    content: Text
    mode: Octal = "0644"


class Os(Section):
    """The node's operating system and what it holds beyond the needs of IPVS."""

    distribution: Distribution = Field(Distribution.DEBIAN, strict=False)
    release: Text = "12"
    architecture: Literal["amd64"] = "amd64"
    sysctls: dict[SysctlKey, LineText] = Field(default_factory=dict)
    modules: tuple[ModuleName, ...] = Field((), strict=False)
    packages: tuple[PackageName, ...] = Field((), strict=False)
    files: tuple[File, ...] = Field((), strict=False)
    ipvs_modules_file: IpvsModulesFile = Field(IpvsModulesFile.AUTO, strict=False)


class Cluster(Section):
    """The cluster's addresses."""

    service_cidr: Cidr = Field("10.96.0.0/12", alias="serviceCIDR")
    pod_cidr: Cidr = Field("10.244.0.0/16", alias="podCIDR")
    node_port_range: PortRange = "30000-32767"
    api_service_port: Annotated[int, Field(ge=1, le=65535)] = 443
    api_servers: tuple[Endpoint, ...] = Field((), strict=False)

    @property
    def api_service(self) -> str:
        """The API service's virtual address: the first of the service range."""
        return str(ipaddress.ip_network(self.service_cidr)[1])


class BaseFrom(StrEnum):
    """Where the base image comes from."""

    MIRROR = "mirror"
    PATH = "path"
    URL = "url"


class Base(Section):
    """The base image: made from a package mirror, or the user's own, pinned."""

    source: BaseFrom = Field(BaseFrom.MIRROR, alias="from", strict=False)
    mirror: Url = "http://deb.debian.org/debian"
    security_mirror: Url = "http://deb.debian.org/debian-security"
    path: LineText | None = None
    url: Url | None = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        _pinned(self.source, self.path, self.url, self.sha256)
        return self


class Platform(StrEnum):
    """Where the image runs."""

    QEMU = "qemu"


class Image(Section):
    """The image and the build guest."""

    platform: Platform = Field(Platform.QEMU, strict=False)
    base: Base = Base()
    disk_gib: Annotated[int, Field(ge=3, le=2048)] = 4
    build_memory_mib: Annotated[int, Field(ge=512, le=1 << 20)] = 1024
    build_cpus: Annotated[int, Field(ge=1, le=256)] = 2


class Check(Section):
    """How the node proves itself."""

    timeout: Duration = "300s"


class Profile(Section):
    """A cluster profile, `apiVersion: imagegen/v1alpha1`."""

    api_version: Literal["imagegen/v1alpha1"]
    kind: Literal["ClusterProfile"]
    metadata: Metadata
    os: Os = Os()
    cluster: Cluster = Cluster()
    kube_proxy: KubeProxy
    image: Image = Image()
    check: Check = Check()
