"""Every distribution that is called booted, with an old, a usual and a new kube-proxy."""

from __future__ import annotations

import json

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.build import build
from imagegen.boot.proof import prove
from imagegen.common.progress import Silent
from tests.guests.matrix import CELLS, profile_of, record
from tests.guests.nodes import images

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1200.0


@pytest.mark.parametrize(("title", "version"), CELLS)
def test_green_at_level_table(title: str, version: str) -> None:
    image = build(profile_of(*title.split(), version), images(), Silent())
    proof = prove(image.path, Silent(), cluster=True, profile=None, clones=1, timeout=TIMEOUT,
                  keep_log=None, accelerator=Accelerator.AUTO)
    verdict = json.loads(proof.reports[0].verdict)
    # kept green or not
    record(title, version, image, verdict)
    assert (verdict["level"], verdict["verdict"]) == ("table", "green"), [
        f for f in verdict["findings"] if f["result"] not in ("ok", "warning")]
