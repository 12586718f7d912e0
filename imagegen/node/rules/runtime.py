"""The container runtime: its socket, and that systemd owns the cgroups."""

from __future__ import annotations

import re

from ..model import Outcome, not_yet, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SYSTEMD = re.compile(r"^\s*SystemdCgroup = true$", re.M)


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """What containerd makes of its files, as it says itself."""
    socket = expect["socket"]
    wanted = f"containerd at {socket}, with systemd's cgroups"
    if not node.exists(socket):
        return not_yet(wanted, f"{socket} is not there", "`systemctl start containerd`")
    code, text = node.host.output(["containerd", "config", "dump"], timeout=60)
    said = text.decode("utf-8", "replace")
    if code != 0:
        return red(wanted, f"`containerd config dump` fails: {said.strip()[-160:]}",
                   "Mend /etc/containerd/config.toml.")
    if not SYSTEMD.search(said):
        return red(wanted, "its SystemdCgroup is false",
                   "Say SystemdCgroup = true in /etc/containerd/config.toml.")
    return ok(wanted, "they agree")
