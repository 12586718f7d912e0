"""A kubelet behind the gate, on booted nodes: it starts on a green one, waits on a red one, and
starts there, too, once a person says so, the node is mended, or the time is over.

The red node is frozen while its kubelet waits, so each way out is tried on a clone of it.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from imagegen.boot.seed import NodeIdentity
from imagegen.render.seed import SeedFile
from tests.guests.faults import Fault
from tests.guests.gate_faults import GATE_FAULTS
from tests.guests.harness import NodeClone, Recipe, Template, clone, frozen
from tests.guests.judging import judged_right, mended_right
from tests.guests.nodes import image_of
from tests.profiles import rendered

pytestmark = [pytest.mark.guest, pytest.mark.wide]
# what kubeadm would leave when the node joins: without it no kubelet starts
JOINED = SeedFile("/var/lib/kubelet/config.yaml", b"kind: KubeletConfiguration\n")
# the fault that a seed can bring: a baked file with other bytes
CHANGED = SeedFile("/usr/lib/imagegen/node.env", b"NODE_NAME=somebody\n")
JUDGED = (("sh", "-c", "while ! [ -e /run/imagegen/verdict.json ]; do sleep 1; done"),
          ("sh", "-c", "while systemctl -q is-active imagegen-check; do sleep 1; done"),
          ("sh", "-c", "until systemctl -q is-active cloud-final; do sleep 1; done"),
          ("sleep", "5"))
BEGAN = "/run/kubelet-began"
LIMIT = 420.0



def template(*files: SeedFile) -> Template:
    identity = NodeIdentity("node-1", level="kernel", files=(JOINED, *files))
    return frozen(Recipe(image_of("gated-node"), identity, prepare=JUDGED))


@pytest.fixture(scope="module")
def green_node() -> Template:
    return template()


@pytest.fixture(scope="module")
def red_node() -> Template:
    return template(CHANGED)


@pytest.fixture
def green(green_node: Template) -> Iterator[NodeClone]:
    with clone(green_node) as node:
        yield node


@pytest.fixture
def red(red_node: Template) -> Iterator[NodeClone]:
    with clone(red_node) as node:
        yield node


def shown(node: NodeClone, unit: str, name: str) -> str:
    return node.run(["systemctl", "show", "--value", "-p", name, unit]).stdout.strip()


def held(node: NodeClone) -> bool:
    return node.run(["test", "-e", BEGAN], check=False).code != 0


def opened(node: NodeClone, seconds: float) -> float:
    """When the kubelet began, in seconds after the boot."""
    deadline = time.monotonic() + seconds
    while held(node):
        assert time.monotonic() < deadline, node.run(["systemctl", "list-jobs"]).stdout
        time.sleep(2)
    return float(node.read(BEGAN).split()[0])


def journal(node: NodeClone) -> str:
    return node.run(["journalctl", "-b", "-t", "imagegen-gate", "-o", "cat"]).stdout


def console(node: NodeClone) -> str:
    return node.guest.machine.console.read_text(errors="replace")


def motd(node: NodeClone) -> str:
    return node.run(["cat", "/run/motd.d/imagegen"], check=False).stdout


def test_on_a_green_node_the_kubelet_starts_after_the_verdict(green: NodeClone) -> None:
    began = opened(green, 60)
    verdict = json.loads(green.read("/run/imagegen/verdict.json"))
    assert verdict["seconds"]["uptime"] <= began
    assert "the kubelet starts: GREEN level kernel" in journal(green)
    assert shown(green, "imagegen-gate.service", "ActiveState") == "active"
    assert shown(green, "kubelet.service", "ActiveState") == "active"
    assert motd(green) == ""
    assert green.run(["systemctl", "is-system-running"], check=False).stdout == "running\n"


def test_on_a_red_node_the_kubelet_waits_and_the_boot_goes_on(red: NodeClone) -> None:
    assert held(red)
    assert "kubelet.service" in red.run(["systemctl", "list-jobs"]).stdout
    assert shown(red, "multi-user.target", "ActiveState") == "active"
    assert shown(red, "cloud-final.service", "ActiveState") == "active"
    assert f"the kubelet waits until this node is green, {LIMIT:g} s at most: RED" in journal(red)
    assert "touch /run/imagegen/gate-open" in journal(red)


def test_a_login_says_so(red: NodeClone) -> None:
    assert motd(red).splitlines()[1].startswith("  file.node.env: other bytes")
    assert "The kubelet waits" in motd(red) and "imagegen.gate=open" in motd(red)
    red.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/key"])
    red.run(["sh", "-c", "mkdir -p /root/.ssh; cat /root/key.pub >>/root/.ssh/authorized_keys"])
    login = red.run(["sh", "-c", "echo exit | ssh -tt -i /root/key -o StrictHostKeyChecking=no "
                     "-o BatchMode=yes root@127.0.0.1"], check=False).stdout
    assert "this node is RED" in login and "gate-open" in login, login


def test_a_person_opens_the_gate(red: NodeClone) -> None:
    red.run(["touch", "/run/imagegen/gate-open"])
    opened(red, 60)
    assert "the kubelet starts: /run/imagegen/gate-open is there (RED" in journal(red)
    assert "The kubelet starts: /run/imagegen/gate-open" in motd(red)
    assert "the kubelet starts: /run/imagegen/gate-open" in console(red)


def test_the_mended_node_opens_the_gate(red: NodeClone) -> None:
    red.write(CHANGED.path, mended())
    red.run(["systemctl", "restart", "imagegen-check.service"])
    opened(red, 120)
    assert "the kubelet starts: GREEN" in journal(red)
    assert motd(red) == ""


def mended() -> bytes:
    return rendered("gated-node").node.files[CHANGED.path[1:]].data


def test_a_dead_gate_and_a_jump_of_the_clock_do_not_hold_the_kubelet_for_ever(
    red: NodeClone,
) -> None:
    """The check's program is gone and the gate's process dies: the shell's part holds and opens."""
    red.run(["date", "-s", "2001-01-01"])
    red.run(["rm", "/usr/lib/imagegen/ipvs-check.pyz"])
    red.run(["pkill", "-f", "ipvs-check gate"])
    red.run(["sleep", "3"])
    assert held(red)
    assert "to start it now: touch /run/imagegen/gate-open" in console(red)
    red.run(["touch", "/run/imagegen/gate-open"])
    opened(red, 60)


def test_the_time_is_over_and_it_is_heard_of(red: NodeClone) -> None:
    began = opened(red, LIMIT + 120)
    started = float(shown(red, "imagegen-gate.service", "InactiveExitTimestampMonotonic")) / 1e6
    assert began > started + LIMIT - 1
    assert "the time is over: the kubelet starts after 420 s" in journal(red)
    assert "the time is over: the kubelet starts after 420 s" in console(red)
    assert "The time is over" in motd(red)
    assert shown(red, "imagegen-gate.service", "ActiveState") == "failed"
    red.run(["systemctl", "restart", "kubelet.service"], timeout=60)
    assert shown(red, "kubelet.service", "ActiveState") == "active"


@pytest.mark.parametrize("fault", GATE_FAULTS, ids=lambda fault: fault.name)
def test_a_gate_that_would_not_hold_is_red(green: NodeClone, fault: Fault) -> None:
    judged_right(green, fault, "kernel")
    mended_right(green, fault, "kernel")
