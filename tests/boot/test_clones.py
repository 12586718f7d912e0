"""Two real guests on one segment, caught where they are not nodes of their own.

That two clones of a sealed image are told apart is shown in tests/guests/test_boots.py.
"""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.base import BaseSpec, base_image
from imagegen.boot.distinct import distinct
from imagegen.boot.seed import NodeIdentity
from imagegen.boot.verify import VERDICT_PORT, NodeReport, verify
from imagegen.common.progress import Silent
from imagegen.common.run import need, run
from imagegen.render.seed import SeedFile

pytestmark = pytest.mark.guest
TIMEOUT = 1200.0
SHARED_ID = "0123456789abcdef0123456789abcdef"

# In place of the node's check, which a bare base does not have.
WITNESS = "/usr/local/lib/imagegen-test/witness.py"
_WITNESS = f"""
import glob, json, subprocess
def first(path):
    with open(path) as file:
        return file.read().strip()
def key(path):
    return subprocess.check_output(["ssh-keygen", "-lf", path], text=True).split()[1]
node = {{"hostname": first("/proc/sys/kernel/hostname"), "machineId": first("/etc/machine-id"),
         "bootId": first("/proc/sys/kernel/random/boot_id"), "addresses": [],
         "sshHostKeys": [key(path) for path in glob.glob("/etc/ssh/ssh_host_*_key.pub")]}}
with open("/dev/virtio-ports/{VERDICT_PORT}", "w") as port:
    port.write(json.dumps({{"level": "kernel", "verdict": "green", "node": node}}) + "\\n")
"""
NODE = NodeIdentity("node", level="kernel", files=(SeedFile(WITNESS, _WITNESS.encode()),),
                    commands=(("/usr/bin/python3", WITNESS),))


def two(image: Path, logs: Path) -> list[NodeReport]:
    return verify(image, identity=NODE, timeout=TIMEOUT, accelerator=Accelerator.AUTO,
                  progress=Silent(), clones=2, keep_log=logs)


@pytest.fixture(scope="module")
def base() -> Path:
    return base_image(BaseSpec(), Silent()).path


def with_a_machine_id(base: Path, target: Path) -> Path:
    """The base as a careless builder would seal it: with the machine-id of the build."""
    run(["qemu-img", "convert", "-O", "raw", str(base), str(target)])
    table = json.loads(run([need("sfdisk", "fdisk"), "-J", str(target)]).output)["partitiontable"]
    start = table["partitions"][-1]["start"] * table.get("sectorsize", 512)
    given = target.with_name("machine-id")
    given.write_text(SHARED_ID + "\n")
    for command in ("rm /etc/machine-id", f"write {given} /etc/machine-id"):
        run([need("debugfs", "e2fsprogs"), "-w", "-R", command, f"{target}?offset={start}"])
    return target


def test_clones_with_one_machine_id_are_caught(base: Path, tmp_path: Path) -> None:
    """They ask DHCP for the same lease, whatever their MAC."""
    image = with_a_machine_id(base, tmp_path / "careless.raw")
    shared = distinct(two(image, tmp_path))
    assert f"node-1 and node-2 have the same machine-id: {SHARED_ID}" in shared
    assert [each.split(":")[0] for each in shared] == [
        "node-1 and node-2 have the same machine-id",
        "node-1 and node-2 have the same DHCP client id"]
