"""A machine's arguments, its control connection, and that nothing of it survives."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from imagegen.bake.accelerator import Accelerator
from imagegen.boot.machine import (
    Disk,
    Machine,
    Port,
    PortKind,
    SegmentNet,
    UserNet,
    image_format,
    overlay,
    qemu_argv,
    running,
)
from imagegen.boot.qmp import QmpError, connect_unix
from imagegen.common.console import clean, dead_end, tail
from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import private_dir, sha256_file
from tests.boot.sectors import write_disk


@pytest.fixture
def folder() -> Iterator[Path]:
    with private_dir() as path:
        yield path


def following(argv: list[str], option: str) -> list[str]:
    return [argv[at + 1] for at, word in enumerate(argv) if word == option]


def gone(pid: int) -> bool:
    return not Path(f"/proc/{pid}").exists()


def test_argv_of_a_whole_machine() -> None:
    argv = qemu_argv(Machine(
        folder=Path("/f"), disks=(Disk(Path("/f/disk.qcow2")),), seed=Path("/f/seed.iso"),
        ports=(Port("a.b"), Port("c.d", PortKind.SOCKET)), memory=768, mac="52:54:00:00:00:07"))
    assert following(argv, "-accel") == ["tcg,thread=multi"]
    assert following(argv, "-smp") == ["2"] and following(argv, "-m") == ["768"]
    assert following(argv, "-drive") == [
        "if=none,id=disk0,file=/f/disk.qcow2,format=qcow2,readonly=off,cache=unsafe,discard=unmap",
        "if=none,id=disk1,file=/f/seed.iso,format=raw,readonly=on,cache=unsafe,discard=unmap"]
    assert "virtserialport,bus=ports.0,nr=2,chardev=port1,name=c.d" in following(argv, "-device")
    assert "virtio-net-pci,netdev=net0,mac=52:54:00:00:00:07,romfile=" in following(argv, "-device")
    assert "file,id=port0,path=/f/a.b.port" in following(argv, "-chardev")
    assert "socket,id=port1,path=/f/c.d.port,server=on,wait=off" in following(argv, "-chardev")


def test_argv_on_kvm_and_on_a_segment() -> None:
    argv = qemu_argv(Machine(folder=Path("/f"), accelerator=Accelerator.KVM,
                             network=SegmentNet(Path("/f/a,b.sock"))))
    assert following(argv, "-accel") == ["kvm"]
    assert following(argv, "-netdev")[0].endswith('"path": "/f/a,b.sock"}}')


def test_a_comma_in_a_path_stays_in_the_path() -> None:
    argv = qemu_argv(Machine(folder=Path("/a,b=c")))
    assert "file,id=console,path=/a,,b=c/console.log" in following(argv, "-chardev")


def test_user_network_of_another_range() -> None:
    net = UserNet("192.168.1.0/24", "192.168.1.2", "192.168.1.142")
    assert following(qemu_argv(Machine(folder=Path("/f"), network=net)), "-netdev") == [
        "user,id=net0,net=192.168.1.0/24,host=192.168.1.2,dhcpstart=192.168.1.142,restrict=off"]


def test_control_of_a_real_machine(folder: Path) -> None:
    with running(Machine(folder=folder, memory=64, extra=("-S",))) as guest:
        assert guest.qmp.status() in ("prelaunch", "paused")
        guest.qmp.command("cont")
        assert guest.qmp.status() == "running"
        guest.qmp.command("system_reset")
        guest.qmp.status()
        assert "RESUME" in [event["event"] for event in guest.qmp.events]
        with pytest.raises(QmpError, match="refused no-such-command"):
            guest.qmp.command("no-such-command")
        guest.qmp.quit()
        assert guest.wait_end(20)
    guest.qmp.quit()


def test_a_folder_with_commas_works(folder: Path) -> None:
    odd = folder / "a,b c=d"
    odd.mkdir()
    write_disk(odd / "disk,1.raw", "hello from the sector")
    disk = overlay(odd / "disk,1.raw", odd / "over,lay.qcow2")
    with running(Machine(folder=odd, disks=(disk,), memory=64, ports=(Port("x"),))) as guest:
        _until(lambda: "hello from the sector" in tail(guest.machine.console))
        assert guest.machine.port("x").exists()


def _until(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "did not happen"
        time.sleep(0.05)


def test_nothing_survives_an_error_inside(folder: Path) -> None:
    with (pytest.raises(ZeroDivisionError),
          running(Machine(folder=folder, memory=64, extra=("-S",))) as guest):
        raise ZeroDivisionError
    assert gone(guest.pid)


def test_a_machine_that_cannot_start_says_why(folder: Path) -> None:
    machine = Machine(folder=folder, disks=(Disk(folder / "nothing.qcow2"),), memory=64)
    with pytest.raises(ToolError, match=r"(?s)QEMU ended by itself \(exit 1\).*nothing\.qcow2"), \
            running(machine):
        pass


def test_a_killed_qemu_is_noticed(folder: Path) -> None:
    with running(Machine(folder=folder, memory=64, extra=("-S",))) as guest:
        guest.require_hope()
        os.kill(guest.pid, signal.SIGKILL)
        assert guest.wait_end(20) and not guest.alive()
        with pytest.raises(ToolError, match=r"QEMU ended by itself \(exit -9\)"):
            guest.require_hope()
        with pytest.raises(ToolError, match="QEMU ended by itself"):
            guest.press_power()


def test_qemu_dies_with_its_killed_parent(folder: Path) -> None:
    program = (
        "import sys, time\nfrom pathlib import Path\n"
        "from imagegen.boot.machine import Machine, running\n"
        "with running(Machine(folder=Path(sys.argv[1]), memory=64, extra=('-S',))) as guest:\n"
        "    print(guest.pid, flush=True)\n    time.sleep(600)\n")
    with subprocess.Popen([sys.executable, "-c", program, str(folder)],
                          stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        pid = int(parent.stdout.readline())
        assert not gone(pid)
        parent.kill()
    _until(lambda: gone(pid))


def test_a_path_too_long_for_a_socket_is_refused(folder: Path) -> None:
    deep = folder / ("x" * 90)
    with pytest.raises(InputError, match="107 bytes") as caught, running(Machine(folder=deep)):
        pass
    assert "TMPDIR" in caught.value.hint


def test_a_socket_that_nobody_makes(folder: Path) -> None:
    with pytest.raises(QmpError, match="does not answer"):
        connect_unix(folder / "none.sock", seconds=0.1)


def test_an_overlay_leaves_its_image_alone(folder: Path) -> None:
    image = write_disk(folder / "disk.raw", "x")
    before = sha256_file(image)
    disk = overlay(image, folder / "overlay.qcow2")
    assert image_format(image) == "raw" and image_format(disk.path) == "qcow2"
    subprocess.run(["qemu-io", "-c", "write -P 7 0 512", str(disk.path)], check=True,
                   capture_output=True)
    assert sha256_file(image) == before


def test_no_image_is_an_error(folder: Path) -> None:
    with pytest.raises(InputError, match=r"qemu-img can open: .*No such file"):
        image_format(folder / "nothing")


def test_console_text_is_cleaned() -> None:
    assert clean("\x1b[0;32m  OK  \x1b[0m\r\nlogin: \x1b]0;t\x07\x08x") == "  OK  \nlogin: x"


@pytest.mark.parametrize(("said", "why"), [
    ("[  1.0] Kernel panic - not syncing: VFS: Unable to mount root", "kernel panicked"),
    ("You are in emergency mode. After logging in", "emergency mode"),
    ("BusyBox v1.35\n\n(initramfs) ", "no root file system"),
    ("error: no such device: 1234.\ngrub rescue> ", "boot loader gave up"),
    ("systemd[1]: Running in initrd (initramfs) mode", None)])
def test_dead_ends(folder: Path, said: str, why: str | None) -> None:
    (folder / "console.log").write_text(said)
    found = dead_end(folder / "console.log", folder / "firmware.log")
    assert (found is None) if why is None else (why in (found or ""))
