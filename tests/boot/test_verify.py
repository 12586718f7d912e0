"""Verify on guests that never answer, and what makes clones distinct."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.distinct import distinct
from imagegen.boot.seed import NodeIdentity
from imagegen.boot.segment import Lease
from imagegen.boot.verify import NodeReport, identities, unchanged, verify
from imagegen.common.errors import InputError, ToolError, UnhealthyError
from imagegen.common.progress import Progress, Silent
from imagegen.common.run import run
from tests.boot.sectors import DISK, write_disk
from tests.progress import Told

NODE = NodeIdentity("node", level="kernel")


def failing(image: Path, logs: Path, timeout: float = 120, clones: int = 1,
            progress: Progress | None = None) -> ToolError:
    with pytest.raises(ToolError) as caught:
        verify(image, identity=NODE, timeout=timeout, accelerator=Accelerator.TCG, clones=clones,
               progress=progress or Silent(), keep_log=logs, memory=64)
    return caught.value


def test_a_guest_that_never_answers(tmp_path: Path) -> None:
    image = write_disk(tmp_path / "disk.raw", "first line\r\nlast words")
    heard = Told()
    error = failing(image, tmp_path / "logs", timeout=4, progress=heard)
    assert "node gave no verdict within 4 s; last seen on its console:\n  | first line\n" \
           "  | last words" in error.what
    log = tmp_path / "logs" / "node.console.log"
    assert str(log) in error.hint and log.read_text() == "first line\nlast words\n"
    assert "last words" in heard.lines and "asked for: tcg" in heard.steps[0]


def test_one_silent_clone_of_two_is_named(tmp_path: Path) -> None:
    image = write_disk(tmp_path / "disk.raw", "alive")
    error = failing(image, tmp_path / "logs", timeout=4, clones=2)
    assert "node-1 gave no verdict" in error.what
    assert {path.name for path in (tmp_path / "logs").iterdir()} == {
        "node-1.console.log", "node-2.console.log"}


def test_a_panic_ends_the_wait(tmp_path: Path) -> None:
    image = write_disk(tmp_path / "disk.raw", "Kernel panic - not syncing: no init found")
    error = failing(image, tmp_path / "logs", timeout=600)
    assert error.what.startswith(
        "the guest's kernel panicked (Kernel panic - not syncing: no init found)")


def test_a_disk_that_boots_nothing_ends_the_wait(tmp_path: Path) -> None:
    image = tmp_path / "disk.qcow2"
    run(["qemu-img", "create", "-q", "-f", "qcow2", str(image), str(DISK)])
    error = failing(image, tmp_path / "logs", timeout=600)
    assert "No bootable device" in error.what and "console stayed empty" in error.what


def test_what_is_no_image(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="there is no image"):
        verify(tmp_path / "x", identity=NODE, timeout=1, accelerator=Accelerator.TCG,
               progress=Silent())


@pytest.mark.parametrize(("data", "words"), [
    (b"a text, not an image\n", "qemu-img finds no format in it"),
    (b"", "qemu-img finds no format in it"),
    (b"\0" * DISK, "it has no boot sector"),
    (b"QFI\xfb\0\0\0\3cut off", "is no disk image that qemu-img can open"),
])
def test_what_no_firmware_can_boot_is_refused_before_the_boot(tmp_path: Path, data: bytes,
                                                              words: str) -> None:
    image, heard = tmp_path / "x.qcow2", Told()
    image.write_bytes(data)
    with pytest.raises(InputError, match=words) as caught:
        verify(image, identity=NODE, timeout=1, accelerator=Accelerator.TCG, progress=heard)
    assert str(image) in caught.value.what and heard.steps == []


@pytest.mark.parametrize("clones", [0, 17])
def test_too_many_clones(tmp_path: Path, clones: int) -> None:
    with pytest.raises(InputError, match="clones"):
        verify(tmp_path, identity=NODE, timeout=1, accelerator=Accelerator.TCG,
               progress=Silent(), clones=clones)


def test_a_changed_image_is_found(tmp_path: Path) -> None:
    image = tmp_path / "image"
    image.write_bytes(b"a")
    with unchanged(image):
        pass
    with pytest.raises(UnhealthyError, match="changed while guests ran"), unchanged(image):
        image.write_bytes(b"b")


def test_clones_are_numbered() -> None:
    assert identities(NODE, 1) == [NODE]
    node = replace(NODE, address="10.0.2.15")
    assert [(each.name, each.host, each.instance, each.address)
            for each in identities(node, 2)] == [
        ("node-1", "node-1", "imagegen-node-1", None),
        ("node-2", "node-2", "imagegen-node-2", None)]


def reports(**change: Any) -> list[NodeReport]:
    """Two healthy clones; `change` is made to the second's node, or to its `lease`."""
    made = []
    for number in (1, 2):
        node = {"hostname": f"n{number}", "machineId": f"m{number}", "bootId": f"b{number}",
                "sshHostKeys": [f"SHA256:{number}a", f"SHA256:{number}b"],
                "addresses": [f"10.0.2.1{number}/24", "10.254.0.1/32"]}
        lease = Lease(f"10.0.2.1{number}", f"id{number}")
        if number == 2:
            lease = change.pop("lease", lease)
            node |= change
        verdict = json.dumps({"node": node}).encode()
        made.append(NodeReport(f"n{number}", verdict, 1.0, (), f"mac{number}", lease, True))
    return made


def test_healthy_clones_are_distinct() -> None:
    assert distinct(reports()) == ()


@pytest.mark.parametrize(("change", "sentence"), [
    ({"hostname": "n1"}, "n1 and n2 have the same hostname: n1"),
    ({"machineId": "m1"}, "n1 and n2 have the same machine-id: m1"),
    ({"bootId": "b1"}, "n1 and n2 have the same boot id: b1"),
    ({"sshHostKeys": ["SHA256:2", "SHA256:1b"]}, "n1 and n2 have the same ssh host key: SHA256:1b"),
    ({"lease": Lease("10.0.2.11", "id2")}, "n1 and n2 have the same leased address: 10.0.2.11"),
    ({"lease": Lease("10.0.2.12", "id1")}, "n1 and n2 have the same DHCP client id: id1"),
    ({"lease": None}, "n2 took no lease on the shared segment")])
def test_what_clones_share_is_found(change: dict[str, Any], sentence: str) -> None:
    assert distinct(reports(**change)) == (sentence,)
