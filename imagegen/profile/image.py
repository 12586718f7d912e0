"""The image: its platform, its base and the guest that bakes it."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated, Self

from pydantic import Field, model_validator

from imagegen.profile.fields import LineText, Section, Sha256, Url, pinned


class BaseFrom(StrEnum):
    """Where the base image comes from."""

    MIRROR = "mirror"
    PATH = "path"
    URL = "url"


class Base(Section):
    """The base image: made from a package mirror, or the user's own, pinned."""

    source: BaseFrom = Field(BaseFrom.MIRROR, alias="from", strict=False)
    mirror: Url = "http://deb.debian.org/debian"
    # unset: the release's own, which Debian 11 no longer has whole
    security_mirror: Url | None = None
    path: LineText | None = None
    url: Url | None = None
    sha256: Sha256 | None = None

    @model_validator(mode="after")
    def _whole(self) -> Self:
        pinned(self.source, self.path, self.url, self.sha256)
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
