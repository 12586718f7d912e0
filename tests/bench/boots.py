"""Power-on to verdict: the bare base, the baked image, and the base made a node by full/."""

from __future__ import annotations

import statistics
from pathlib import Path

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.inputs import find_base
from imagegen.boot.full import full_volume
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.boot.verify import Volume, verify
from imagegen.common.assets import asset
from imagegen.common.progress import Silent
from imagegen.profile.load import load_profile
from imagegen.render.render import render
from imagegen.render.seed import SeedFile
from tests.bench.ratios import Row, table
from tests.guests.nodes import image_of

# a boot takes a minute and more; raise it where a figure matters
RUNS = 1
TIMEOUT = 1800.0
PORT = "/dev/virtio-ports/org.imagegen.verdict"
# A bare base has no check: it is up when multi-user.target is, and says so on the same port.
SAYS_READY = """[Unit]
After=multi-user.target
[Service]
Type=oneshot
ExecStart=/bin/sh -c 'echo {} >%s'
""" % PORT  # noqa: UP031


def boots() -> str:
    """All at level kernel: no cluster, so that nothing but the node is measured."""
    profile = load_profile(asset("profiles/quickstart.yaml"))
    bare = NodeIdentity("bench", level="kernel", files=(
        SeedFile("/etc/systemd/system/bench-ready.service", SAYS_READY.encode()),),
        commands=(("systemctl", "start", "--no-block", "bench-ready.service"),))
    baked = NodeIdentity("bench", level="kernel")
    base = find_base(profile, Silent()).path
    full = full_volume(render(profile), Silent())
    return table("power-on to verdict, level kernel", [
        Row("bare base (cloud-init's runcmd)", _seconds(base, bare)),
        Row("baked image", _seconds(image_of("quickstart"), baked), "at most 1.25"),
        Row("full/ on the bare base", _seconds(base, baked, full)),
    ])


def _seconds(image: Path, identity: NodeIdentity, volume: Volume = node_volume) -> float:
    reports = [verify(image, identity=identity, timeout=TIMEOUT, accelerator=Accelerator.AUTO,
                      progress=Silent(), volume=volume) for _ in range(RUNS)]
    return statistics.median(report[0].seconds_to_verdict for report in reports)
