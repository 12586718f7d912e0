"""Boot a guest once, freeze it, and wake as many clones of it as tests want, in a second each.

A frozen template is three files: the disk as the guest left it, its memory, and the state of its
devices. A clone is a new QEMU with the same devices that maps the memory privately, writes to an
overlay of the disk, and takes up the state; no clone sees another's writes.
"""

from __future__ import annotations

import base64
import json
import os
import platform
import shutil
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from imagegen.bake.accelerator import choose_accelerator
from imagegen.bake.tools import find_tool
from imagegen.boot.machine import (
    Disk,
    Guest,
    Machine,
    Port,
    PortKind,
    UserNet,
    image_format,
    options,
    overlay,
    qemu_argv,
    running,
)
from imagegen.boot.qmp import connect_unix
from imagegen.boot.seed import NodeIdentity, node_seed, node_volume
from imagegen.boot.verify import VERDICT_PORT, unchanged
from imagegen.common.errors import ToolError
from imagegen.common.files import private_dir, sha256_bytes, sha256_file
from imagegen.common.places import cache_dir
from imagegen.common.run import run
from imagegen.knowledge.tools import Tool
from imagegen.render.seed import SeedFile
from tests.node.verdicts import validated

AGENT_PORT = "org.imagegen.agent"
AGENT = "/usr/local/lib/imagegen-test/agent.py"
AGENT_UNIT = "imagegen-test-agent.service"
CHECK = ("/usr/bin/python3", "-I", "-S", "/usr/bin/ipvs-check", "run", "--json",
         "--no-wait")
BOOT_SECONDS = 900.0
WAKE_SECONDS = 60.0
KEPT_HOURS = 6
NEW = ".new-"
SHARED_MEMORY = Path("/dev/shm")
OWN_NET = UserNet()
IGNORE_SHARED = [{"capability": "x-ignore-shared", "state": True}]

_UNIT = f"""[Unit]
Description=The hand of imagegen's tests
[Service]
ExecStart=/usr/bin/python3 -E -S {AGENT}
Restart=always
RestartSec=1
[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, slots=True)
class Ran:
    """A command that ran on a guest."""

    code: int | None
    stdout: str
    stderr: str


class Agent:
    """The host's end of the agent in a guest (agent.py)."""

    def __init__(self, channel: socket.socket, hope: Callable[[], None] = lambda: None) -> None:
        self._channel, self._hope = channel, hope
        self._rest = b""
        self._last = 0

    def call(self, do: str, seconds: float = 60.0, **arguments: Any) -> dict[str, Any]:
        """One request and its answer. Raises ToolError where none comes in time."""
        self._last += 1
        request = {"id": self._last, "do": do, "with": arguments}
        self._send(json.dumps(request).encode() + b"\n", seconds)
        answer = self._answer(self._last, time.monotonic() + seconds)
        if "error" in answer:
            raise ToolError(f"the agent could not {do} {arguments}: {answer['error']}")
        return answer

    def await_first(self, seconds: float) -> None:
        """Wait until the agent is there at all, which after a boot is a matter of minutes."""
        deadline = time.monotonic() + seconds
        while True:
            with suppress(ToolError):
                # what was asked before the agent opened its port may be lost: ask again
                self.call("clock", seconds=1.0, now=time.time())
                return
            self._hope()
            if time.monotonic() > deadline:
                raise ToolError(f"the guest's agent did not answer within {seconds:g} s")

    def _answer(self, wanted: int, deadline: float) -> dict[str, Any]:
        while True:
            while b"\n" not in self._rest:
                self._channel.settimeout(max(0.01, deadline - time.monotonic()))
                self._rest += self._received()
            line, _, self._rest = self._rest.partition(b"\n")
            answer: dict[str, Any] = json.loads(line)
            if answer["id"] == wanted:
                return answer

    def _send(self, data: bytes, seconds: float) -> None:
        self._channel.settimeout(seconds)
        try:
            self._channel.sendall(data)
        except OSError as error:
            raise ToolError(f"the guest's agent takes no request ({error})") from None

    def _received(self) -> bytes:
        try:
            data = self._channel.recv(1 << 20)
        except TimeoutError:
            raise ToolError("the guest's agent does not answer") from None
        if not data:
            raise ToolError("QEMU closed the agent's port")
        return data


