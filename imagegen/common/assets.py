"""The one place that knows where templates, profiles and Packer's files lie."""

from __future__ import annotations

from functools import cache
from pathlib import Path

_PACKAGE = Path(__file__).resolve().parent.parent


@cache
def asset(name: str) -> Path:
    """The path of `templates/…`, `profiles/…` or `packer/…`: in the wheel, else in the checkout."""
    installed = _PACKAGE / "_assets" / name
    return installed if installed.exists() else _PACKAGE.parent / name


@cache
def asset_bytes(name: str) -> bytes:
    """What stands in it, read once in a process."""
    return asset(name).read_bytes()
