"""The lanes: what boots a node lies in one, and goes first."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lanes import NODES, OTHERS, group_of, nodes_first
from tests.verbs import ROOT

FILES = {str(path.relative_to(ROOT)): path.read_text()
         for path in sorted((ROOT / "tests").rglob("test_*.py"))}
GUESTS = [path for path, text in FILES.items()
          if re.search(r"^pytestmark = .*mark\.guest|^@pytest\.mark\.guest", text, re.M)]


@pytest.mark.parametrize("path", GUESTS)
def test_what_boots_a_node_lies_in_one_lane(path: str) -> None:
    assert group_of(f"{path}::test_it") == NODES


def test_no_file_of_the_lane_is_gone() -> None:
    assert set(OTHERS) <= set(GUESTS)


def test_a_file_without_a_node_is_its_own_group() -> None:
    assert group_of("tests/node/test_unit.py::test_a[b::c]") == "tests/node/test_unit.py"


def test_nodes_come_first_and_the_rest_keeps_its_order() -> None:
    names = ["tests/b.py::test_z", "tests/guests/test_harness.py::test_y", "tests/a.py::test_x",
             "tests/boot/test_clones.py::test_w"]
    items = cast("list[pytest.Item]", [SimpleNamespace(nodeid=name) for name in names])
    nodes_first(items)
    assert [item.nodeid for item in items] == [names[1], names[3], names[0], names[2]]
