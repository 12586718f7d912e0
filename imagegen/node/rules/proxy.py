"""kube-proxy's own word: its mode, and that it has synced at least once."""

from __future__ import annotations

from ..metrics import SYNCED, labelled, series
from ..model import CannotTell, Outcome, not_yet, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node


def mode(expect: dict[str, Any], node: Node) -> Outcome:
    """What /proxyMode answers."""
    wanted = expect["mode"]
    try:
        status, body = node.host.http(node.expectations.kube_proxy.metrics, "/proxyMode")
    except CannotTell as silence:
        return not_yet(wanted, f"no answer from kube-proxy: {silence}")
    said = body.decode("utf-8", "replace").strip()[:60]
    if status != 200:
        return not_yet(wanted, f"/proxyMode answers {status}")
    if said == wanted:
        return ok(wanted, said)
    return red(wanted, f"kube-proxy runs in {said or 'no'} mode", _where(node, wanted))


def _where(node: Node, wanted: str) -> str:
    kube_proxy = node.expectations.kube_proxy
    if kube_proxy.config:
        return (f"Set `mode: {wanted}` in {kube_proxy.config}: with --config a --proxy-mode flag "
                "has no effect.")
    if kube_proxy.unit:
        return f"Set --proxy-mode={wanted} in {kube_proxy.unit}."
    if kube_proxy.run_by == "kubeadm":
        return (f"Set `mode: {wanted}` in the ConfigMap kube-proxy of kube-system, then delete "
                "this node's kube-proxy pod.")
    return f"Set `mode: {wanted}` where kube-proxy gets its configuration."


def sync(expect: dict[str, Any], node: Node) -> Outcome:
    """The time of the last sync, as /metrics has it; 10256's /healthz answers before any sync."""
    wanted, families = "kube-proxy has written its rules", sorted(expect.get("families") or ())
    try:
        status, body = node.host.http(node.expectations.kube_proxy.metrics, "/metrics", SYNCED)
    except CannotTell as silence:
        return not_yet(wanted, f"no answer from kube-proxy: {silence}")
    times = series(body, SYNCED)
    if status != 200 or not times:
        return not_yet(wanted, f"/metrics ({status}) does not tell of a sync yet")
    if min(times.values()) <= 0:
        return not_yet(wanted, "not one sync yet")
    silent = [family for family in families if labelled(family) not in times]
    if silent:
        return not_yet(wanted, f"no sync of {' or '.join(silent)}",
                       "Read `journalctl -u kube-proxy`: it says which families it serves.")
    return ok(wanted, f"the last sync ended at {min(times.values()):.0f} (Unix time)")
