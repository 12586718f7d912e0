"""Boot once, freeze, clone: the clones are fresh, alone, and leave nothing behind."""

from __future__ import annotations

import os
import time
from contextlib import ExitStack
from pathlib import Path

import pytest

from imagegen.boot.seed import NodeIdentity
from imagegen.common.errors import ToolError
from imagegen.common.files import sha256_file
from tests.guests import harness
from tests.guests.harness import Recipe, Template, clone, frozen

pytestmark = pytest.mark.guest
FROZEN = ("disk.qcow2", "memory", "devices", "seed.iso")


@pytest.fixture
def template(full_node: Template) -> Template:
    """Any frozen node will do: this one is there already."""
    return full_node


def digests(template: Template) -> dict[str, str]:
    return {name: sha256_file(template.folder / name) for name in FROZEN}


def test_a_template_is_made_once(template: Template, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*_: object) -> None:
        raise AssertionError("booted again")
    monkeypatch.setattr(harness, "_freeze", never)
    assert frozen(template.recipe) == template
    with pytest.raises(AssertionError, match="booted again"):
        frozen(Recipe(template.recipe.image, NodeIdentity("other", level="kernel")))


def test_each_clone_is_fresh_and_the_template_stays(template: Template) -> None:
    before = digests(template)
    for _ in range(2):
        with clone(template) as node:
            assert node.run(["test", "-e", "/root/mark"], check=False).code == 1
            node.write("/root/mark", b"mine")
            node.run(["sync"])
            node.run(["sysctl", "-qw", "kernel.domainname=marked"])
            assert node.read("/root/mark") == b"mine"
    assert digests(template) == before


def test_clones_at_once_do_not_see_each_other(template: Template) -> None:
    with ExitStack() as stack:
        nodes = [stack.enter_context(clone(template)) for _ in range(3)]
        for number, node in enumerate(nodes):
            node.write("/root/mark", str(number).encode())
        assert [node.read("/root/mark") for node in nodes] == [b"0", b"1", b"2"]


def test_a_clone_knows_the_time(template: Template) -> None:
    """It was frozen in the past: its clock must be the host's, and not go on from there."""
    frozen_at = (template.folder / "memory").stat().st_mtime
    with clone(template) as node:
        said = int(node.run(["date", "+%s"]).stdout)
        assert abs(time.time() - said) < said - frozen_at


def test_the_seed_arrived(template: Template) -> None:
    with clone(template) as node:
        assert node.read("/etc/imagegen/node.env") == b"NODE_NAME=node-1\n"
        assert node.run(["hostname"]).stdout == "node-1\n"
        assert node.run(["systemctl", "is-system-running"]).stdout == "running\n"


def test_nothing_is_left_of_a_clone(template: Template) -> None:
    with pytest.raises(ZeroDivisionError), clone(template) as node:
        raise ZeroDivisionError
    with pytest.raises(ProcessLookupError):
        os.kill(node.guest.pid, 0)
    assert not node.guest.machine.folder.exists()


def test_a_command_that_fails_is_told_with_its_words(template: Template) -> None:
    with clone(template) as node:
        with pytest.raises(ToolError, match="gave 2 on the guest:\nls: cannot access '/nowhere'"):
            node.run(["ls", "/nowhere"])
        node.run(["rm", "/usr/lib/imagegen/ipvs-check.pyz"])
        with pytest.raises(ToolError, match="the check gave no verdict"):
            node.check("kernel")


def test_a_clone_reaches_the_host_of_its_network(template: Template) -> None:
    with clone(template) as node:
        assert node.run(["ip", "-4", "route", "get", template.recipe.network.host]).code == 0


def test_a_reboot_is_a_new_boot_of_the_same_node(template: Template) -> None:
    with clone(template) as node:
        before = node.read("/proc/sys/kernel/random/boot_id")
        identity = node.read("/etc/machine-id")
        node.write("/root/mark", b"kept")
        node.reboot()
        assert node.read("/proc/sys/kernel/random/boot_id") != before
        assert (node.read("/etc/machine-id"), node.read("/root/mark")) == (identity, b"kept")


def test_old_templates_are_swept(tmp_path: Path) -> None:
    old, young = tmp_path / "old", tmp_path / "young"
    old.mkdir()
    young.mkdir()
    os.utime(old, (0, 0))
    harness._sweep(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["young"]
