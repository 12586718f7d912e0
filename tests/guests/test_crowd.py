"""A change that fails is no quiet cluster: a test that waits for changes hears of it."""

from __future__ import annotations

from typing import cast

import pytest

from imagegen.boot.cluster import ControlPlane, ServiceSpec
from tests.guests import crowd
from tests.processes import eventually


class Gone:
    """A control plane that takes one change, and then no more."""

    def __init__(self) -> None:
        self.asked = 0

    def create_endpoints(self, *_: ServiceSpec | list[str]) -> None:
        self.asked += 1
        if self.asked > 1:
            raise OSError("the API server is gone")


def test_a_step_that_fails_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crowd, "PAUSE", 0.01)
    gone = Gone()
    with (pytest.raises(OSError, match="is gone"),
          crowd.rolling(cast("ControlPlane", gone)) as changed):
        assert eventually(lambda: gone.asked == 2)
    assert changed == [1]
