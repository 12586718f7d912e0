"""The table of systemd's settings against systemd's own manual pages and news."""

from __future__ import annotations

from imagegen.knowledge.systemd import SINCE
from tests.distributions import ALL
from tests.knowledge.read_systemd import read_settings_file

OLDEST = min(release.systemd for release in ALL)


def matters(version: int) -> int:
    """The version, or 0 where every release's systemd is as new."""
    return version if version > OLDEST else 0


def test_the_table_says_since_when_systemd_has_a_setting() -> None:
    known = read_settings_file()
    assert set(SINCE) - set(known) == set()
    assert {name: matters(version) for name, version in SINCE.items()} == {
        name: matters(known[name]) for name in SINCE}


def test_some_of_it_matters() -> None:
    assert {name for name, version in SINCE.items() if matters(version)} == {
        "Type=exec", "ManageForeignRoutes", "ManageForeignRoutingPolicyRules"}
