"""A certificate authority: in the bundle that the node's programs read."""

from __future__ import annotations

from ..model import Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """The certificate's own base64 stands in the bundle, however its lines are broken."""
    path, bundle = expect["path"], expect["bundle"]
    wanted = f"{path} is in {bundle}"
    own, all_of_them = node.read(path), node.read(bundle)
    if own is None or all_of_them is None:
        return red(wanted, f"{path if own is None else bundle} is not there",
                   "Run `update-ca-certificates`.")
    if _bare(own) not in _bare(all_of_them):
        return red(wanted, "the bundle does not hold it", "Run `update-ca-certificates`.")
    return ok(wanted, "it is")


def _bare(text: bytes) -> bytes:
    return b"".join(text.split())
