"""Boot a sealed image as it is, hear each clone's verdict, prove that the image is unchanged."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from imagegen.bake.accelerator import Accelerator, choose_accelerator
from imagegen.boot.machine import (
    Disk,
    Guest,
    Machine,
    Port,
    SegmentNet,
    UserNet,
    image_format,
    overlay,
    require_bootable,
    running,
)
from imagegen.boot.seed import NodeIdentity, node_volume
from imagegen.boot.segment import Lease, Segment, segment
from imagegen.common.console import clean, tail
from imagegen.common.errors import ImagegenError, InputError, ToolError, UnhealthyError
from imagegen.common.files import sha256_file, socket_dir, write_atomic
from imagegen.common.places import cache_dir
from imagegen.common.progress import Progress

VERDICT_PORT = "org.imagegen.verdict"
POWER_OFF_SECONDS = 60.0
POLL_SECONDS = 0.2
VERDICT_LIMIT = 16 * 1024 * 1024
# the user network's DHCP server knows no more clients (slirp, NB_BOOTP_CLIENTS)
MOST_CLONES = 16
# writes a node's seed volume to a path, and gives that path
Volume = Callable[[Path, NodeIdentity], Path]


@dataclass(frozen=True, slots=True)
class NodeReport:
    """What one booted clone said: its verdict line (JSON), and when, in seconds from power-on.

    `lease` is what it got by DHCP, seen where several clones share a segment; `powered_off` says
    whether it shut down when asked.
    """

    name: str
    verdict: bytes
    seconds_to_verdict: float
    console: tuple[str, ...]
    mac: str
    lease: Lease | None
    powered_off: bool


def verify(
    image: Path,
    *,
    identity: NodeIdentity,
    timeout: float,
    accelerator: Accelerator,
    progress: Progress,
    clones: int = 1,
    keep_log: Path | None = None,
    network: UserNet | None = None,
    memory: int = 1024,
    volume: Volume = node_volume,
) -> list[NodeReport]:
    """Boot `clones` of an image at once and give what each of them reports, green or red.

    `timeout` in seconds from power-on, `keep_log` a folder for the consoles' logs, `volume` makes a
    node's seed where it is not the baked one. Several clones
    share one network segment. Raises ToolError for a guest that is lost or does not answer in
    time, UnhealthyError where the image's bytes are not what they were.
    """
    if not 1 <= clones <= MOST_CLONES:
        raise InputError(f"{clones} clones: 1 to {MOST_CLONES} can boot at once")
    if not image.is_file():
        raise InputError(f"there is no image {image}")
    require_bootable(image)
    choice = choose_accelerator(accelerator)
    progress.step(f"boot {clones} of {image.name} ({choice.why})")
    with unchanged(image), socket_dir("imagegen-boot-") as folder:
        wiring = _Wiring(folder, clones, network or UserNet(), choice.accelerator, memory, volume)
        return _boot(image, identities(identity, clones), wiring, timeout, progress,
                     keep_log or cache_dir("console"))


@contextmanager
def unchanged(image: Path) -> Iterator[None]:
    """Prove by sha256 that what happens inside leaves a file's bytes alone."""
    before = sha256_file(image)
    yield
    if sha256_file(image) != before:
        raise UnhealthyError(f"{image} changed while guests ran on it",
                             hint="build it anew; nothing of imagegen writes to an image")


def identities(identity: NodeIdentity, clones: int) -> list[NodeIdentity]:
    """One identity a clone: the given one for a single node, numbered ones for several."""
    if clones == 1:
        return [identity]
    return [replace(identity, name=f"{identity.name}-{number}",
                    hostname=f"{identity.host}-{number}", address=None,
                    instance_id=f"{identity.instance}-{number}")
            for number in range(1, clones + 1)]


@dataclass(frozen=True, slots=True)
class _Wiring:
    folder: Path
    clones: int
    network: UserNet
    accelerator: Accelerator
    memory: int
    volume: Volume


def _boot(image: Path, nodes: Sequence[NodeIdentity], wiring: _Wiring, timeout: float,
          progress: Progress, logs: Path) -> list[NodeReport]:
    base_format = image_format(image)
    with ExitStack() as stack:
        shared = _shared(stack, wiring)
        guests: list[Guest] = []
        try:
            for index, node in enumerate(nodes):
                machine = _machine(image, base_format, node, index, wiring, shared)
                guests.append(stack.enter_context(running(machine)))
            verdicts = _hear(guests, nodes, timeout, progress)
            progress.step("power off")
            ended = _power_off(guests)
            leases = shared.leases() if shared else {}
            return [_report(*each, leases)
                    for each in zip(nodes, guests, verdicts, ended, strict=True)]
        except ImagegenError as error:
            raise _with_logs(error, nodes, wiring.folder, logs) from error
        finally:
            _keep(nodes, wiring.folder, logs)


