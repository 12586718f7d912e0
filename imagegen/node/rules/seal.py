"""Proof of the seal: what only the build needed is gone from the booted node."""

from __future__ import annotations

from ..model import Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

BOOKS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid")


def absent(expect: dict[str, Any], node: Node) -> Outcome:
    """None of the paths is there; a `*` in the last part stands for any text."""
    there = [found for path in expect["paths"] for found in _found(node, path)]
    if there:
        return red("gone", f"still there: {', '.join(there[:5])}",
                   "The image was not sealed: build it again.")
    return ok("gone", "gone")


def account_absent(expect: dict[str, Any], node: Node) -> Outcome:
    """The account of the build: no line in the books, no home."""
    user = expect["user"]
    start = user.encode() + b":"
    there = [book for book in BOOKS
             if any(line.startswith(start) for line in (node.read(book) or b"").splitlines())]
    there += [home for home in (f"/home/{user}",) if node.exists(home)]
    if there:
        return red(f"no account {user}", f"still in {', '.join(there)}",
                   "The image was not sealed: build it again.")
    return ok(f"no account {user}", "none")


def _found(node: Node, path: str) -> list[str]:
    folder, _, name = path.rpartition("/")
    if "*" not in name:
        return [path] if node.exists(path) else []
    from fnmatch import fnmatchcase

    return [f"{folder}/{entry}" for entry in node.names(folder) if fnmatchcase(entry, name)]
