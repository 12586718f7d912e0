"""The lanes: what shares a node lies in one, and the longest goes first."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import cast

import pytest

from tests.lanes import FULL_NODE, LAST, NODES, OTHERS, group_of, put_in_order
from tests.verbs import ROOT

TESTS = ROOT / "tests"
FILES = {str(path.relative_to(ROOT)): path.read_text() for path in sorted(TESTS.rglob("test_*.py"))}
GUESTS = [path for path, text in FILES.items()
          if re.search(r"^(pytestmark = .*|@pytest\.)mark\.guest", text, re.M)]
SHARED = re.findall(r'scope="session"\)\ndef (\w+)\(', (TESTS / "guests/conftest.py").read_text())


@pytest.mark.parametrize("path", GUESTS)
def test_what_boots_a_node_lies_in_a_group_of_nodes(path: str) -> None:
    assert group_of(f"{path}::test_it") in (NODES, LAST)


@pytest.mark.parametrize("fixture", SHARED)
def test_a_node_lies_in_one_lane(fixture: str) -> None:
    """Two lanes would each build and boot it."""
    users = {group_of(path) for path in GUESTS
             if re.search(rf"^def \w+\([^)]*\b{fixture}: ", FILES[path], re.M)}
    assert len(users) <= 1, users


def test_no_file_of_a_group_is_gone() -> None:
    assert {*FULL_NODE, *OTHERS} <= set(GUESTS)


def test_a_file_without_a_node_is_its_own_group() -> None:
    assert group_of("tests/node/test_unit.py::test_a[b::c]") == "tests/node/test_unit.py"


def test_the_nodes_come_first_one_last_and_the_rest_keeps_its_order() -> None:
    names = ["tests/b.py::test_z", "tests/guests/test_harness.py::test_y", "tests/a.py::test_x",
             "tests/boot/test_clones.py::test_w"]
    items = cast("list[pytest.Item]", [SimpleNamespace(nodeid=name) for name in names])
    put_in_order(items)
    assert [item.nodeid for item in items] == [names[3], names[0], names[2], names[1]]
