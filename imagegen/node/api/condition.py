"""The verdict as a condition of the Node and, where it changes, as an Event.

What goes wrong here is said and changes no verdict. API conventions: conditions keep the time of
their last transition, and a Node's are merged by their type: kubernetes core/v1 NodeCondition. The
Event is core/v1's, as the kubelet's are: an API server 1.20 refuses events.k8s.io/v1 about a Node.
"""

from __future__ import annotations

import time

from ..model import ERROR, RED, UNKNOWN, CannotTell
from ..verdict import GREEN
from ..words import counted
from .client import Client

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Condition = dict[str, str]

TYPE = "IPVSReady"
REASONS = {"True": "IPVSHealthy", "False": "IPVSUnhealthy", "Unknown": "IPVSUnknown"}
MERGE = "application/strategic-merge-patch+json"
COMPONENT = "ipvs-check"
LIMIT = 1024  # bytes of a message: what kubectl describe shows of it, and an Event may hold
SHOWN = 3
REMEDY = ("apply the tree's cluster/condition-rbac.yaml for the user of the check's "
          "kubeconfig")


def tell(found: dict[str, Any], client: Client, name: str, now: float,
         say: Callable[[str], None]) -> None:
    """Say both, as far as they are allowed; `now` in Unix seconds. Raises CannotTell."""
    before = _before(client.get(f"/api/v1/nodes/{name}"))
    made = condition(found, before, now)
    client.send("PATCH", f"/api/v1/nodes/{name}/status", {"status": {"conditions": [made]}}, MERGE)
    say(f"the Node {name} has the condition {TYPE} {made['status']}")
    if made["status"] != before.get("status"):
        try:
            client.send("POST", "/api/v1/namespaces/default/events", event(made, name, now))
        except CannotTell as reason:
            say(f"no Event tells of its change: {reason}{_remedy(reason)}")


def condition(found: dict[str, Any], before: Condition, now: float) -> Condition:
    """A verdict as a Node's condition, after the one that was."""
    status = _status(found)
    same = before.get("status") == status and before.get("lastTransitionTime")
    return {"type": TYPE, "status": status, "reason": REASONS[status],
            "message": _message(found, status), "lastHeartbeatTime": _moment(now),
            "lastTransitionTime": before["lastTransitionTime"] if same else _moment(now)}


def event(made: Condition, name: str, now: float) -> dict[str, Any]:
    """The change of a condition as an Event about the Node; kubelet's, too, have its name as UID.
    """
    return {
        "apiVersion": "v1", "kind": "Event",
        "metadata": {"name": f"{name[:200]}.{int(now * 1e9):x}", "namespace": "default"},
        "firstTimestamp": _moment(now), "lastTimestamp": _moment(now), "count": 1,
        "source": {"component": COMPONENT, "host": name},
        "reason": made["reason"], "message": made["message"],
        "type": "Normal" if made["status"] == "True" else "Warning",
        "involvedObject": {"apiVersion": "v1", "kind": "Node", "name": name, "uid": name},
    }


def _before(node: dict[str, Any]) -> Condition:
    status = node.get("status")
    listed = status.get("conditions") if isinstance(status, dict) else None
    for one in listed if isinstance(listed, list) else ():
        if isinstance(one, dict) and one.get("type") == TYPE:
            return one
    return {}


def _status(found: dict[str, Any]) -> str:
    """Unknown where nothing that decides is red, and something could not be told."""
    if found["verdict"] == GREEN:
        return "True"
    grave = {one["result"] for one in found["findings"] if one["severity"] == ERROR}
    return "Unknown" if UNKNOWN in grave and RED not in grave else "False"


def _message(found: dict[str, Any], status: str) -> str:
    """The first findings that decide, cut to what an Event's note may hold."""
    if status == "True":
        hold = counted(found["counts"]["ok"], "fact holds", "facts hold")
        return f"level {found['level']}: {hold}"
    wanted = RED if status == "False" else UNKNOWN
    bad = [one for one in found["findings"]
           if one["result"] == wanted and one["severity"] == ERROR]
    shown = "; ".join(f"{one['id']}: {one['saw']}" for one in bad[:SHOWN])
    more = f" (and {len(bad) - SHOWN} more)" if len(bad) > SHOWN else ""
    text = "".join(char if char.isprintable() else " " for char in shown).encode()
    room = LIMIT - len(more) - 4
    cut = text if len(text) <= room else text[:room] + " …".encode()
    return (cut.decode("utf-8", "ignore") or "not healthy") + more


def _moment(now: float) -> str:
    """RFC 3339, in UTC."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))


def _remedy(reason: CannotTell) -> str:
    return f"; {REMEDY}" if "gives 403" in str(reason) else ""


def announce(found: dict[str, Any], opened: Callable[[], Client], name: str,
             say: Callable[[str], None]) -> None:
    """`tell`, whose trouble is a line in the journal."""
    try:
        client = opened()
        try:
            tell(found, client, name, time.time(), say)
        finally:
            client.close()
    except CannotTell as reason:
        say(f"the Node's condition {TYPE} could not be set: {reason}{_remedy(reason)}")
    except Exception as error:
        say(f"the Node's condition {TYPE} could not be set: {type(error).__name__}: {error}")
