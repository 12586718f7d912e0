"""A set of kube-proxy's, of the family that its name says."""

from __future__ import annotations

from ..model import Outcome, not_yet, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """It is there, and holds addresses of this family."""
    name, family = expect["name"], expect["family"]
    wanted = f"the ipset {name} of {family}"
    found = node.host.set_family(name)
    if found is None:
        return not_yet(wanted, f"there is no ipset {name}",
                       f"Read `journalctl -u kube-proxy`: it says why it leaves {family} out.")
    if found != family:
        return red(wanted, f"{name} is of {found}",
                   f"`ipset destroy {name}`, and restart kube-proxy: it makes its own.")
    return ok(wanted, "there")
