"""Two lanes of tests beside each other: one boots nodes, the other does the rest meanwhile.

A node is built and booted once a session, and each lane is a session of its own. Two nodes at once
would also slow each other down: a guest's lock holders are preempted by the other's processors. So
what boots nodes is a single group, which goes first, since it takes longest; every other file is a
group of its own. A lane takes the next group when it has ended its last; the full node has an image
of its own and goes last, to the lane that is free by then.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

NODES, LAST = "the nodes", "the full node"
FULL_NODE = ("tests/guests/test_full_node.py", "tests/guests/test_harness.py")
# beside tests/guests
OTHERS = ("tests/boot/test_clones.py",)


def group_of(nodeid: str) -> str:
    """The group of a test: NODES, LAST, or the path of its file."""
    path = nodeid.partition("::")[0]
    if path in FULL_NODE:
        return LAST
    return NODES if path.startswith("tests/guests/") or path in OTHERS else path


def put_in_order(items: list[pytest.Item]) -> None:
    """The nodes, the files in their own order, the full node."""
    ranks = {NODES: -1, LAST: 1}
    items.sort(key=lambda item: ranks.get(group_of(item.nodeid), 0))


class Lanes(LoadScopeScheduling):
    """Hands out whole groups, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
