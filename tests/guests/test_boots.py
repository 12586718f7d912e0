"""Sealed images booted through their own boot loader: kernel level, table level, clones, reboot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.proof import local_cluster, profile_of, prove
from imagegen.boot.verify import NodeReport, verify
from imagegen.common.progress import Silent
from tests.guests.nodes import SeedCluster

pytestmark = pytest.mark.guest
TIMEOUT = 1200.0
# more at once thrash: a guest's lock holders are preempted by the other guests
AT_ONCE = 2


def verdict_of(report: NodeReport) -> dict[str, Any]:
    verdict: dict[str, Any] = json.loads(report.verdict)
    return verdict


def test_two_clones_are_nodes_of_their_own(quickstart_image: Path) -> None:
    """Level kernel, with the functional probe; machine-ids, host keys, names and leases differ."""
    proof = prove(quickstart_image, Silent(), cluster=False, profile=None, clones=2,
                  timeout=TIMEOUT, keep_log=None, accelerator=Accelerator.AUTO)
    assert proof.shared == ()
    leases = {report.lease.address for report in proof.reports if report.lease}
    assert leases == {"10.0.2.15", "10.0.2.16"}
    assert all(report.powered_off for report in proof.reports)
    verdicts = [verdict_of(report) for report in proof.reports]
    assert proof.green, [v["findings"] for v in verdicts]
    for verdict in verdicts:
        assert verdict["level"] == "kernel"
        probe = next(f for f in verdict["findings"] if f["id"] == "ipvs.probe")
        assert probe["result"] == "ok"


@pytest.mark.parametrize("boots", [2, pytest.param(10, marks=pytest.mark.wide)])
def test_every_boot_is_green(quickstart_image: Path, boots: int) -> None:
    """Level table, in a real cluster, each node booting from the sealed image the first time."""
    profile = profile_of(quickstart_image)
    with local_cluster(profile, Silent()) as identity:
        reports = [report for _ in range(boots // AT_ONCE) for report in
                   verify(quickstart_image, identity=identity, timeout=TIMEOUT, clones=AT_ONCE,
                          accelerator=Accelerator.AUTO, progress=Silent())]
    verdicts = [verdict_of(report) for report in reports]
    assert [(v["level"], v["verdict"]) for v in verdicts] == [("table", "green")] * boots, [
        f for v in verdicts for f in v["findings"] if f["result"] not in ("ok", "warning")]
    assert all("10.254.0.1:443" in "\n".join(v["table"]["text"]) for v in verdicts)


def test_green_again_after_a_reboot(modern: SeedCluster) -> None:
    """The seed's 'permanent' half: nothing but the image brings it all back."""
    with modern.node() as node:
        before = node.read("/proc/sys/kernel/random/boot_id").decode().strip()
        node.reboot()
        # /run is new with the boot, so this file is, too
        node.run(["sh", "-c", "until test -e /run/imagegen/verdict.json; do sleep 1; done"],
                 timeout=600)
        verdict = json.loads(node.read("/run/imagegen/verdict.json"))
    assert verdict["node"]["bootId"] != before
    assert (verdict["level"], verdict["verdict"]) == ("table", "green"), [
        f for f in verdict["findings"] if f["result"] != "ok"]
