"""The kernels of Debian 11, 13 and sid, booted: green at level table, and the readers agree.

Debian 12's is the one of all other tests. sid's comes from the mirror into a node of Debian 13.
"""

from __future__ import annotations

import pytest

from imagegen.bake.build import build
from imagegen.common.progress import Silent
from tests.guests.agreement import agreed
from tests.guests.harness import NodeClone
from tests.guests.judging import assert_green, not_ok, waited
from tests.guests.matrix import SIDS_KERNEL, profile_of, record
from tests.guests.nodes import images, seed_cluster

pytestmark = [pytest.mark.guest, pytest.mark.wide]
KUBE_PROXY, BATCHES = "1.34.4", 10
# a mirror may lag behind the days that sid's own Release is good for
SID = "deb [check-valid-until=no] http://deb.debian.org/debian sid main\n"
# nothing of sid comes by itself
PINNED = "Package: *\nPin: release a=unstable\nPin-Priority: 100\n"
INSTALL = ("apt-get", "-qq", "-y", "--no-install-recommends", "-t", "sid", "install",
           "linux-image-cloud-amd64")


@pytest.mark.parametrize(("release", "kernel"), [("11", "5.10."), ("13", "6.12."), ("sid", "")])
def test_a_kernel(release: str, kernel: str) -> None:
    image = build(profile_of("debian", "13" if release == "sid" else release, KUBE_PROXY),
                  images(), Silent())
    with seed_cluster(image.path, KUBE_PROXY) as cluster, cluster.node() as node:
        before = node.run(["uname", "-r"]).stdout
        if release == "sid":
            boot_sids(node)
        release_now = node.run(["uname", "-r"]).stdout
        verdict, = waited(node)
        if release == "sid":
            record(SIDS_KERNEL, KUBE_PROXY, image, verdict)
        assert_green(verdict)
        assert verdict["level"] == "table"
        agreed(node, BATCHES)
    assert release_now.startswith(kernel)
    assert (release_now == before) == (release != "sid"), (before, release_now, not_ok(verdict))


def boot_sids(node: NodeClone) -> None:
    """Install the kernel of Debian sid, and start the node again with it."""
    node.write("/etc/apt/sources.list.d/sid.list", SID.encode())
    node.write("/etc/apt/preferences.d/sid", PINNED.encode())
    node.run(["apt-get", "-qq", "update"], timeout=600)
    node.run(["env", "DEBIAN_FRONTEND=noninteractive", *INSTALL], timeout=1800)
    node.reboot()
