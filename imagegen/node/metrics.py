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


class Sync:
    """A family's syncs: how many have ended, and when (Unix time) one was last asked for and ended.

    Where both families share a series, a round is one sync of each.
    """

    __slots__ = ("ended", "queued", "rounds")

    def __init__(self, rounds: float, queued: float, ended: float) -> None:
        self.rounds, self.queued, self.ended = rounds, queued, ended

    def idle_since(self, before: Sync) -> bool:
        """Whether nothing was asked for in between, and all that was is done."""
        return before.queued == self.queued <= self.ended


def syncs(node: Node, families: list[str]) -> list[Sync]:
    """Of each of these families, or of all together; empty where kube-proxy does not tell."""
    try:
        status, body = node.host.http(node.expectations.kube_proxy.metrics, "/metrics", SYNCED)
    except CannotTell:
        return []
    counted, queued, ended = (series(body, name) for name in (COUNTED, QUEUED, SYNCED))
    names = [labelled(family) for family in families] if b"" not in counted else [b""]
    if status != 200 or not all(name in each for name in names
                                for each in (counted, queued, ended)):
        return []
    # two proxiers write into one series, whichever families are asked for
    share = 2 if names == [b""] else 1
    return [Sync(counted[name] / share, queued[name], ended[name]) for name in names]


def labelled(family: str) -> bytes:
    """The labels of a family's series."""
    return b'{ip_family="' + family.encode() + b'"}'


def series(body: bytes, name: bytes) -> dict[bytes, float]:
    """A metric's numbers by their labels, which are empty where it has one number."""
    found = {}
    for line in body.splitlines():
        if line.startswith((name + b" ", name + b"{")):
            labels, _, number = line[len(name) :].rpartition(b" ")
            try:
                found[labels] = float(number)
            except ValueError:
                continue
    return found
