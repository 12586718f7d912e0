"""Sealed images booted through their own boot loader: kernel level, table level, clones, reboot."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.proof import Proof, local_cluster, profile_of
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


def test_two_clones_are_green_nodes_of_their_own(two_clones: Proof) -> None:
    """Level table, with the functional probe; machine-ids, host keys, names and leases differ."""
    assert two_clones.shared == ()
    leases = {report.lease.address for report in two_clones.reports if report.lease}
    assert leases == {"10.0.2.15", "10.0.2.16"}
    assert all(report.powered_off for report in two_clones.reports)
    all_green([verdict_of(report) for report in two_clones.reports])


def all_green(verdicts: list[dict[str, Any]]) -> None:
    """Level table, the API service in the table, and the kernel itself was asked."""
    assert {(v["level"], v["verdict"]) for v in verdicts} == {("table", "green")}, [
        f for v in verdicts for f in v["findings"] if f["result"] not in ("ok", "warning")]
    assert all("10.254.0.1:443" in "\n".join(v["table"]["text"]) for v in verdicts)
    results = [{f["id"]: f["result"] for f in v["findings"]} for v in verdicts]
    assert {one["ipvs.probe"] for one in results} == {"ok"}


@pytest.mark.wide
def test_every_boot_is_green(quickstart_image: Path) -> None:
    """Ten of them, each node booting from the sealed image the first time."""
    profile = profile_of(quickstart_image)
    with local_cluster(profile, Silent()) as identity:
        reports = [report for _ in range(10 // AT_ONCE) for report in
                   verify(quickstart_image, identity=identity, timeout=TIMEOUT, clones=AT_ONCE,
                          accelerator=Accelerator.AUTO, progress=Silent())]
    assert len(reports) == 10
    all_green([verdict_of(report) for report in reports])


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
