"""What differs from what it should be, and stays so: kube-proxy needs its time for each change."""

from __future__ import annotations

from .metrics import syncs

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import TypeVar

    from .metrics import Sync
    from .state import Node

    K = TypeVar("K")
    V = TypeVar("V")

# what differs must still do so after each of these seconds
AGAIN = (2.0, 5.0)
# a kube-proxy that is behind its cluster gets so many syncs more, and so many seconds for them
ROUNDS, PATIENCE, STEP = 2, 60.0, 2.0


def lasting(find: Callable[[], dict[K, V]], node: Node, families: list[str]) -> dict[K, V]:
    """Of all that `find` finds now what it finds at each later look, too, as the last one saw it.

    A look or two more within seven seconds where kube-proxy is idle; where it is behind, one after
    it has done what these families had to do. Raises what `find` raises.
    """
    found = find()
    before = syncs(node, families) if found else []
    for pause in AGAIN:
        found = _again(found, find, node, pause)
    if found and _has_caught_up(before, node, families):
        found = _again(found, find, node, 0)
    return found


def _again(found: dict[K, V], find: Callable[[], dict[K, V]], node: Node,
           pause: float) -> dict[K, V]:
    if not found:
        return found
    node.host.sleep(pause)
    return {key: value for key, value in find().items() if key in found}


def _has_caught_up(before: list[Sync], node: Node, families: list[str]) -> bool:
    """Whether kube-proxy had something to do since `before`; then it has had time to do it."""
    first = last = syncs(node, families)
    if len(first) != len(before) or _done(first, before, first):
        return False
    until = node.host.monotonic() + PATIENCE
    while node.host.monotonic() < until:
        node.host.sleep(STEP)
        previous, last = last, syncs(node, families)
        if len(last) != len(first) or _done(last, previous, first):
            break
    return True


def _done(last: list[Sync], previous: list[Sync], first: list[Sync]) -> bool:
    """Whether each family is idle, or has done all that it had been asked for at `first`.

    The first sync that ends may have begun before the change came, so that the second counts.
    """
    return all(latest.idle_since(before) or latest.rounds >= start.rounds + ROUNDS
               for latest, before, start in zip(last, previous, first))
