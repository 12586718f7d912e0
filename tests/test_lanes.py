"""The lanes: what shares a node lies in one, and nodes come first."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lanes import GROUPS, OTHER_NODES, group_of, longest_first
from tests.verbs import ROOT

TESTS = ROOT / "tests"
FILES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(TESTS.rglob("test_*.py"))}
GUESTS = [path for path, text in FILES.items()
          if re.search(r"^pytestmark = .*mark\.guest", text, re.M)]
SHARED = re.findall(r'scope="session"\)\ndef (\w+)\(', (TESTS / "guests/conftest.py").read_text())


@pytest.mark.parametrize("path", GUESTS)
def test_a_file_that_boots_nodes_has_a_group_of_nodes(path: str) -> None:
    assert group_of(f"{path}::test_it") in GROUPS


@pytest.mark.parametrize("fixture", SHARED)
def test_a_node_lies_in_one_lane(fixture: str) -> None:
    """Two lanes would each build and boot it."""
    users = {group_of(path) for path in GUESTS
             if re.search(rf"^def \w+\([^)]*\b{fixture}: ", FILES[path], re.M)}
    assert len(users) <= 1, users


def test_no_group_is_of_a_file_that_is_gone() -> None:
    assert set(OTHER_NODES) <= set(FILES)
    assert set(OTHER_NODES.values()) < set(GROUPS)


def test_a_file_without_a_node_is_its_own_group() -> None:
    assert group_of("tests/node/test_unit.py::test_a[b::c]") == "tests/node/test_unit.py"


def test_nodes_come_first_and_the_rest_keeps_its_order() -> None:
    names = ["tests/b.py::test_z", "tests/guests/test_harness.py::test_y", "tests/a.py::test_x",
             "tests/guests/test_boots.py::test_w"]
    items = cast("list[pytest.Item]", [SimpleNamespace(nodeid=name) for name in names])
    longest_first(items)
    assert [item.nodeid for item in items] == [names[3], names[1], names[0], names[2]]
