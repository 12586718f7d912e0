"""A kube-proxy that is behind its cluster, by its own metrics."""

from __future__ import annotations

from collections.abc import Callable

from tests.node.fake import FakeNode


class Busy:
    """A kube-proxy that never gets to the end of what is asked of it: a sync every ten seconds."""

    def __init__(self, node: FakeNode, one_for_both: bool = False) -> None:
        self.node, self.one_for_both = node, one_for_both
        self.rounds = 0
        self.done: Callable[[], None] = lambda: None
        self.tell()
        node.host.on_sleep = self.tell

    def tell(self) -> None:
        now = self.node.host.clock
        if now // 10 > self.rounds:
            self.rounds = int(now // 10)
            self.done()
        told = {"duration_seconds_count": self.rounds * (2 if self.one_for_both else 1),
                "last_queued_timestamp_seconds": 1.7e9 + now,
                "last_timestamp_seconds": 1.7e9 + 10 * self.rounds}
        labels = [""] if self.one_for_both else ['{ip_family="IPv4"}', '{ip_family="IPv6"}']
        self.node.host.pages["/metrics"] = (200, "".join(
            f"kubeproxy_sync_proxy_rules_{name}{label} {value}\n"
            for name, value in told.items() for label in labels))
