"""The node's operating system, and what it holds beyond the needs of IPVS."""

from __future__ import annotations

from enum import StrEnum
from typing import Literal

from pydantic import Field

from imagegen.knowledge.distributions import Distribution
from imagegen.profile.fields import (
    LineText,
    ModuleName,
    NodePath,
    Octal,
    PackageName,
    Section,
    SysctlKey,
    Text,
)


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
