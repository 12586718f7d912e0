"""Looking at API server and table so that a change in between is no false alarm."""

from __future__ import annotations

from ..metrics import syncs
from ..model import CannotTell
from .client import Client
from .compare import Difference, Whose, differences
from .kubeconfig import Refused, access
from .wanted import Here, wanted_table

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..metrics import Sync
    from ..state import Node
    from .wanted import Key

# what is wrong must still be so, and its objects the same, after each of these seconds
AGAIN = (2.0, 5.0)
# a kube-proxy that is behind its cluster gets so many syncs more, and so many seconds for them
ROUNDS, PATIENCE, STEP = 2, 60.0, 2.0
NODE_ENV = ("/etc/imagegen/node.env", "/usr/lib/imagegen/node.env")


class Seen:
    """How many Services and virtual servers there should be, and what differs."""

    __slots__ = ("differences", "services", "virtual")

    def __init__(self, services: int, virtual: int, found: list[Difference]) -> None:
        self.services, self.virtual, self.differences = services, virtual, found


def looked(expect: dict[str, Any], node: Node) -> Seen | CannotTell:
    """What differs and stays so; trouble as a value, so that several rules share one try."""
    try:
        seen = _once(expect, node)
        before = syncs(node, expect["families"]) if seen.differences else []
        for pause in AGAIN:
            _again(seen, expect, node, pause)
        if seen.differences and _has_caught_up(before, expect, node):
            _again(seen, expect, node, 0)
    except CannotTell as reason:
        return reason
    return seen


def _again(seen: Seen, expect: dict[str, Any], node: Node, pause: float) -> None:
    """Look once more, and keep of the differences what is still the same."""
    if seen.differences:
        node.host.sleep(pause)
        now = {one.same: one for one in _once(expect, node).differences}
        seen.differences = [now[one.same] for one in seen.differences if one.same in now]


def _has_caught_up(before: list[Sync], expect: dict[str, Any], node: Node) -> bool:
    """Whether kube-proxy had something to do since `before`; then it has had time to do it."""
    first = last = syncs(node, expect["families"])
    if len(first) != len(before) or _done(first, before, first):
        return False
    until = node.host.monotonic() + PATIENCE
    while node.host.monotonic() < until:
        node.host.sleep(STEP)
        previous, last = last, syncs(node, expect["families"])
        if len(last) != len(first) or _done(last, previous, first):
            break
    return True


def _done(last: list[Sync], previous: list[Sync], first: list[Sync]) -> bool:
    """Whether each family is idle, or has done all that it had been asked for at `first`.

    The first sync that ends may have begun before the change came, so that the second counts.
    """
    return all(latest.idle_since(before) or latest.rounds >= start.rounds + ROUNDS
               for latest, before, start in zip(last, previous, first))


def _once(expect: dict[str, Any], node: Node) -> Seen:
    """The table, the API server, and where they differ the table again."""
    before = node.table()
    cluster = node.host.cluster(lambda: opened(expect["kubeconfig"], expect["timeout"], node),
                                node_name(node))
    whose = _whose(expect, node)
    here = Here(node.expectations.kube_proxy.version, tuple(expect["families"]), whose.local,
                tuple(expect.get("nodePortAddresses") or ()))
    wanted = wanted_table(cluster, here)
    kept: list[dict[Key, int]] = []

    def seconds() -> dict[Key, int]:
        kept[:] = kept or [node.host.affinities()]
        return kept[0]

    found = differences(before, wanted, whose, seconds)
    if found:
        kept.clear()
        after = {one.same for one in differences(node.table_again(), wanted, whose, seconds)}
        found = [one for one in found if one.same in after]
    needed = sum(one.needed for one in wanted.values())
    return Seen(len(cluster.services), needed, found)


def opened(path: str, seconds: float, node: Node) -> Client:
    """A client with a kubeconfig's credentials. Raises CannotTell."""
    data = node.read(path)
    if data is None:
        raise CannotTell(f"{path} is not there")
    return Client(access(data, path, node.read), seconds)


def node_name(node: Node) -> str:
    """The node's name in its cluster: its seed's, else the host's."""
    for path in NODE_ENV:
        for line in (node.read(path) or b"").decode("utf-8", "replace").splitlines():
            if line.startswith("NODE_NAME=") and line[10:].strip("\"' "):
                return line[10:].strip("\"' ")
    return (node.read("/proc/sys/kernel/hostname") or b"").decode().strip().lower()


def _whose(expect: dict[str, Any], node: Node) -> Whose:
    index = node.interface("kube-ipvs0")
    entries = node.addresses()
    return Whose(expect["ranges"], expect.get("excluded") or [], expect["nodePorts"],
                 {one[2] for one in entries if one[0] == index},
                 {one[2] for one in entries if one[0] != index})


__all__ = ["Refused", "Seen", "looked", "node_name", "opened"]