def _shared(stack: ExitStack, wiring: _Wiring) -> Segment | None:
    if wiring.clones == 1:
        return None
    return stack.enter_context(segment(wiring.folder, wiring.clones, wiring.network))


def _machine(image: Path, base_format: str, node: NodeIdentity, index: int, wiring: _Wiring,
             shared: Segment | None) -> Machine:
    folder = _folder(wiring.folder, index)
    folder.mkdir(mode=0o700)
    plug: UserNet | SegmentNet = shared.plug(index) if shared else wiring.network
    disk: Disk = overlay(image, folder / "disk.qcow2", base_format)
    return Machine(
        folder=folder, disks=(disk,), seed=wiring.volume(folder / "seed.iso", node),
        ports=(Port(VERDICT_PORT),), memory=wiring.memory, accelerator=wiring.accelerator,
        mac=f"52:54:00:1a:9e:{index + 1:02x}", network=plug)


def _folder(folder: Path, index: int) -> Path:
    return folder / f"node{index}"


def _hear(guests: Sequence[Guest], nodes: Sequence[NodeIdentity], timeout: float,
          progress: Progress) -> list[tuple[bytes, float]]:
    """Wait until every guest has said its line. Raises ToolError early where one cannot."""
    heard: dict[int, tuple[bytes, float]] = {}
    while len(heard) < len(guests):
        for index, guest in enumerate(guests):
            if index not in heard and (line := verdict_line(guest)):
                heard[index] = (line, guest.seconds())
            elif index not in heard:
                _still_hoped_for(guest, nodes[index], timeout)
        _tell(progress, [guest for index, guest in enumerate(guests) if index not in heard])
        time.sleep(POLL_SECONDS)
    return [heard[index] for index in range(len(guests))]


def verdict_line(guest: Guest) -> bytes | None:
    """The first whole line that a guest wrote to its verdict port."""
    try:
        with guest.machine.port(VERDICT_PORT).open("rb") as file:
            line, end, _ = file.read(VERDICT_LIMIT).partition(b"\n")
    except FileNotFoundError:
        return None
    return line if end else None


def _still_hoped_for(guest: Guest, node: NodeIdentity, timeout: float) -> None:
    guest.require_hope()
    if guest.seconds() > timeout:
        raise ToolError(f"{node.name} gave no verdict within {timeout:g} s; last seen on its "
                        f"console:{guest.last_seen()}")


def _tell(progress: Progress, waiting: Sequence[Guest]) -> None:
    if waiting and (seen := tail(waiting[0].machine.console, 1)):
        progress.line(seen[0])


def _power_off(guests: Sequence[Guest]) -> list[bool]:
    for guest in guests:
        guest.press_power()
    return [guest.end(POWER_OFF_SECONDS) for guest in guests]


def _report(node: NodeIdentity, guest: Guest, heard: tuple[bytes, float], powered_off: bool,
            leases: Mapping[str, Lease]) -> NodeReport:
    mac = guest.machine.mac
    console = tuple(tail(guest.machine.console))
    return NodeReport(node.name, *heard, console, mac, leases.get(mac), powered_off)


def _keep(nodes: Sequence[NodeIdentity], folder: Path, logs: Path) -> None:
    for index, node in enumerate(nodes):
        console = _folder(folder, index) / "console.log"
        if console.exists():
            text = clean(console.read_bytes().decode(errors="replace"))
            write_atomic(_log(logs, node), text.encode(), 0o600)


def _log(logs: Path, node: NodeIdentity) -> Path:
    return logs / f"{node.name}.console.log"


def _with_logs(error: ImagegenError, nodes: Sequence[NodeIdentity], folder: Path, logs: Path,
               ) -> ImagegenError:
    kept = [str(_log(logs, node)) for index, node in enumerate(nodes)
            if (_folder(folder, index) / "console.log").exists()]
    hint = f"the whole console is in {', '.join(kept)}" if kept else ""
    error.hint = "; ".join(part for part in (error.hint, hint) if part)
    return error
