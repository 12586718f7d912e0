"""What makes the node one of its own: its machine-id, and a clock that can be right."""

from __future__ import annotations

import re

from ..digest import sha256
from ..model import BAKE, TABLE, CannotTell, Outcome, ok, red, warning
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

MACHINE_ID, DBUS_ID = "/etc/machine-id", "/var/lib/dbus/machine-id"
# the seal writes it: a line `machine-id SHA256` of the build guest's own, and `sealed SECONDS`
BUILD = "/usr/lib/imagegen/build-identity"
VALID = re.compile(rb"[0-9a-f]{32}")
UNINITIALIZED = b"uninitialized"
NEEDED = ("Write `uninitialized` into it, and build the image anew: systemd needs the file when / "
          "is "
          "mounted read-only.")
ANEW = ("Run `rm -f /etc/machine-id /var/lib/dbus/machine-id && systemd-machine-id-setup`, "
        "reboot, and "
        "build the image anew: each of its nodes has this id.")


def machine_id(expect: dict[str, Any], node: Node) -> Outcome:
    """A booted node has an id that the build had not; a sealed image has none yet."""
    if node.level == BAKE:
        return _of_build(node) if node.host.live else _sealed(node)
    wanted = "a machine-id of the node's own"
    own = (node.read(MACHINE_ID) or b"").strip()
    if not VALID.fullmatch(own) or own == b"0" * 32:
        return red(wanted, f"{MACHINE_ID} holds {_shown(own)}", "Run `systemd-machine-id-setup`, "
                                                        "and "
                   "reboot: DHCP, the journal and the network plugin go by it.")
    if _told(node).get("machine-id") == sha256(own).hexdigest():
        return red(wanted, "it is the id that the build had", ANEW)
    return _bus(node, own, wanted) or ok(wanted, own.decode())


def _bus(node: Node, own: bytes, wanted: str) -> Outcome | None:
    """D-Bus keeps the id as well: a link to the file, or a copy."""
    other = node.read(DBUS_ID)
    if other is None or other.strip() == own:
        return None
    return red(wanted, f"{DBUS_ID} holds {_shown(other.strip())}, not the node's own",
               f"Run `ln -sf {MACHINE_ID} {DBUS_ID}`, reboot, and build the image anew: its nodes "
               "may all have this id.")


def _of_build(node: Node) -> Outcome:
    wanted = f"{MACHINE_ID} is there for the seal to empty"
    if not node.exists(MACHINE_ID):
        return red(wanted, "it is not there", NEEDED)
    return ok(wanted, "it is")


def _sealed(node: Node) -> Outcome:
    """Empty or `uninitialized`, and D-Bus has no other (machine-id(5), First Boot Semantics)."""
    wanted = "no machine-id in a sealed image"
    own = node.read(MACHINE_ID)
    if own is None:
        return red(wanted, f"{MACHINE_ID} is not there", NEEDED)
    if own.strip() not in (b"", UNINITIALIZED):
        return red(wanted, f"{MACHINE_ID} holds {_shown(own.strip())}", "Write `uninitialized` "
                   "into it: every node of the image would have this id.")
    other = node.read(DBUS_ID)
    if other is not None and other.strip() not in (b"", UNINITIALIZED):
        return red(wanted, f"{DBUS_ID} holds {_shown(other.strip())}", f"Remove {DBUS_ID}: D-Bus "
                   "and DHCP clients of every node would go by it.")
    return ok(wanted, "uninitialized" if own.strip() else "empty")


def clock(expect: dict[str, Any], node: Node) -> Outcome:
    """Not before the image was sealed; and, where the profile names servers, set by them."""
    wanted = "a clock that can be right"
    now, sealed = node.host.now(), _sealed_at(node)
    if now < sealed:
        return red(wanted, f"{_days(sealed - now)} before the image was sealed", "Set the clock "
                   "(`timedatectl set-time`), and look after the machine's own: certificates are "
                   "not valid yet for this node.")
    if not expect["synchronised"] or node.level != TABLE:
        return ok(wanted, f"{_days(now - sealed)} after the image was sealed" if sealed else
                  "nothing tells when the image was sealed")
    if node.host.synchronised():
        return ok(wanted, "set by a time server")
    return warning(wanted, "no time server has set it yet", "Look with `timedatectl "
                   "timesync-status` or `chronyc sources` which servers answer.")


def _sealed_at(node: Node) -> int:
    """Seconds since 1970; 0 where no build has left a note, as on a stock image's first boot."""
    text = _told(node).get("sealed", "0")
    if not text.isdigit():
        raise CannotTell(f"{BUILD} tells no time: {text[:40]!r}")
    return int(text)


def _told(node: Node) -> dict[str, str]:
    rows = (node.read(BUILD) or b"").decode("ascii", "replace").splitlines()
    return dict(row.partition(" ")[::2] for row in rows)


def _days(seconds: float) -> str:
    if seconds >= 86400:
        return f"{seconds / 86400:.1f} days"
    return counted(round(seconds / 60), "minute")


def _shown(text: bytes) -> str:
    return repr(text[:40].decode("ascii", "replace")) if text else "nothing"
