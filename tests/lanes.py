"""Tests beside each other: which must lie in one lane, and which go first.

A node is built and booted once a session, and a session of pytest-xdist is one lane's. So the files
that share a node make one group; every other file is a group of its own. A lane takes the next
group when it has ended its last, and the groups of nodes take longest: they go first, so that the
lanes end together.
"""

from __future__ import annotations

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

# the node that the files of tests/guests share, where it is not the quickstart's
OTHER_NODES = {
    "tests/guests/test_full_node.py": "full-node",
    "tests/guests/test_harness.py": "full-node",
    "tests/guests/test_build_survives.py": "build",
    "tests/guests/test_distributions.py": "distributions",
    "tests/boot/test_clones.py": "clones",
}
# in the order in which the lanes take them
GROUPS = ("quickstart", "build", "full-node", "distributions", "clones")


def group_of(nodeid: str) -> str:
    """The group of a test: one of GROUPS, or the path of its file."""
    path = nodeid.partition("::")[0]
    usual = "quickstart" if path.startswith("tests/guests/") else path
    return OTHER_NODES.get(path, usual)


def longest_first(items: list[pytest.Item]) -> None:
    """Puts the groups of nodes before all others; the rest stays in its order."""
    ranks = {group: rank for rank, group in enumerate(GROUPS)}
    items.sort(key=lambda item: ranks.get(group_of(item.nodeid), len(GROUPS)))


class Lanes(LoadScopeScheduling):
    """Hands out whole groups, in the order in which they were collected."""

    def __init__(self, config: pytest.Config, log: Producer) -> None:
        super().__init__(config, log)
        self.config.option.loadscopereorder = False

    def _split_scope(self, nodeid: str) -> str:
        return group_of(nodeid)
