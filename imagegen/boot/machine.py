"""One QEMU machine: described as data, worked out into arguments, run as a context."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from imagegen.bake.accelerator import Accelerator
from imagegen.bake.tools import find_tool
from imagegen.boot.qmp import Qmp, QmpError, connect_unix
from imagegen.common.console import TAIL_LINES, clean, dead_end, tail
from imagegen.common.errors import InputError, ToolError
from imagegen.common.files import SUN_PATH
from imagegen.common.run import run, started
from imagegen.knowledge.tools import Tool

START_SECONDS = 60.0
# what a firmware looks for at the end of a disk's first sector, on a GPT disk as well
SECTOR, BOOT_SIGNATURE = 512, b"\x55\xaa"


@dataclass(frozen=True, slots=True)
class Disk:
    """A virtio disk: its file, its format, and whether the guest may only read it."""

    path: Path
    format: str = "qcow2"
    readonly: bool = False


class PortKind(StrEnum):
    """Where a guest's port ends on the host: a socket to talk over, a file that only grows."""

    SOCKET = "socket"
    FILE = "file"


@dataclass(frozen=True, slots=True)
class Port:
    """A virtio-serial port, /dev/virtio-ports/NAME in the guest."""

    name: str
    kind: PortKind = PortKind.FILE


@dataclass(frozen=True, slots=True)
class UserNet:
    """QEMU's own user network: the host answers at `host`, DHCP begins at `dhcpstart`."""

    net: str = "10.0.2.0/24"
    host: str = "10.0.2.2"
    dhcpstart: str = "10.0.2.15"


@dataclass(frozen=True, slots=True)
class SegmentNet:
    """A place on a shared network segment (boot/segment.py): the unix socket of its switch."""

    socket: Path


@dataclass(frozen=True, slots=True)
class Machine:
    """A guest to be. Everything that QEMU makes lies in `folder`, private and the caller's.

    `memory` is in MiB; `extra` are arguments at the end, for what only a test needs.
    """

    folder: Path
    disks: tuple[Disk, ...] = ()
    seed: Path | None = None
    ports: tuple[Port, ...] = ()
    memory: int = 1024
    cpus: int = 2
    accelerator: Accelerator = Accelerator.TCG
    mac: str = "52:54:00:12:34:56"
    network: UserNet | SegmentNet = UserNet()
    kind: str = "pc"
    extra: tuple[str, ...] = ()

    @property
    def control(self) -> Path:
        """The QMP socket."""
        return self.folder / "qmp.sock"

    @property
    def console(self) -> Path:
        """The serial console's log."""
        return self.folder / "console.log"

    @property
    def firmware(self) -> Path:
        """What SeaBIOS says on its debug port."""
        return self.folder / "firmware.log"

    @property
    def output(self) -> Path:
        """QEMU's own messages."""
        return self.folder / "qemu.log"

    def port(self, name: str) -> Path:
        """The host's end of a port: a socket or a file."""
        return self.folder / f"{name}.port"


def qemu_argv(machine: Machine) -> list[str]:
    """The whole command line of a machine; pure."""
    return [
        Tool.QEMU.value, "-name", "imagegen", "-machine", machine.kind,
        *_accel(machine.accelerator),
        "-cpu", "max", "-smp", str(machine.cpus), "-m", str(machine.memory),
        "-nodefaults", "-no-user-config", "-display", "none",
        "-chardev", options("socket", id="control", path=machine.control, server="on", wait="off"),
        "-mon", "chardev=control,mode=control",
        *_logs(machine), *_network(machine), *_disks(machine), *_ports(machine),
        "-object", "rng-random,id=entropy,filename=/dev/urandom",
        "-device", "virtio-rng-pci,rng=entropy",
        *machine.extra,
    ]


def _accel(accelerator: Accelerator) -> list[str]:
    # thread=multi beats one vCPU by 1.5 x in wall time, thread=single is far worse (measured)
    return ["-accel", "kvm" if accelerator is Accelerator.KVM else "tcg,thread=multi"]


def _logs(machine: Machine) -> list[str]:
    return [
        "-chardev", options("file", id="console", path=machine.console),
        "-serial", "chardev:console",
        "-chardev", options("file", id="firmware", path=machine.firmware),
        "-device", "isa-debugcon,iobase=0x402,chardev=firmware",
    ]


def _network(machine: Machine) -> list[str]:
    return ["-netdev", netdev("net0", machine.network),
            # no boot ROM: the firmware must not try the network before the disk
            "-device", options("virtio-net-pci", netdev="net0", mac=machine.mac, romfile="")]


def netdev(name: str, network: UserNet | SegmentNet) -> str:
    """The value of -netdev for a network."""
    if isinstance(network, SegmentNet):
        return json.dumps({"type": "stream", "id": name, "server": False,
                           "addr": {"type": "unix", "path": str(network.socket)}})
    return options("user", id=name, net=network.net, host=network.host,
                    dhcpstart=network.dhcpstart, restrict="off")


def _disks(machine: Machine) -> list[str]:
    seed = () if machine.seed is None else (Disk(machine.seed, "raw", readonly=True),)
    argv: list[str] = []
    for index, disk in enumerate((*machine.disks, *seed)):
        # every disk that a guest writes to is thrown away, so no write need reach the platter
        drive = options("if=none", id=f"disk{index}", file=disk.path, format=disk.format,
                         readonly="on" if disk.readonly else "off", cache="unsafe", discard="unmap")
        device = options("virtio-blk-pci", drive=f"disk{index}", bootindex=index)
        argv += ["-drive", drive, "-device", device]
    return argv


