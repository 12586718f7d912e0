"""full/ of every field of `os`: a stock base becomes the node at its first boot, and is green.

Through a real proxy, since such a node brings its packages the way that its profile says. The
kernel's arguments take a second boot, which the first one brings about.
"""

from __future__ import annotations

import json

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.inputs import find_base
from imagegen.boot.full import full_volume
from imagegen.boot.proof import local_cluster
from imagegen.boot.verify import verify
from imagegen.common.progress import Silent
from imagegen.knowledge.distributions import release_of
from imagegen.knowledge.distributions.model import Distribution
from imagegen.profile.model import Profile
from imagegen.render.render import render
from tests.guests.forward import forward
from tests.profiles import changed, parsed

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1500.0


def profile_for(release: str, proxy: str) -> Profile:
    """full-node.yaml of this release of Debian, behind this proxy."""
    known = release_of(Distribution.DEBIAN, release)
    assert known is not None and known.mirror is not None
    suite = known.mirror.suite
    mirrors = [{"url": "http://deb.debian.org/debian", "suites": [suite, f"{suite}-updates"]},
               {"url": "http://deb.debian.org/debian-security", "suites": [f"{suite}-security"]}]
    return parsed(changed({"os.release": release, "os.packageMirrors": mirrors,
                           "os.proxy.http": proxy, "os.proxy.https": proxy}, "full-node"))


@pytest.mark.parametrize("release", ["12", "13"])
def test_a_stock_base_becomes_the_node(release: str) -> None:
    with forward() as proxy:
        profile = profile_for(release, proxy.guest_url)
        volume = full_volume(render(profile), Silent())
        with local_cluster(profile, Silent()) as identity:
            report = verify(find_base(profile, Silent()).path, identity=identity, timeout=TIMEOUT,
                            accelerator=Accelerator.AUTO, progress=Silent(), volume=volume)[0]
    verdict = json.loads(report.verdict)
    assert (verdict["level"], verdict["verdict"]) == ("table", "green"), [
        f for f in verdict["findings"] if f["result"] not in ("ok", "warning")]
    assert any("containerd" in url for url in proxy.asked)
    results = {finding["id"]: finding["result"] for finding in verdict["findings"]}
    assert results["kernel-argument.transparent_hugepage=never"] == "ok"
    assert results["binary.kubelet"] == "ok"
