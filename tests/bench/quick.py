"""A build that has nothing to do."""

from __future__ import annotations

import sys

from imagegen.common.assets import asset
from tests.bench.ratios import Row, median_of, process, table
from tests.guests.nodes import image_of, images

QUICKSTART = str(asset("profiles/quickstart.yaml"))
IMAGEGEN = (sys.executable, "-m", "imagegen")


def unchanged() -> str:
    """A build with unchanged inputs, which proves the image's bytes and answers."""
    image_of("quickstart")
    again = process([*IMAGEGEN, "build", QUICKSTART, "-o", str(images())])
    hashing = process(["sha256sum", *map(str, images().glob("quickstart-*.qcow2"))])
    return table("build, unchanged (whole processes)", [
        Row("sha256sum of the image", median_of(5, hashing)),
        Row("imagegen build", median_of(5, again), "under 1 s"),
    ])
