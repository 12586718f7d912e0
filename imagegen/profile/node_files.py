"""Files, units and scripts of the user's own."""

from __future__ import annotations

import base64
import binascii
from enum import StrEnum
from typing import Annotated, Self

from pydantic import AfterValidator, Field, model_validator

from imagegen.profile.fields import (
    AccountName,
    Kind,
    Name,
    NodePath,
    Octal,
    Refused,
    Section,
    Text,
    UnitName,
    shown,
)


def _base64(text: str) -> str:
    try:
        base64.b64decode("".join(text.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Refused("node-file-base64",
                      f"{shown(text)} is not base64; `base64 FILE` prints it") from None
    return text


Base64 = Annotated[Text, AfterValidator(_base64), Kind("base64", "texts in base64")]


class File(Section):
    """A file of the user's on the node, byte for byte."""

    path: NodePath
    content: Text | None = None
    content_base64: Base64 | None = None
    mode: Octal = "0644"
    owner: AccountName = "root"
    group: AccountName = "root"

    @model_validator(mode="after")
    def _one_content(self) -> Self:
        if self.content is not None and self.content_base64 is not None:
            raise Refused("node-file-content", "`content` (text) and `contentBase64` (any bytes) "
                          "both say what the file holds; keep one")
        if self.content is None and self.content_base64 is None:
            raise Refused("node-file-content",
                          "a file needs `content` (text) or `contentBase64` (any bytes)")
        return self

    @property
    def data(self) -> bytes:
        """The file's bytes."""
        if self.content is not None:
            return self.content.encode()
        return base64.b64decode("".join((self.content_base64 or "").split()))


class UnitState(StrEnum):
    """What becomes of a unit at boot."""

    ENABLED = "enabled"
    DISABLED = "disabled"
    MASKED = "masked"


class DropIn(Section):
    """A piece of configuration beside a unit, `NAME.service.d/DROPIN.conf`."""

    name: Name
    content: Text


class Unit(Section):
    """A systemd unit: a whole one, or what a package's unit is to have besides."""

    name: UnitName
    content: Text | None = None
    drop_ins: tuple[DropIn, ...] = Field((), strict=False)
    state: UnitState | None = Field(None, strict=False)

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.content is None and not self.drop_ins and self.state is None:
            raise Refused("node-unit-empty", "a unit needs `content`, `dropIns` or `state`")
        if self.state is UnitState.MASKED and (self.content is not None or self.drop_ins):
            raise Refused("node-unit-masked",
                          "a masked unit never runs, so `content` and `dropIns` say nothing; "
                          "remove them, or choose another state")
        return self


class Hook(Section):
    """A script that runs in the build guest."""

    name: Name
    script: Text


class Hooks(Section):
    """Scripts around imagegen's own steps of the build."""

    before: tuple[Hook, ...] = Field((), strict=False)
    after: tuple[Hook, ...] = Field((), strict=False)
