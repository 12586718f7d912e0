"""full/ on the unbaked base and baked/ on the image come to the same verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.inputs import find_base
from imagegen.boot.full import full_volume
from imagegen.boot.proof import local_cluster, profile_of
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.boot.verify import Volume, verify
from imagegen.common.progress import Silent
from imagegen.render.render import render
from imagegen.report.seconds import side_by_side

pytestmark = pytest.mark.guest
TIMEOUT = 1500.0


def heard(image: Path, identity: NodeIdentity, volume: Volume) -> tuple[dict[str, Any], float]:
    report = verify(image, identity=identity, timeout=TIMEOUT, accelerator=Accelerator.AUTO,
                    progress=Silent(), volume=volume)[0]
    return json.loads(report.verdict), report.seconds_to_verdict


def test_full_and_baked_reach_the_same_verdict(
    quickstart_image: Path, capsys: pytest.CaptureFixture[str],
) -> None:
    profile = profile_of(quickstart_image)
    base = find_base(profile, Silent()).path
    full = full_volume(render(profile), Silent())
    with local_cluster(profile, Silent()) as identity:
        baked_verdict, baked_seconds = heard(quickstart_image, identity, node_volume)
        full_verdict, full_seconds = heard(base, identity, full)
    assert results(full_verdict) == results(baked_verdict)
    assert (full_verdict["verdict"], full_verdict["level"]) == ("green", "table")
    assert full_verdict["digest"] == baked_verdict["digest"]
    with capsys.disabled():
        print("\n" + side_by_side({"baked": baked_seconds, "full": full_seconds}))  # noqa: T201


def results(verdict: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["result"] for finding in verdict["findings"]}
