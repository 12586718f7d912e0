"""The lanes: what shares a node lies in one, and the longest goes first."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lanes import LAST, NODES, group_of, put_in_order
from tests.verbs import ROOT

GUESTS = [str(path.relative_to(ROOT)) for path in sorted((ROOT / "tests").rglob("test_*.py"))
          if re.search(r"^(pytestmark = .*|@pytest\.)mark\.guest", path.read_text(), re.M)]


@pytest.mark.parametrize("path", GUESTS)
def test_what_boots_a_node_lies_in_the_lane_of_nodes_or_goes_last(path: str) -> None:
    assert group_of(f"{path}::test_it") in (NODES, LAST)


def test_the_last_is_there() -> None:
    assert LAST in GUESTS


def test_a_file_without_a_node_is_its_own_group() -> None:
    assert group_of("tests/node/test_unit.py::test_a[b::c]") == "tests/node/test_unit.py"


def test_nodes_come_first_and_the_rest_keeps_its_order() -> None:
    names = ["tests/b.py::test_z", f"{LAST}::test_y", "tests/a.py::test_x",
             "tests/guests/test_harness.py::test_w"]
    items = cast("list[pytest.Item]", [SimpleNamespace(nodeid=name) for name in names])
    put_in_order(items)
    assert [item.nodeid for item in items] == [names[3], names[0], names[2], names[1]]
