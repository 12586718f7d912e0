"""full/ on the unbaked base and baked/ on the image come to the same verdict."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.inputs import find_base
from imagegen.boot.full import full_volume
from imagegen.boot.proof import Proof, local_cluster, profile_of
from imagegen.boot.verify import verify
from imagegen.common.progress import Silent
from imagegen.render.render import render

pytestmark = pytest.mark.guest
TIMEOUT = 1500.0


def test_full_and_baked_reach_the_same_verdict(
    quickstart_image: Path, two_clones: Proof,
) -> None:
    profile = profile_of(quickstart_image)
    with local_cluster(profile, Silent()) as identity:
        report = verify(find_base(profile, Silent()).path, identity=identity, timeout=TIMEOUT,
                        accelerator=Accelerator.AUTO, progress=Silent(),
                        volume=full_volume(render(profile), Silent()))[0]
    full, baked = json.loads(report.verdict), json.loads(two_clones.reports[0].verdict)
    assert results(full) == results(baked)
    assert (full["verdict"], full["level"]) == ("green", "table")
    assert full["digest"] == baked["digest"]


def results(verdict: dict[str, Any]) -> dict[str, str]:
    return {finding["id"]: finding["result"] for finding in verdict["findings"]}
