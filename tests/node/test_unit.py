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


@pytest.mark.parametrize(("restarts", "ago", "result"), [
    ("0", 5, "ok"), ("2", 5, "ok"), ("3", 5, "red"), ("3", 60, "ok"), ("400", 29, "red")])
def test_a_unit_that_falls_again_and_again(fake: FakeNode, restarts: str, ago: int,
                                           result: str) -> None:
    fake.host.units[UNIT] = {**RUNNING, "NRestarts": restarts}
    fake.write("/proc/uptime", f"{12.5 + ago} 1.0\n")
    outcome = fake.judge("unit", ACTIVE)
    assert (outcome.result, outcome.settles) == (result, result == "red")


LOAD, SYSCTL = "systemd-modules-load.service", "systemd-sysctl.service"
ORDER = {"units": [LOAD, SYSCTL, UNIT]}


def booted(fake: FakeNode, load: tuple[str, str], sysctl: tuple[str, str], proxy: str) -> None:
    for name, (began, done) in ((LOAD, load), (SYSCTL, sysctl), (UNIT, (proxy, proxy))):
        fake.host.units[name] = {**RUNNING, "InactiveExitTimestampMonotonic": began,
                                 "ActiveEnterTimestampMonotonic": done}


def test_the_order_of_a_boot(fake: FakeNode) -> None:
    booted(fake, ("1000000", "1500000"), ("1600000", "1700000"), "9000000")
    outcome = fake.judge("boot_order", ORDER)
    assert (outcome.result, outcome.saw) == ("ok", f"{LOAD} 1.0 s; {SYSCTL} 1.6 s; {UNIT} 9.0 s")


def test_sysctls_before_their_modules_are_told(fake: FakeNode) -> None:
    booted(fake, ("1000000", "1650000"), ("1600000", "1700000"), "9000000")
    outcome = fake.judge("boot_order", ORDER, "kernel")
    assert outcome.result == "warning"
    assert outcome.saw == (f"{SYSCTL} began 1.60 s after boot, before {LOAD} had ended (1.65 s)")


def test_a_kube_proxy_that_was_started_again_comes_after_all(fake: FakeNode) -> None:
    booted(fake, ("1000000", "1500000"), ("9600000", "9700000"), "9000000")
    fake.host.units[UNIT]["ExecMainStartTimestampMonotonic"] = "9800000"
    assert fake.judge("boot_order", ORDER).result == "ok"


def test_a_unit_that_failed_over_a_line_is_a_warning(fake: FakeNode) -> None:
    booted(fake, ("1000000", "1500000"), ("1600000", "1700000"), "9000000")
    fake.host.units[LOAD] |= {"ActiveState": "failed", "Result": "exit-code"}
    assert fake.judge("boot_order", ORDER).saw == f"{LOAD} has failed (exit-code)"


def test_no_boot_of_systemds_is_unknown(fake: FakeNode) -> None:
    booted(fake, ("0", "0"), ("0", "0"), "0")
    assert fake.judge("boot_order", ORDER).result == "unknown"


def test_a_unit_that_did_not_run_in_this_boot_is_named(fake: FakeNode) -> None:
    booted(fake, ("1000000", "1500000"), ("1600000", "1700000"), "0")
    assert fake.judge("boot_order", ORDER, "kernel").saw.endswith(f"not in this boot: {UNIT}")


@pytest.mark.parametrize(("level", "result"), [("bake", "ok"), ("kernel", "red"), ("table", "red")])
def test_running_is_asked_of_every_boot(fake: FakeNode, level: str, result: str) -> None:
    """containerd needs no cluster; kube-proxy does."""
    fake.host.units[UNIT] = {**RUNNING, "ActiveState": "failed", "Result": "exit-code"}
    assert fake.judge("unit", {"name": UNIT, "state": "running"}, level).result == result
    fake.host.units[UNIT] = RUNNING
    assert fake.judge("unit", {"name": UNIT, "state": "running"}, level).result == "ok"
