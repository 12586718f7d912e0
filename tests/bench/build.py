"""A build with nothing cached, with the base cached, and unchanged."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from imagegen.common.places import cache_dir
from tests.bench.quick import IMAGEGEN, QUICKSTART
from tests.bench.ratios import Row, process, seconds_of, table


def builds() -> str:
    """Each in a cache and a folder of its own, one after the other, with this machine's compiler
    cache cold for the first."""
    with tempfile.TemporaryDirectory(dir=cache_dir("bench")) as folder:
        own = {"IMAGEGEN_CACHE": f"{folder}/cache", "GOCACHE": f"{folder}/go"}
        first, second = Path(folder, "first"), Path(folder, "second")
        rows = [Row("nothing cached", _seconds(first, own)),
                Row("base image and kube-proxy cached", _seconds(second, own)),
                Row("unchanged", _seconds(second, own), "under 1 s")]
    return table("build of profiles/quickstart.yaml", rows)


def _seconds(out: Path, own: dict[str, str]) -> float:
    command = ["env", *(f"{name}={value}" for name, value in own.items()), *IMAGEGEN,
               "build", QUICKSTART, "-o", str(out)]
    print(f"bench: building into {out.name}", file=sys.stderr, flush=True)  # noqa: T201
    return seconds_of(process(command))
