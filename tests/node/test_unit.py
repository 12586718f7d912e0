"""Units: asked of systemd all at once, or by their links where it does not run."""

from __future__ import annotations

import pytest

from imagegen.node.judge import judged
from tests.node.fake import RUNNING, UNIT, FakeNode, fact

ACTIVE = {"name": UNIT, "state": "active"}


def test_active(fake: FakeNode) -> None:
    outcome = fake.judge("unit", ACTIVE)
    assert (outcome.result, outcome.saw) == ("ok", "active 12.5 s after boot")


def test_active_by_an_earlier_boots_clock_is_not_active(fake: FakeNode) -> None:
    fake.host.units[UNIT] = {**RUNNING, "ActiveEnterTimestampMonotonic": "0"}
    assert fake.judge("unit", ACTIVE).result == "red"


@pytest.mark.parametrize(("said", "word"), [
    ({"ActiveState": "failed", "SubState": "failed", "Result": "exit-code"}, "exit-code"),
    ({"ActiveState": "inactive", "SubState": "dead"}, "inactive"),
    ({"ActiveState": "inactive", "ConditionResult": "no"}, "condition"),
    ({"LoadState": "not-found", "ActiveState": "inactive"}, "not-found"),
    ({"LoadState": "masked", "ActiveState": "inactive"}, "masked"),
])
def test_what_will_not_start_by_itself(fake: FakeNode, said: dict[str, str], word: str) -> None:
    fake.host.units[UNIT] = {**RUNNING, **said}
    outcome = fake.judge("unit", ACTIVE)
    assert (outcome.result, outcome.settles) == ("red", False)
    assert word in outcome.saw


@pytest.mark.parametrize("said", [
    {"ActiveState": "activating", "SubState": "auto-restart"},
    {"ActiveState": "inactive", "SubState": "dead", "Job": "123"},
])
def test_what_may_still_start(fake: FakeNode, said: dict[str, str]) -> None:
    fake.host.units[UNIT] = {**RUNNING, **said}
    outcome = fake.judge("unit", ACTIVE)
    assert (outcome.result, outcome.settles) == ("red", True)


def test_without_a_cluster_enabled_is_enough(fake: FakeNode) -> None:
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "failed"}
    assert fake.judge("unit", ACTIVE, "kernel").result == "ok"
    fake.host.units[UNIT] = {**RUNNING, "UnitFileState": "disabled"}
    assert fake.judge("unit", ACTIVE, "kernel").saw == "disabled"


def test_masked(fake: FakeNode) -> None:
    expect = {"name": "ipvsadm.service", "state": "masked"}
    fake.host.units["ipvsadm.service"] = {"LoadState": "masked", "UnitFileState": "masked"}
    assert fake.judge("unit", expect).result == "ok"
    fake.host.units["ipvsadm.service"] = {"LoadState": "loaded", "UnitFileState": "enabled"}
    assert fake.judge("unit", expect).result == "red"


def test_systemd_is_asked_once_for_all(fake: FakeNode) -> None:
    facts = [fact("unit", {"name": f"{n}.service", "state": "masked"}, name=str(n))
             for n in range(5)]
    node = fake.node("table", facts)
    for one in facts:
        judged(one, node)
    assert fake.host.asked == ["systemctl"]


def test_a_systemctl_that_fails_is_unknown(fake: FakeNode) -> None:
    fake.host.output = lambda argv, timeout=20.0: (1, b"Failed to connect to bus")  # type: ignore[method-assign]
    outcome = fake.judge("unit", ACTIVE)
    assert outcome.result == "unknown"
    assert "Failed to connect to bus" in outcome.saw


def test_by_links_where_systemd_does_not_run(fake: FakeNode) -> None:
    (fake.root / "run/systemd/system/.keep").unlink()
    (fake.root / "run/systemd/system").rmdir()
    assert fake.judge("unit", ACTIVE, "bake").saw == "not-found"
    fake.write(f"/usr/lib/systemd/system/{UNIT}", "[Unit]\n")
    assert fake.judge("unit", ACTIVE, "bake").saw == "disabled"
    fake.link(f"/etc/systemd/system/multi-user.target.wants/{UNIT}", "/nowhere")
    assert fake.judge("unit", ACTIVE, "bake").result == "ok"
    fake.link("/etc/systemd/system/ipvsadm.service", "/dev/null")
    assert fake.judge("unit", {"name": "ipvsadm.service", "state": "masked"}, "bake").result == "ok"
    assert fake.host.asked == []


@pytest.mark.parametrize(("level", "result"), [("bake", "ok"), ("kernel", "red"), ("table", "red")])
def test_running_is_asked_of_every_boot(fake: FakeNode, level: str, result: str) -> None:
    """containerd needs no cluster; kube-proxy does."""
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "failed", "Result": "exit-code"}
    assert fake.judge("unit", {"name": UNIT, "state": "running"}, level).result == result
    fake.host.units[UNIT] = RUNNING
    assert fake.judge("unit", {"name": UNIT, "state": "running"}, level).result == "ok"
