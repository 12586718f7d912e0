"""In a guest's real kernel the check's two readers of the table agree with ipvsadm."""

from __future__ import annotations

import json

import pytest

from tests.guests.agreement import agreed, answers, compared, prepared
from tests.guests.nodes import SeedCluster

pytestmark = pytest.mark.guest
BATCHES = 3


def test_the_readers_agree_on_random_tables(modern: SeedCluster) -> None:
    with modern.node() as node:
        agreed(node, BATCHES, always_the_same=True)


def test_a_reader_that_errs_is_seen(modern: SeedCluster) -> None:
    """The faults this test is for: a reader that takes Route for Masq, or drops a real server."""
    text = "-A -t 10.254.0.1:80 -s rr\n-a -t 10.254.0.1:80 -r 10.0.0.1:80 -g -w 3\n"
    with modern.node() as node:
        hertz = prepared(node)
        seen, = answers(node, hertz, [text])
        compared(seen, text)
        for reader in ("proc", "netlink"):
            for spoilt in (["10.0.0.1:80", "Masq", 3], None):
                other = json.loads(json.dumps(seen))
                other[reader][0][-1] = [spoilt] if spoilt else []
                with pytest.raises(AssertionError):
                    compared(other, text)