class NodeClone:
    """A live guest to do things to; it is thrown away after the test."""

    def __init__(self, guest: Guest, agent: Agent) -> None:
        self.guest, self.agent = guest, agent

    def run(self, argv: Sequence[str], check: bool = True, stdin: bytes = b"",
            timeout: float = 60.0) -> Ran:
        """Run a command as root. Raises ToolError where `check` is set and it fails."""
        done = self.agent.call("run", seconds=timeout + 30, argv=list(argv), timeout=timeout,
                               stdin=base64.b64encode(stdin).decode())
        out, err = (base64.b64decode(done[name]).decode(errors="replace")
                    for name in ("stdout", "stderr"))
        if check and done["code"] != 0:
            raise ToolError(f"{list(argv)} gave {done['code']} on the guest:\n{out}{err}")
        return Ran(done["code"], out, err)

    def read(self, path: str) -> bytes:
        """A file's bytes."""
        return base64.b64decode(self.agent.call("read", path=path)["data"])

    def write(self, path: str, data: bytes, mode: int = 0o644) -> None:
        """Put a file there, folders included."""
        self.agent.call("write", path=path, data=base64.b64encode(data).decode(), mode=mode)

    def check(self, level: str, *more: str, timeout: float = 120.0) -> dict[str, Any]:
        """The verdict of the node's own check, now, without waiting for the table to settle."""
        done = self.run([*CHECK, "--level", level, *more], check=False, timeout=timeout)
        try:
            verdict: dict[str, Any] = validated(json.loads(done.stdout))
        except json.JSONDecodeError:
            raise ToolError(f"the check gave no verdict ({done.code}):\n{done.stdout}"
                            f"{done.stderr}") from None
        return verdict

    def reboot(self, seconds: float = BOOT_SECONDS) -> None:
        """Reboot through the guest's own systemd, and wait until the new boot's agent answers."""
        before = self.read("/proc/sys/kernel/random/boot_id")
        self.run(["systemctl", "--no-block", "reboot"])
        deadline = time.monotonic() + seconds
        while True:
            self.agent.await_first(deadline - time.monotonic())
            with suppress(ToolError):
                if self.read("/proc/sys/kernel/random/boot_id") != before:
                    return
            time.sleep(0.5)


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a template is made of; the same recipe gives the same template.

    `prepare` are commands that run on the booted guest before it is frozen.
    """

    image: Path
    identity: NodeIdentity
    memory: int = 1024
    network: UserNet = OWN_NET
    prepare: tuple[tuple[str, ...], ...] = (
        # nothing of the boot may still be going on in every clone
        ("systemctl", "is-system-running", "--wait"),
    )

    @property
    def node(self) -> NodeIdentity:
        """The identity, and the agent that only a test brings along."""
        agent = SeedFile(AGENT, Path(__file__).with_name("agent.py").read_bytes())
        unit = SeedFile(f"/etc/systemd/system/{AGENT_UNIT}", _UNIT.encode())
        return replace(
            self.identity, files=(*self.identity.files, agent, unit),
            commands=(*self.identity.commands, ("systemctl", "enable", "--now", AGENT_UNIT)))

    def machine(self, folder: Path, disk: Disk, seed: Path, *extra: str) -> Machine:
        """The same devices for the template and for all its clones."""
        return Machine(
            folder=folder, disks=(disk,), seed=seed, memory=self.memory, network=self.network,
            ports=(Port(VERDICT_PORT), Port(AGENT_PORT, PortKind.SOCKET)),
            accelerator=choose_accelerator().accelerator, extra=extra)

    def digest(self) -> str:
        """Of all that the frozen bytes depend on."""
        qemu = run([find_tool(Tool.QEMU), "--version"]).output
        shape = qemu_argv(self.machine(Path("/f"), Disk(Path("/f/d")), Path("/f/s")))
        parts = [sha256_file(self.image), str(self.image.resolve()), qemu, platform.version(),
                 *shape, *(f"{name}={data!r}" for name, data in node_seed(self.node).items()),
                 repr(self.prepare)]
        return sha256_bytes(json.dumps(parts).encode())


@dataclass(frozen=True, slots=True)
class Template:
    """A frozen guest: `folder` holds disk.qcow2, memory, devices and seed.iso."""

    recipe: Recipe
    folder: Path


def frozen(recipe: Recipe, cache: Path | None = None) -> Template:
    """The template of a recipe: from the cache of this machine, or booted and frozen now.

    A recipe that no other session can have (a cluster's own port or token) needs no place in the
    cache: give it a folder of its own.
    """
    shelf = cache or cache_dir("frozen")
    home = shelf / recipe.digest()[:16]
    if not home.exists():
        _sweep(shelf)
        with private_dir(shelf, NEW) as folder:
            with unchanged(recipe.image):
                _freeze(recipe, folder)
            _publish(folder, home)
    os.utime(home)
    return Template(recipe, home)


def _publish(folder: Path, home: Path) -> None:
    try:
        folder.rename(home)
    except OSError:
        # another session froze the same recipe meanwhile: its template is as good
        if not home.is_dir():
            raise


def _sweep(shelf: Path) -> None:
    """Templates are a third of a gigabyte: those that nobody used for hours go."""
    for home in shelf.iterdir() if shelf.is_dir() else ():
        if time.time() - home.stat().st_mtime > KEPT_HOURS * 3600:
            shutil.rmtree(home, ignore_errors=True)


def _freeze(recipe: Recipe, folder: Path) -> None:
    with private_dir(_memory_home(recipe.memory), "imagegen-frozen-") as fast:
        disk = overlay(recipe.image, folder / "disk.qcow2", image_format(recipe.image))
        node_volume(folder / "seed.iso", recipe.node)
        machine = recipe.machine(folder, disk, folder / "seed.iso",
                                 *_memory(recipe, fast / "memory", share="on"))
        with awake(machine, BOOT_SECONDS) as node:
            for argv in recipe.prepare:
                node.run(argv, check=False, timeout=BOOT_SECONDS)
            _stop(node.guest)
        run(["cp", "--sparse=always", str(fast / "memory"), str(folder / "memory")])


def _memory_home(memory: int) -> Path | None:
    """/dev/shm where it has room for a guest's memory, else the ordinary temporary folder."""
    roomy = SHARED_MEMORY.is_dir() and shutil.disk_usage(SHARED_MEMORY).free > 2 * memory << 20
    return SHARED_MEMORY if roomy else None


def _memory(recipe: Recipe, file: Path, share: str) -> tuple[str, ...]:
    backend = options("memory-backend-file", **{
        "id": "ram", "size": f"{recipe.memory}M", "mem-path": file, "share": share})
    return ("-object", backend, "-machine", "memory-backend=ram")


def _stop(guest: Guest) -> None:
    guest.qmp.command("stop")
    guest.qmp.command("migrate-set-capabilities", capabilities=IGNORE_SHARED)
    # relative to the machine's folder, so that no path is ever part of a shell's line
    guest.qmp.migrate("exec:cat > devices")
    guest.qmp.quit()
    guest.wait_end(WAKE_SECONDS)


@contextmanager
def awake(machine: Machine, seconds: float) -> Iterator[NodeClone]:
    """A machine that was switched on, once its agent answers."""
    with running(machine) as guest, _agent(guest) as agent:
        agent.await_first(seconds)
        yield NodeClone(guest, agent)


@contextmanager
def clone(template: Template) -> Iterator[NodeClone]:
    """A guest of one's own, awake in a second; gone afterwards."""
    recipe = template.recipe
    os.utime(template.folder)
    with private_dir(prefix="imagegen-clone-") as folder:
        (folder / "devices").symlink_to(template.folder / "devices")
        disk = overlay(template.folder / "disk.qcow2", folder / "disk.qcow2", "qcow2")
        machine = recipe.machine(folder, disk, template.folder / "seed.iso",
                                 *_memory(recipe, template.folder / "memory", share="off"),
                                 "-incoming", "defer")
        with running(machine) as guest, _agent(guest) as agent:
            guest.qmp.command("migrate-set-capabilities", capabilities=IGNORE_SHARED)
            guest.qmp.migrate_incoming("exec:cat devices")
            guest.qmp.command("cont")
            agent.await_first(WAKE_SECONDS)
            yield NodeClone(guest, agent)


@contextmanager
def _agent(guest: Guest) -> Iterator[Agent]:
    with connect_unix(guest.machine.port(AGENT_PORT), WAKE_SECONDS, guest.alive) as channel:
        yield Agent(channel, guest.require_hope)
