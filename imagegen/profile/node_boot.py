"""How the node boots: the kernel's command line, swap, the root file system."""

from __future__ import annotations

from enum import StrEnum
from typing import Annotated

from imagegen.profile.fields import Kind, Text, matching

# No blank, quote, `$` or backslash: it goes through a shell and GRUB's own script.
KernelArgument = Annotated[Text, matching(
    r"^[A-Za-z][A-Za-z0-9_.-]*(=[A-Za-z0-9_.,:/@+=%-]*)?$", "transparent_hugepage=never", 255,
    rule="kernel-argument-form"), Kind("an argument of the kernel's", "kernel arguments")]


class Swap(StrEnum):
    """Whether the node may swap: a kubelet refuses to start where it does."""

    OFF = "off"
    LEAVE = "leave"


class Root(StrEnum):
    """Whether the node's root file system is written to, or only a layer in memory above it."""

    WRITABLE = "writable"
    OVERLAY = "overlay"
