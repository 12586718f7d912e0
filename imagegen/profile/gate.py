"""What a red verdict holds back, and who hears of it at a login."""

from __future__ import annotations

from enum import StrEnum

from pydantic import Field

from imagegen.profile.fields import Duration, Section


class Gate(StrEnum):
    """What waits for a green verdict: nothing, the kubelet's start, or pods behind a taint."""

    NONE = "none"
    KUBELET = "kubelet"
    TAINT = "taint"


class Gated(Section):
    """The part of `check` that acts on the verdict."""

    gate: Gate = Field(Gate.NONE, strict=False)
    gate_timeout: Duration = "30m"
    motd: bool = True
