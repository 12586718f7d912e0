"""What a node's cloud-init is told at boot beside imagegen's own words, and where it asks."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from pydantic import Field

from imagegen.knowledge.datasources import Datasource
from imagegen.profile.fields import PartName, Section, Text


class PartKind(StrEnum):
    """What cloud-init does with a part of the user's own."""

    CLOUD_CONFIG = "cloud-config"
    SCRIPT = "script"
    BOOTHOOK = "boothook"


class Part(Section):
    """A part of the user-data that is the profile's own; it travels beside imagegen's."""

    name: PartName
    kind: PartKind = Field(strict=False)
    content: Annotated[Text, Field(max_length=1 << 18)]


class CloudInit(Section):
    """What every node is told at boot, and by which way."""

    datasource: Datasource = Field(Datasource.NOCLOUD, strict=False)
    parts: tuple[Part, ...] = Field((), strict=False)
