"""Two lanes of tests beside each other: one boots nodes, the other does all the rest.

A node is built and booted once a session, and each lane is a session of its own. Two nodes at once
would also slow each other down: a guest's lock holders are preempted by the other's processors. So
everything that boots one is a single group, and every other file is a group of its own. A lane
takes the next group when it has ended its last.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

NODES = "nodes"
# beside tests/guests
OTHERS = ("tests/boot/test_clones.py",)


def group_of(nodeid: str) -> str:
    """The group of a test: NODES, or the path of its file."""
    path = nodeid.partition("::")[0]
    return NODES if path.startswith("tests/guests/") or path in OTHERS else path


def nodes_first(items: list[pytest.Item]) -> None:
    """Puts the group of nodes, which takes longest, before all others; they keep their order."""
    items.sort(key=lambda item: group_of(item.nodeid) != NODES)


class Lanes(LoadScopeScheduling):
    """Hands out whole groups, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
