"""apt's sources: the profile's, and no others."""

from __future__ import annotations

from ..model import Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

FOLDER = "/etc/apt/sources.list.d"
OLD = "/etc/apt/sources.list"


def sources(expect: dict[str, Any], node: Node) -> Outcome:
    """apt reads *.list and *.sources of one folder, and the old file beside it."""
    path = expect["path"]
    wanted = f"apt's only sources are {path}"
    if not node.exists(path):
        return red(wanted, f"{path} is not there", f"Restore {path}.")
    others = [f"{FOLDER}/{name}" for name in node.names(FOLDER)
              if name.endswith((".list", ".sources")) and f"{FOLDER}/{name}" != path]
    others += [OLD] if _says_something(node.read(OLD)) else []
    if others:
        return red(wanted, f"there are others: {', '.join(others)}", f"Remove {others[0]}.")
    return ok(wanted, "they are")


def _says_something(text: bytes | None) -> bool:
    return any(line.strip() and not line.strip().startswith(b"#")
               for line in (text or b"").splitlines())
