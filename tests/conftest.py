"""What holds for all tests.

Hypothesis gives no test a deadline, since no test asserts a time. A run that a shell started in the
background ignores SIGINT, and its children inherit that: what is interrupted here must hear it.
With `--numprocesses` the tests run in lanes beside each other: tests/lanes.py.
"""

from __future__ import annotations

import signal

import pytest
from hypothesis import HealthCheck, settings
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

from tests.lanes import Lanes, put_in_order

signal.signal(signal.SIGINT, signal.default_int_handler)
settings.register_profile("imagegen", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("imagegen")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The tests of nodes go first: they take longest."""
    put_in_order(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> LoadScopeScheduling:
    """One lane boots nodes, the other takes the rest, file by file."""
    return Lanes(config, log)
