"""A systemd unit: active, running, enabled, disabled or masked."""

from __future__ import annotations

from ..model import KERNEL, TABLE, Outcome, not_yet, ok, red
from ..units import Unit

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

UP = (("active", TABLE), ("running", TABLE), ("running", KERNEL))


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """`active` needs a cluster, and `running` a boot; before that either is enabled."""
    name, wanted = expect["name"], expect["state"]
    unit = node.units()[name]
    if (wanted, node.level) in UP:
        return _active(name, unit)
    return _enabled(name, unit, "enabled" if wanted in ("active", "running") else wanted)


def _active(name: str, unit: Unit) -> Outcome:
    if unit.active == "active" and unit.since > 0:
        often = f", {unit.restarts} restarts" if unit.restarts else ""
        return ok("active since this boot", f"active {unit.since:.1f} s after boot{often}")
    if hopeless(name, unit):
        return red("active since this boot", hopeless(name, unit),
                   f"`journalctl -b -u {name}` says why.")
    return not_yet("active since this boot", f"{unit.active} ({unit.sub})",
                   f"`journalctl -b -u {name}` says why.")


def hopeless(name: str, unit: Unit) -> str:
    """A sentence where nothing is going to start a unit by itself, else empty."""
    if unit.load in ("not-found", "masked", "bad-setting", "error"):
        return f"{name} is {unit.load}"
    if unit.active == "failed":
        return f"{name} has failed ({unit.result})"
    if unit.active == "inactive" and not unit.job:
        why = "a condition of its unit does not hold" if not unit.condition else "nothing starts it"
        return f"{name} is inactive ({unit.enabled or 'unknown'}), and {why}"
    return ""


def _enabled(name: str, unit: Unit, wanted: str) -> Outcome:
    if unit.enabled == wanted:
        return ok(wanted, unit.enabled)
    verb = {"enabled": "enable", "masked": "mask"}.get(wanted, wanted)
    return red(wanted, unit.enabled or unit.load, f"`systemctl {verb} {name}`")
