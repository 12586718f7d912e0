"""The container runtime: its socket, and that systemd owns the cgroups."""

from __future__ import annotations

import re

from ..model import Outcome, not_yet, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

SYSTEMD = re.compile(r"^\s*SystemdCgroup = (true|false)$", re.M)
CONFIG = "/etc/containerd/config.toml"


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """What containerd makes of its files, as it says itself."""
    socket = expect["socket"]
    wanted = f"containerd at {socket}, with systemd's cgroups"
    if not node.exists(socket):
        return not_yet(wanted, f"{socket} is not there", "Run `systemctl start containerd`.")
    code, text = node.host.output(["containerd", "config", "dump"], timeout=60)
    said = _text(text)
    if code != 0:
        return red(wanted, f"`containerd config dump` fails: {said.strip()[-160:]}",
                   f"Mend {CONFIG}.")
    # up to 1.4 it leaves out what stands under runc's options: then its file alone can tell
    told = SYSTEMD.findall(said) or SYSTEMD.findall(_text(node.read(CONFIG) or b""))
    if "true" not in told:
        return red(wanted, "its SystemdCgroup is false", f"Say SystemdCgroup = true in {CONFIG}.")
    return ok(wanted, "they agree")


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
