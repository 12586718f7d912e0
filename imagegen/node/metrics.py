"""What kube-proxy's /metrics says of its syncs. kubernetes pkg/proxy/metrics/metrics.go.

One series a metric up to 1.32, one a family after that; 1.20 has all three.
"""

from __future__ import annotations

from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from .state import Node

# in the order in which /metrics has them: the last is where reading may stop
COUNTED = b"kubeproxy_sync_proxy_rules_duration_seconds_count"
QUEUED = b"kubeproxy_sync_proxy_rules_last_queued_timestamp_seconds"
SYNCED = b"kubeproxy_sync_proxy_rules_last_timestamp_seconds"


class Syncs:
    """How many syncs have ended in each family, and when (Unix time) one was last asked for and
    last ended."""

    __slots__ = ("ended", "queued", "rounds")

    def __init__(self, rounds: float, queued: float, ended: float) -> None:
        self.rounds, self.queued, self.ended = rounds, queued, ended

    def idle_since(self, before: Syncs) -> bool:
        """Whether nothing was asked for in between, and all that was is done."""
        return before.queued == self.queued <= self.ended


def syncs(node: Node, families: int) -> Syncs | None:
    """None where kube-proxy does not tell; `families` share a series, or have their own."""
    try:
        status, body = node.host.http(node.expectations.kube_proxy.metrics, "/metrics", SYNCED)
    except CannotTell:
        return None
    counted, queued, ended = (values(body, name) for name in (COUNTED, QUEUED, SYNCED))
    if status != 200 or not (counted and queued and ended):
        return None
    return Syncs(min(counted) / (families if len(counted) == 1 else 1), max(queued), min(ended))


def values(body: bytes, name: bytes) -> list[float]:
    """The numbers of a metric, in the order of its series."""
    found = []
    for line in body.splitlines():
        if line.startswith((name + b" ", name + b"{")):
            try:
                found.append(float(line.rpartition(b" ")[2]))
            except ValueError:
                continue
    return found
