"""The node's operating system, and what it holds beyond the needs of IPVS."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from imagegen.knowledge.distributions import Distribution
from imagegen.profile.fields import (
    ModuleName,
    PackageName,
    Section,
    SysctlKey,
    SysctlValue,
    Text,
)
from imagegen.profile.node_access import CaCertificate, User
from imagegen.profile.node_boot import KernelArgument, Root, Swap
from imagegen.profile.node_files import File, Hooks, Unit
from imagegen.profile.node_network import Host, PackageMirror, Proxy
from imagegen.profile.node_runtime import Containerd, Kubelet


class IpvsModulesFile(StrEnum):
    """Whether the recipe's /etc/sysconfig/modules/ipvs.modules is written."""

    AUTO = "auto"
    ALWAYS = "always"


class Os(Section):
    """The node's operating system and what it holds beyond the needs of IPVS."""

    distribution: Distribution = Field(Distribution.DEBIAN, strict=False)
    release: Text = "12"
    architecture: Literal["amd64"] = "amd64"
    sysctls: dict[SysctlKey, SysctlValue] = Field(default_factory=dict)
    modules: tuple[ModuleName, ...] = Field((), strict=False)
    packages: tuple[PackageName, ...] = Field((), strict=False)
    files: tuple[File, ...] = Field((), strict=False)
    units: tuple[Unit, ...] = Field((), strict=False)
    users: tuple[User, ...] = Field((), strict=False)
    ca_certificates: tuple[CaCertificate, ...] = Field((), strict=False)
    proxy: Proxy | None = None
    package_mirrors: tuple[PackageMirror, ...] = Field((), strict=False)
    time_servers: tuple[Host, ...] = Field((), strict=False)
    kernel_arguments: tuple[KernelArgument, ...] = Field((), strict=False)
    swap: Swap = Field(Swap.OFF, strict=False)
    root: Root = Field(Root.WRITABLE, strict=False)
    containerd: Containerd | None = None
    kubelet: Kubelet | None = None
    hooks: Hooks = Hooks()
    ipvs_modules_file: IpvsModulesFile = Field(IpvsModulesFile.AUTO, strict=False)
