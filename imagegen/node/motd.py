"""What a login to a red node shows first, and nothing on a green one."""

from __future__ import annotations

import json
import os

from .model import ERROR, RED, UNKNOWN
from .outputs import MOTD, write_atomic
from .text import Look, coloured, printable, sorted_findings

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

EXPECTATIONS = "/usr/lib/imagegen/expectations.json"
SHOWN = 3  # findings
WIDTH = 200  # characters of what a finding saw


def tell(root: str, verdict: dict[str, Any] | None) -> None:
    """Write the file, or take it away where the node is green or its profile wants none.

    None: there is no verdict. Raises OSError.
    """
    if verdict is not None and verdict["verdict"] == "green":
        if os.path.lexists(root + MOTD):
            os.unlink(root + MOTD)
    elif _wanted(root):
        write_atomic(root + MOTD, text(root, verdict).encode("utf-8", "replace"))


def _wanted(root: str) -> bool:
    """As the profile says; where the expectations are broken somebody had better hear of it."""
    try:
        with open(root + EXPECTATIONS, "rb") as file:
            return bool(json.loads(file.read())["motd"])
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return True


def text(root: str, verdict: dict[str, Any] | None) -> str:
    """A head, the first findings, how to read the rest, and what became of the kubelet."""
    lines = [coloured(_head(verdict), Look(True), RED), *_findings(verdict),
             "All of it: `ipvs-check show`. After mending: `systemctl restart imagegen-check`.",
             *_gate(root)]
    return "\n".join(lines) + "\n"


def _head(verdict: dict[str, Any] | None) -> str:
    if verdict is None:
        return "imagegen: nobody knows whether this node is well: it has no verdict"
    return (f"imagegen: this node is RED (level {verdict['level']}, profile "
            f"{printable(verdict['profile'])})")


def _findings(verdict: dict[str, Any] | None) -> list[str]:
    bad = [] if verdict is None else [
        one for one in sorted_findings(verdict)
        if one["result"] in (RED, UNKNOWN) and one["severity"] == ERROR]
    lines = [f"  {printable(one['id'])}: {_short(one['saw'])}" for one in bad[:SHOWN]]
    return lines + ([f"  and {len(bad) - SHOWN} more"] if len(bad) > SHOWN else [])


def _short(saw: str) -> str:
    plain = printable(saw)
    return plain if len(plain) <= WIDTH else f"{plain[:WIDTH]}…"


def _gate(root: str) -> list[str]:
    from .gate import HELD, WAY_OUT, state

    word, sentence = state(root)
    if not word:
        return []
    more = f" To start it all the same: {WAY_OUT}." if word == HELD else ""
    return [f"{printable(sentence[:1].upper() + sentence[1:])}.{more}"]
