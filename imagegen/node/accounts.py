"""The node's own books of accounts and groups."""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

PASSWD, GROUP, SHADOW = "/etc/passwd", "/etc/group", "/etc/shadow"


def entry(node: Node, book: str, name: str) -> list[str] | None:
    """The fields of a name's line; None where it has none."""
    for line in (node.read(book) or b"").decode("utf-8", "replace").splitlines():
        fields = line.split(":")
        if fields[0] == name and len(fields) > 2:
            return fields
    return None


def number(node: Node, book: str, name: str) -> int | None:
    """An account's or a group's number; None where there is none."""
    fields = entry(node, book, name)
    return int(fields[2]) if fields and fields[2].isdigit() else None
