"""What needs no guest: start-up, render, and a build that has nothing to do."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from imagegen.common.assets import asset
from tests.bench.ratios import Row, median_of, process, table
from tests.guests.nodes import image_of, images

QUICKSTART = str(asset("profiles/quickstart.yaml"))
IMAGEGEN = (sys.executable, "-m", "imagegen")


def render() -> str:
    """A strict cold render as a whole process beside a bare Python."""
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder, "out"))
        return table("render (whole processes)", [
            Row("python -c pass", median_of(15, process([sys.executable, "-c", "pass"]))),
            Row("imagegen --help", median_of(15, process([*IMAGEGEN, "--help"]))),
            Row("imagegen render", median_of(15, process(
                [*IMAGEGEN, "render", QUICKSTART, "-o", out])), "under 0.25 s"),
        ])


def unchanged() -> str:
    """A build with unchanged inputs, which proves the image's bytes and answers."""
    image_of("quickstart")
    again = process([*IMAGEGEN, "build", QUICKSTART, "-o", str(images())])
    hashing = process(["sha256sum", *map(str, images().glob("quickstart-*.qcow2"))])
    return table("build, unchanged (whole processes)", [
        Row("sha256sum of the image", median_of(5, hashing)),
        Row("imagegen build", median_of(5, again), "under 1 s"),
    ])
