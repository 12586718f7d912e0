"""A node of both families and nodes of IPv6 alone, baked, booted beside a real API server."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.build import build
from imagegen.boot.proof import local_cluster, prove
from imagegen.common.files import private_dir
from imagegen.common.places import cache_dir
from imagegen.common.progress import Silent
from imagegen.profile.load import load_profile
from tests.guests.family_faults import FAMILY_FAULTS
from tests.guests.faults import Fault
from tests.guests.harness import NodeClone, Recipe, Template, clone, frozen
from tests.guests.judging import judged_right, mended_right, not_ok
from tests.guests.nodes import SETTLED, image_of, images
from tests.guests.test_recipe import settled
from tests.profile.test_families import DUAL, SIX, SIX_FIRST
from tests.profiles import changed, parsed, place

pytestmark = [pytest.mark.guest, pytest.mark.wide]
TIMEOUT = 1200.0
GATE = {"kubeProxy.config.featureGates": {"IPv6DualStack": True}}


@pytest.fixture(scope="module")
def template() -> Iterator[Template]:
    """The image of profiles/dual-stack.yaml, booted in a cluster of both families and frozen."""
    image = image_of("dual-stack")
    with (local_cluster(load_profile(place("dual-stack")), Silent()) as identity,
          private_dir(cache_dir("frozen"), "session-") as folder):
        yield frozen(Recipe(image, identity, prepare=SETTLED), folder)


@pytest.fixture
def node(template: Template) -> Iterator[NodeClone]:
    """A node of one's own."""
    with clone(template) as node:
        yield node


WANTED = {"10.96.0.1:443", "10.96.0.80:80", "[fd00:10:96::50]:80", "10.0.2.15:30000",
          "[2001:db8:9e::15]:30000"}


def test_the_node_serves_both_families(node: NodeClone) -> None:
    table = settled(node, WANTED)
    # QEMU's user network may give an IPv6 address, too, and it has node ports like any other
    assert {one for one in table if not one.startswith("[fec0::")} == WANTED
    assert table["[2001:db8:9e::15]:30000"] == table["[fd00:10:96::50]:80"] == (
        "[fd00:10:244::2]:8080", "[fd00:10:244::3]:8080")
    verdict = node.check("table")
    assert not_ok(verdict) == {}
    assert (verdict["verdict"], verdict["level"]) == ("green", "table")
    health = "import urllib.request as r; print(r.urlopen('http://[::1]:10256/livez').status)"
    assert node.run(["python3", "-c", health]).stdout == "200\n"


def test_the_kernel_is_tried_with_both(node: NodeClone) -> None:
    for argv in (("systemctl", "stop", "kube-proxy"), ("ipvsadm", "-C")):
        node.run(argv)
    probe = next(one for one in node.check("kernel")["findings"] if one["id"] == "ipvs.probe")
    assert probe["result"] == "ok", probe


@pytest.mark.parametrize("fault", FAMILY_FAULTS, ids=lambda fault: fault.name)
def test_the_right_fact_turns_red(node: NodeClone, fault: Fault) -> None:
    judged_right(node, fault)
    mended_right(node, fault)


def test_an_excluded_virtual_server_lives_on_and_is_no_fault(node: NodeClone) -> None:
    """A keepalived's, of both families; kube-proxy deletes the one beside it within a sync."""
    for server, real in (("192.0.2.166:6443", "192.0.2.11:6443"),
                         ("[2001:db8::166]:6443", "[2001:db8::11]:6443"),
                         ("192.0.2.99:6443", "192.0.2.11:6443")):
        node.run(["ipvsadm", "-A", "-t", server, "-s", "wlc"])
        node.run(["ipvsadm", "-a", "-t", server, "-r", real, "-g"])
    assert set(not_ok(node.check("table"))) == {"ipvs.foreign"}
    node.run(["systemctl", "restart", "kube-proxy"])
    node.run(["sh", "-c", "i=0; while ipvsadm -Ln | grep -q 192.0.2.99 && [ $i -lt 60 ]; do "
              "sleep 1; i=$((i+1)); done; sleep 5"], timeout=120)
    table = node.run(["ipvsadm", "-Ln"]).stdout
    assert "192.0.2.166:6443" in table and "[2001:db8::166]:6443" in table
    assert "192.0.2.99" not in table
    assert not_ok(node.check("table")) == {}


@pytest.mark.parametrize(("name", "changes"), [
    ("six-1-34", SIX | {"kubeProxy.version": "1.34.4"}),
    ("six-1-20", SIX | {"kubeProxy.version": "1.20.2"}),
    ("six-first-1-37", SIX_FIRST | {"kubeProxy.version": "1.37.2"}),
    ("dual-1-20", DUAL | GATE | {"kubeProxy.version": "1.20.2"}),
    ("dual-nftables", DUAL | {"kubeProxy.version": "1.34.4", "kubeProxy.config.mode": "nftables"}),
])
def test_green_at_level_table(name: str, changes: dict[str, Any]) -> None:
    profile = parsed(changed(changes | {"metadata.name": name}))
    proof = prove(build(profile, images(), Silent()).path, Silent(), cluster=True, profile=None,
                  clones=1, timeout=TIMEOUT, keep_log=None, accelerator=Accelerator.AUTO)
    verdict = json.loads(proof.reports[0].verdict)
    assert (verdict["level"], verdict["verdict"]) == ("table", "green"), not_ok(verdict)