def _ports(machine: Machine) -> list[str]:
    argv = ["-device", "virtio-serial-pci,id=ports"] if machine.ports else []
    for index, port in enumerate(machine.ports):
        wait = {"server": "on", "wait": "off"} if port.kind is PortKind.SOCKET else {}
        chardev = options(port.kind, id=f"port{index}", path=machine.port(port.name), **wait)
        device = options("virtserialport", bus="ports.0", nr=index + 1, chardev=f"port{index}",
                          name=port.name)
        argv += ["-chardev", chardev, "-device", device]
    return argv


def options(head: str, **pairs: object) -> str:
    """QEMU's `head,key=value,…`, in which a comma inside a value is written twice."""
    return ",".join([head, *(f"{key}={str(value).replace(',', ',,')}"
                             for key, value in pairs.items())])


class Guest:
    """A running machine: its control connection, its process, and when its power went on."""

    def __init__(self, machine: Machine, child: subprocess.Popen[bytes], qmp: Qmp, since: float,
                 ) -> None:
        self.machine, self.qmp, self._child = machine, qmp, child
        self.since = since

    @property
    def pid(self) -> int:
        """QEMU's process id."""
        return self._child.pid

    def seconds(self) -> float:
        """Seconds since power-on."""
        return time.monotonic() - self.since

    def alive(self) -> bool:
        """Whether QEMU still runs."""
        return self._child.poll() is None

    def require_hope(self) -> None:
        """Raise ToolError when QEMU is dead or the console shows that this guest is lost."""
        if not self.alive():
            raise died(self.machine.output, self._child.returncode)
        if reason := dead_end(self.machine.console, self.machine.firmware):
            raise ToolError(f"{reason}{self.last_seen()}")

    def last_seen(self, lines: int = TAIL_LINES) -> str:
        """The console's last lines, as an error shows them."""
        seen = tail(self.machine.console, lines)
        return "".join(f"\n  | {line}" for line in seen) or "\n  | (the console stayed empty)"

    def press_power(self) -> None:
        """Ask the guest to shut down, as the power button does. Raises ToolError."""
        if not self.alive():
            raise died(self.machine.output, self._child.returncode)
        self.qmp.command("system_powerdown")

    def end(self, seconds: float) -> bool:
        """Give the guest so many seconds to shut down, then end it; whether it went by itself."""
        if self.wait_end(seconds):
            return True
        self.qmp.quit()
        return False

    def wait_end(self, seconds: float) -> bool:
        """Whether QEMU ends within so many seconds."""
        try:
            self._child.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True


@contextmanager
def running(machine: Machine) -> Iterator[Guest]:
    """Power a machine on; whatever happens inside, it is gone afterwards. Raises ToolError."""
    find_tool(Tool.QEMU)
    _require_short(machine)
    with (machine.output.open("ab") as output,
          started(qemu_argv(machine), cwd=machine.folder, stdout=output) as child):
        since = time.monotonic()
        with controlled(child, machine.control, machine.output) as qmp:
            yield Guest(machine, child, qmp, since)


@contextmanager
def controlled(child: subprocess.Popen[bytes], control: Path, output: Path) -> Iterator[Qmp]:
    """The control connection of a QEMU that just started. Raises ToolError with its last words."""
    try:
        qmp = Qmp(connect_unix(control, START_SECONDS, lambda: child.poll() is None))
    except QmpError as error:
        # a QEMU that refuses its arguments may have closed the socket a moment before it ends
        with suppress(subprocess.TimeoutExpired):
            raise died(output, child.wait(2)) from error
        raise
    try:
        yield qmp
    finally:
        qmp.close()


def died(output: Path, code: int) -> ToolError:
    """The error for a QEMU that ended by itself, with its own last words."""
    words = "".join(f"\n  | {line}" for line in tail(output)) or "\n  | (no message)"
    return ToolError(f"QEMU ended by itself (exit {code}){words}")


def _require_short(machine: Machine) -> None:
    sockets = (port for port in machine.ports if port.kind is PortKind.SOCKET)
    paths = [machine.control, *(machine.port(port.name) for port in sockets)]
    longest = max(paths, key=lambda path: len(bytes(path)))
    if len(bytes(longest)) > SUN_PATH:
        raise InputError(f"a socket's path may have {SUN_PATH} bytes: {longest}",
                         hint="set TMPDIR to a folder with a shorter path")


def image_format(image: Path) -> str:
    """`qcow2`, `raw`, … as qemu-img sees it. Raises InputError for what it cannot open."""
    done = run([find_tool(Tool.QEMU_IMG), "info", "--output=json", str(image.resolve())],
               check=False)
    if done.code:
        reason = clean(done.output).strip().rpartition("\n")[2] or f"exit code {done.code}"
        raise InputError(f"{image} is no disk image that qemu-img can open: {reason}",
                         hint="give an image that `imagegen build` made")
    # a warning may come before the object: both streams are one
    return str(json.loads(done.output[done.output.index("{"):])["format"])


def require_bootable(image: Path) -> None:
    """Raises InputError for a file that no firmware can boot from, such as a text."""
    if image_format(image) != "raw":
        return
    with image.open("rb") as file:
        sector = file.read(SECTOR)
    if not sector.endswith(BOOT_SIGNATURE) or len(sector) < SECTOR:
        raise InputError(f"{image} is no disk image: qemu-img finds no format in it, and as a raw "
                         "disk it has no boot sector",
                         hint="give an image that `imagegen build` made")


def overlay(image: Path, target: Path, base_format: str | None = None) -> Disk:
    """A throwaway disk that shows an image and keeps every write to itself."""
    base = base_format or image_format(image)
    run([find_tool(Tool.QEMU_IMG), "create", "-q", "-f", "qcow2", "-b", str(image.resolve()),
         "-F", base, str(target)])
    return Disk(target)
