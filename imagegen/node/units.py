"""systemd units: one question for all of them; by their links where systemd does not run."""

from __future__ import annotations

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

PROPERTIES = ("Id", "LoadState", "ActiveState", "SubState", "UnitFileState", "Result", "Job",
              "NRestarts", "ActiveEnterTimestampMonotonic", "ConditionResult", "NeedDaemonReload",
              "MainPID", "InactiveExitTimestampMonotonic", "ExecMainStartTimestampMonotonic")
FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
           "/usr/lib/systemd/system", "/lib/systemd/system")


class Unit:
    """What systemd says of a unit; empty texts where it says nothing."""

    __slots__ = ("active", "began", "condition", "enabled", "job", "load", "main", "ran",
                 "restarts", "result", "since", "stale", "sub")

    def __init__(self, said: dict[str, str]) -> None:
        self.load, self.active = said.get("LoadState", ""), said.get("ActiveState", "")
        self.sub, self.enabled = said.get("SubState", ""), said.get("UnitFileState", "")
        self.result, self.job = said.get("Result", ""), said.get("Job", "") not in ("", "0")
        self.condition = said.get("ConditionResult", "") != "no"
        self.restarts = _number(said.get("NRestarts"))
        self.main = _number(said.get("MainPID"))
        self.stale = said.get("NeedDaemonReload", "") == "yes"
        # microseconds of this boot's clock: an earlier boot leaves 0 here
        self.since = _number(said.get("ActiveEnterTimestampMonotonic")) / 1e6
        self.began = _number(said.get("InactiveExitTimestampMonotonic")) / 1e6
        # of its program, which a restart starts anew
        self.ran = _number(said.get("ExecMainStartTimestampMonotonic")) / 1e6


def _number(text: str | None) -> int:
    return int(text) if text and text.isdigit() else 0


def all_units(node: Node) -> dict[str, Unit]:
    """Every unit that a fact names, and kube-proxy's. Raises CannotTell."""
    facts = node.expectations.facts
    named = [str(fact.expect.get("name")) for fact in facts if fact.rule == "unit"]
    named += [unit for fact in facts for unit in fact.expect.get("units") or ()]
    names = sorted({*named, node.expectations.kube_proxy.unit} - {""})
    if not (node.host.live and node.exists("/run/systemd/system")):
        return {name: _by_links(node, name) for name in names}
    return asked(node, names)


def asked(node: Node, names: list[str]) -> dict[str, Unit]:
    """What systemd says of the units; who may not ask it asks `systemctl`. Raises CannotTell."""
    said = node.host.units_shown(names) or _by_program(node, names)
    return {name: Unit(properties) for name, properties in zip(names, said)}


def _by_program(node: Node, names: list[str]) -> list[dict[str, str]]:
    code, text = node.host.output(["systemctl", "show", "--property", ",".join(PROPERTIES), "--",
                                   *names])
    said = [_properties(part) for part in text.decode("utf-8", "replace").strip().split("\n\n")]
    if code != 0 or len(said) != len(names):
        first = text.decode("utf-8", "replace").strip().split("\n")[0]
        raise CannotTell(f"systemctl show failed (exit {code}): {first}")
    return said


def _properties(text: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in text.splitlines())


def _by_links(node: Node, name: str) -> Unit:
    """Loaded, enabled or masked as `systemctl enable` and `mask` leave it on the disk."""
    found = next((folder for folder in FOLDERS if node.exists(f"{folder}/{name}")), None)
    if found is None:
        return Unit({"LoadState": "not-found"})
    if node.link(f"{found}/{name}") == "/dev/null":
        return Unit({"LoadState": "masked", "UnitFileState": "masked"})
    wanted = any(
        node.exists(f"{folder}/{entry}/{name}")
        for folder in FOLDERS[:2]
        for entry in node.names(folder)
        if entry.endswith((".wants", ".requires"))
    )
    return Unit({"LoadState": "loaded", "UnitFileState": "enabled" if wanted else "disabled"})
