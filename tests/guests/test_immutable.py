"""A root that is only read: what is written is gone after a reboot, and the node judges itself so.

One image a release, booted three times: twice as it is, once with the overlay switched off.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.build import build
from imagegen.boot.machine import image_format, overlay
from imagegen.boot.proof import local_cluster
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.boot.verify import unchanged, verdict_line
from imagegen.common.files import private_dir
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.knowledge.distributions import Network
from imagegen.plan.work_out import release_for
from imagegen.profile.model import Profile
from tests.evidence.red_rules import record_finding
from tests.guests.faults import BOOTED_WRITABLE, IMAGE_REMOUNTED, LOWER, Fault
from tests.guests.harness import BOOT_SECONDS, NodeClone, Recipe, awake
from tests.guests.judging import inflict, not_ok
from tests.guests.nodes import images
from tests.guests.seen_immutable import FIRST, SECOND, SWITCHED_OFF, record
from tests.profiles import changed, parsed

pytestmark = [pytest.mark.guest, pytest.mark.wide]
GREEN = ("table", "green")
# Without the interface's own number (IAID), which systemd-networkd takes from the name that udev
# has for it by then: 0003 means the MAC address, 0002 would be the machine id.
DUID = r"sed -n 's/^CLIENTID=ff.\{8\}//p' /run/systemd/netif/leases/*"
LEASED = "until grep -qs ^CLIENTID= /run/systemd/netif/leases/*; do sleep 1; done"
CHANGES = "cat /etc/machine-id /etc/ssh/ssh_host_ed25519_key.pub"


@pytest.mark.parametrize("release", ["11", "12", "13"])
def test_a_reboot_gives_the_image_back(release: str) -> None:
    profile = parsed(changed({"os.release": release, "metadata.name": f"immutable-{release}"},
                             "immutable-node"))
    built = build(profile, images(), Silent())
    image = built.path
    with unchanged(image), local_cluster(profile, Silent()) as identity, (
            _booted(image, identity)) as (node, disk):
        first = _verdict(node)
        assert (_is(first), not_ok(first)) == (GREEN, {})
        # what `imagegen verify` hears
        assert _is(json.loads(verdict_line(node.guest) or b"{}")) == GREEN
        _is_whole(node, profile)
        _is_known_to_dhcp(node, profile)
        new = _said(node, CHANGES)
        node.write("/etc/written", b"here\n")
        node.write("/usr/lib/imagegen/node.env", b"NODE_NAME=somebody\n")
        node.run(["rm", "/usr/bin/tac"])
        assert set(not_ok(node.check("table"))) == {"file.node.env"}

        node.reboot()
        second = _verdict(node)
        assert second["node"]["bootId"] != first["node"]["bootId"]
        assert (_is(second), not_ok(second)) == (GREEN, {})
        there = node.run(["ls", "/etc/written", "/usr/bin/tac"], check=False).stdout.split()
        assert there == ["/usr/bin/tac"]
        _is_known_to_dhcp(node, profile)
        assert _said(node, CHANGES) != new
        written = _written(disk)
        third = _turns_red(node)
    record(release, built, {FIRST: first, SECOND: second, SWITCHED_OFF: third}, written)


def _turns_red(node: NodeClone) -> dict[str, Any]:
    """Each fault turns the root's fact red, and no other; gives the verdict of the last boot."""
    inflict(node, IMAGE_REMOUNTED)
    _only_root(node.check("table"), IMAGE_REMOUNTED)
    inflict(node, BOOTED_WRITABLE)
    assert not_ok(node.check("table")) == {}
    node.reboot()
    third = _verdict(node)
    _only_root(third, BOOTED_WRITABLE)
    assert third["verdict"] == "red"
    # and the root is the image's own, to be mended
    node.write("/etc/written", b"here\n")
    assert node.run(["findmnt", "-no", "FSTYPE", "/"]).stdout == "ext4\n"
    return third


def _only_root(verdict: dict[str, Any], fault: Fault) -> None:
    bad = not_ok(verdict)
    assert {name: row["result"] for name, row in bad.items()} == {"root.overlay": "red"}
    assert fault.says in bad["root.overlay"]["saw"]
    record_finding(fault.name, verdict, bad["root.overlay"])


@contextmanager
def _booted(image: Path, identity: NodeIdentity) -> Iterator[tuple[NodeClone, Path]]:
    recipe = Recipe(image, identity)
    with private_dir(prefix="imagegen-immutable-") as folder:
        disk = overlay(image, folder / "disk.qcow2", image_format(image))
        node_volume(folder / "seed.iso", recipe.node)
        machine = recipe.machine(folder, disk, folder / "seed.iso")
        with awake(machine, BOOT_SECONDS) as node:
            yield node, folder / "disk.qcow2"


def _verdict(node: NodeClone) -> dict[str, Any]:
    """The boot's own, once the check has come to it."""
    node.run(["sh", "-c", "until test -e /run/imagegen/verdict.json; do sleep 1; done"],
             timeout=600)
    verdict: dict[str, Any] = json.loads(node.read("/run/imagegen/verdict.json"))
    return verdict


def _is(verdict: dict[str, Any]) -> tuple[str, str]:
    return verdict["level"], verdict["verdict"]


def _is_whole(node: NodeClone, profile: Profile) -> None:
    """Nothing failed for want of a root of its own: cloud-init, remounts, containerd's layers."""
    node.run(["systemctl", "is-system-running", "--wait"], check=False, timeout=600)
    assert node.run(["systemctl", "--failed", "--plain", "--no-legend"]).stdout == ""
    said = node.run(["cloud-init", "status", "--long"], check=False, timeout=120).stdout
    assert "status: done" in said, said
    plugins = node.run(["ctr", "plugins", "ls"]).stdout.splitlines()
    assert [row.split()[-1] for row in plugins if " overlayfs " in row] == ["ok"]
    assert node.run(["touch", f"{LOWER}/etc/written"], check=False).code != 0


def _is_known_to_dhcp(node: NodeClone, profile: Profile) -> None:
    """By its MAC address, in each boot."""
    if release_for(profile).network is Network.NETWORKD:
        node.run(["sh", "-c", LEASED], timeout=120)
        mac = _said(node, "cat /sys/class/net/e*/address").strip().replace(":", "")
        assert _said(node, DUID).strip() == f"00030001{mac}"


def _said(node: NodeClone, command: str) -> str:
    return node.run(["sh", "-c", command], check=False).stdout


def _written(disk: Path) -> int:
    """How many bytes of the disk are the guest's own and no longer the image's."""
    done = run(["qemu-img", "map", "-U", "--output=json", str(disk)])
    return sum(row["length"] for row in json.loads(done.output)
               if row["depth"] == 0 and row["data"])
