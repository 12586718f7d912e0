"""Packer's `-machine-readable` lines as events."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

_COLOUR = re.compile(r"\x1b\[[0-9;]*m")
_UI = re.compile(r"(?:==> |    )?(?P<build>[a-z0-9.-]+): (?P<text>.*)", re.S)


class Kind(StrEnum):
    """What an event tells."""

    SAY = "say"
    MESSAGE = "message"
    ERROR = "error"
    ARTIFACT = "artifact"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Event:
    """One line of Packer's."""

    kind: Kind
    text: str


def parse(line: str) -> Event:
    """`timestamp,target,type,data…`; anything else is a message as it stands."""
    parts = line.rstrip("\n").split(",", 3)
    if len(parts) < 3 or not parts[0].isdigit():
        return Event(Kind.MESSAGE, line.rstrip("\n"))
    _, target, name, *data = parts
    text = data[0] if data else ""
    if name == "ui":
        return _ui(text)
    if name == "artifact-count" and target:
        return Event(Kind.ARTIFACT, _plain(text))
    if name == "error":
        return Event(Kind.ERROR, _plain(text))
    return Event(Kind.OTHER, _plain(text))


def _ui(data: str) -> Event:
    kind, _, text = data.partition(",")
    found = _UI.fullmatch(_plain(text).strip("\n"))
    shown = found["text"] if found else _plain(text)
    return Event(Kind(kind) if kind in ("say", "message", "error") else Kind.MESSAGE, shown.strip())


def _plain(data: str) -> str:
    text = data.replace("%!(PACKER_COMMA)", ",").replace("\\r", "\r").replace("\\n", "\n")
    return _COLOUR.sub("", text).replace("\r", "")
