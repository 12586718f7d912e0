"""Debian 13 from its mirror to a green table; the whole matrix is in test_matrix.py."""

from __future__ import annotations

import json

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.build import build
from imagegen.boot.proof import prove
from imagegen.common.progress import Silent
from tests.guests.nodes import images
from tests.profiles import changed, parsed

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1200.0


def test_debian_13_is_green_at_level_table() -> None:
    """Its base is made, baked and booted: kernel 6.12, packed modules, Python 3.13."""
    profile = parsed(changed({"os.release": "13", "metadata.name": "debian-13"}, "quickstart"))
    image = build(profile, images(), Silent())
    assert image.manifest["verdict"]["verdict"] == "green"
    proof = prove(image.path, Silent(), cluster=True, profile=None, clones=1, timeout=TIMEOUT,
                  keep_log=None, accelerator=Accelerator.AUTO)
    verdict = json.loads(proof.reports[0].verdict)
    assert (verdict["level"], verdict["verdict"]) == ("table", "green"), [
        f for f in verdict["findings"] if f["result"] not in ("ok", "warning")]
    assert verdict["node"]["kernel"].startswith("6.12.")
