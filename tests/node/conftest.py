"""The fixtures of the check's tests."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.node.fake import FakeNode


@pytest.fixture
def fake(tmp_path: Path) -> FakeNode:
    """An empty node."""
    return FakeNode(tmp_path)
