"""A systemd unit: active, running, enabled, disabled or masked."""

from __future__ import annotations

from ..identity import uptime
from ..model import KERNEL, TABLE, CannotTell, Outcome, not_yet, ok, red, warning
from ..units import Unit
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# so often and so lately started that it will hardly stay
LOOP_RESTARTS, LOOP_SECONDS = 3, 30.0
UP = (("active", TABLE), ("running", TABLE), ("running", KERNEL))


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """`active` needs a cluster, and `running` a boot; before that either is enabled."""
    name, wanted = expect["name"], expect["state"]
    unit = node.units()[name]
    if (wanted, node.level) in UP:
        return _active(name, unit, node)
    return _enabled(name, unit, "enabled" if wanted in ("active", "running") else wanted)


def _active(name: str, unit: Unit, node: Node) -> Outcome:
    if unit.active == "active" and unit.since > 0:
        return _lasting(name, unit, uptime(node))
    if hopeless(name, unit):
        return red("active since this boot", hopeless(name, unit),
                   f"Read why in `journalctl -b -u {name}`.")
    return not_yet("active since this boot", f"{unit.active} ({unit.sub})",
                   f"Read why in `journalctl -b -u {name}`.")


def _lasting(name: str, unit: Unit, now: float) -> Outcome:
    """A unit that falls and is brought back again and again is active between two falls."""
    often = f", {counted(unit.restarts, 'restart')}" if unit.restarts else ""
    if unit.restarts >= LOOP_RESTARTS and now - unit.since < LOOP_SECONDS:
        return not_yet("active since this boot", f"restarted {counted(unit.restarts, 'time')}, the "
                       f"last time {now - unit.since:.0f} s ago",
                       f"Read why in `journalctl -b -u {name}`.")
    return ok("active since this boot", f"active {unit.since:.1f} s after boot{often}")


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
    return red(wanted, unit.enabled or unit.load, f"Run `systemctl {verb} {name}`.")


def order(expect: dict[str, Any], node: Node) -> Outcome:
    """In this boot each unit had ended its start before the next one began."""
    names = list(expect["units"])
    wanted = " before ".join(name.partition(".")[0] for name in names) or "no order"
    units = [(name, node.units()[name]) for name in names]
    failed = [name for name, unit in units if unit.active == "failed"]
    if failed:
        return warning(wanted, f"{failed[0]} has failed ({dict(units)[failed[0]].result})",
                       f"Read in `journalctl -b -u {failed[0]}` which line it failed over.")
    ran = [(name, unit) for name, unit in units if unit.began > 0]
    if not ran:
        raise CannotTell("systemd tells of none of the units that it ran in this boot")
    late = [f"{second} began {_started(other):.2f} s after boot, before {first} had ended "
            f"({unit.since:.2f} s)"
            for (first, unit), (second, other) in zip(ran, ran[1:])
            if unit.since > _started(other)]
    if late:
        return warning(wanted, late[0], "A key of sysctl.d is left out without a word while its "
                       "module is not loaded: order the units by After=, and reboot.")
    silent = [name for name, unit in units if unit.began <= 0]
    return ok(wanted, "; ".join(f"{name} {_started(unit):.1f} s" for name, unit in ran)
              + (f"; not in this boot: {', '.join(silent)}" if silent else ""))


def _started(unit: Unit) -> float:
    """When a unit began; for one that was started again, its program's last start."""
    return max(unit.began, unit.ran)
