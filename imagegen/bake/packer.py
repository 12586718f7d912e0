"""Packer as a subprocess: its events as progress, its failures as sentences."""

from __future__ import annotations

import json
import queue
import shutil
import subprocess
import threading
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

from imagegen.bake.events import Event, Kind, parse
from imagegen.bake.tools import find_tool
from imagegen.common.console import dead_end, tail
from imagegen.common.errors import ToolError
from imagegen.common.files import socket_dir
from imagegen.common.progress import Progress
from imagegen.common.run import run, started
from imagegen.knowledge.tools import Tool

TICK = 0.5
LEAST_FREE = 48 << 20
CONSOLE_LINES = 6
# how a step begins the sentence that says why it failed
# from this version on the builders are plugins, which `packer init` fetches
PLUGINS_FROM = (1, 10)
OWN_WORDS = "imagegen error: "


@dataclass(slots=True)
class _Story:
    """What was seen so far, for the error that may come."""

    step: str = "starting"
    broken: bool = False
    artifacts: int = 0
    errors: list[str] = field(default_factory=list)
    last: deque[str] = field(default_factory=lambda: deque(maxlen=15))
    guest_seen: bool = False
    guest_gone: float | None = None


def packer_program() -> str:
    """PACKER_BIN, or `packer` on the PATH. Raises ToolError that says how to get it."""
    return find_tool(Tool.PACKER)


def packer_build(folder: Path, variables: Mapping[str, object], log: Path, progress: Progress,
                 *, timeout: float) -> None:
    """`packer build` in a rendered folder, to its end.

    Raises ToolError that names the step and shows the last lines where it fails, where the guest
    dies, and where it takes longer than `timeout` seconds.
    """
    packer = packer_program()
    values = folder / "build.auto.pkrvars.json"
    values.write_text(json.dumps(dict(variables)))
    argv = [packer, "build", "-machine-readable", "-color=false", "-on-error=cleanup", "."]
    story = _Story()
    with socket_dir("imagegen-packer-") as work:
        env = _environment(work)
        _init(packer, folder, log, env)
        with started(argv, cwd=folder, env=env, guarded=True, scratch=work) as child:
            code = _follow(child, story, folder, log, progress, timeout)
    if code != 0 or story.artifacts < 1:
        raise _failure(story, code, log, folder)


def _environment(work: Path) -> dict[str, str]:
    """Packer and its plugins speak over sockets in TMPDIR, and crash where its path is long."""
    return {"CHECKPOINT_DISABLE": "1", "PACKER_CACHE_DIR": str(work / "cache"),
            "TMPDIR": str(work), "PACKER_NO_COLOR": "1"}


def packer_version(packer: str) -> tuple[int, int]:
    """Major and minor, from `packer version`."""
    words = run([packer, "version"], env={"CHECKPOINT_DISABLE": "1"}, timeout=60).output.split()
    number = next(word for word in words if word.startswith("v")).lstrip("v")
    major, minor = number.split(".")[:2]
    return int(major), int(minor)


def _init(packer: str, folder: Path, log: Path, env: Mapping[str, str]) -> None:
    if packer_version(packer) >= PLUGINS_FROM:
        run([packer, "init", "plugins/plugins.pkr.hcl"], cwd=folder, log=log, env=env)


def _follow(child: subprocess.Popen[bytes], story: _Story, folder: Path, log: Path,
            progress: Progress, timeout: float) -> int:
    deadline = time.monotonic() + timeout
    console = folder / "serial.log"
    with log.open("a") as sink:
        for line in _lines(child):
            if line is not None:
                _tell(parse(line), story, sink, progress)
            elif last := tail(console, 1):
                progress.line(last[0])
                _still_hoped_for(story, console, folder)
            _still_alive(story, folder)
            _still_room(story, folder)
            if time.monotonic() > deadline:
                raise ToolError(f"the build did not finish within {timeout:g} s, in step: "
                                f"{story.step}{_shown(story, folder)}",
                                hint=f"the whole log is {log}")
    return child.wait()


def _lines(child: subprocess.Popen[bytes]) -> Iterator[str | None]:
    """Packer's lines as they come, and None at every tick without one."""
    lines: queue.Queue[bytes] = queue.Queue()
    assert child.stdout is not None
    reader = threading.Thread(target=_pump, args=(child.stdout, lines), daemon=True)
    reader.start()
    while True:
        try:
            raw = lines.get(timeout=TICK)
        except queue.Empty:
            yield None
            continue
        if not raw:
            return
        yield raw.decode(errors="replace")


def _pump(stream: IO[bytes], lines: queue.Queue[bytes]) -> None:
    for raw in stream:
        lines.put(raw)
    lines.put(b"")


def _tell(event: Event, story: _Story, sink: IO[str], progress: Progress) -> None:
    sink.write(f"{event.kind}: {event.text}\n")
    sink.flush()
    if event.kind is Kind.ARTIFACT:
        story.artifacts += int(event.text or 0)
    if event.kind is Kind.OTHER or not event.text:
        return
    story.last.append(event.text)
    if event.kind is Kind.ERROR:
        story.errors.append(event.text)
    if "had errors" in event.text:
        story.broken = True
    elif event.text.startswith("imagegen step ") or _is_step(event):
        story.step = story.step if story.broken else event.text.splitlines()[0]
        progress.step(event.text.splitlines()[0])
    else:
        progress.line(event.text.splitlines()[-1])


def _is_step(event: Event) -> bool:
    """Packer says more than its steps; what is said of mere means is left to the log."""
    means = ("Trying ", "Looking for ", "Typing ", "Overriding ", "inputs/", "Found port", "==>",
             "Retrieving ", "Connecting to VM", "Using ssh")
    return event.kind is Kind.SAY and not event.text.startswith(means)


def _still_room(story: _Story, folder: Path) -> None:
    """QEMU pauses a guest whose disk cannot grow; Packer would wait for it until its timeout."""
    if shutil.disk_usage(folder).free < LEAST_FREE:
        raise _full(story, folder)


def _full(story: _Story, folder: Path) -> ToolError:
    return ToolError(f"the disk is full: the build stopped in step: {story.step}",
                     hint=f"make room where {folder.parent.parent} lies, and build again")


def _still_hoped_for(story: _Story, console: Path, folder: Path) -> None:
    """A panic or a lost root file system is final, whatever time is left."""
    if why := dead_end(console):
        raise ToolError(f"{why}, in step: {story.step}{_shown(story, folder)}",
                        hint="the base image does not boot under QEMU; try another one")


def _still_alive(story: _Story, folder: Path) -> None:
    """Packer 1.6.6 waits for ssh to a dead guest until its timeout; we do not."""
    running = _guest_runs(folder)
    story.guest_seen |= running
    if not story.guest_seen or running or "shutdown" in story.step.lower() or _is_after(story):
        story.guest_gone = None
        return
    story.guest_gone = story.guest_gone or time.monotonic()
    if time.monotonic() - story.guest_gone > 10:
        raise ToolError(f"the build guest died in step: {story.step}{_shown(story, folder)}",
                        hint="its console is shown above; look also whether the machine ran out of "
                        "memory (`dmesg`)")


def _is_after(story: _Story) -> bool:
    words = ("convert", "post-processor", "finished", "deleting", "cleaning")
    return any(word in story.step.lower() for word in words)


def _guest_runs(folder: Path) -> bool:
    """Whether a QEMU runs whose working directory is the build's folder."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if (entry / "comm").read_text().startswith("qemu-system") and (
                    entry / "cwd").resolve() == folder.resolve():
                return True
        except OSError:
            continue
    return False


def _failure(story: _Story, code: int, log: Path, folder: Path) -> ToolError:
    text = log.read_text(errors="replace")
    if "No space left on device" in text:
        return _full(story, folder)
    reason = _own_words(story) or f"packer failed ({_end(code)})"
    return ToolError(f"{reason} in step: {story.step}{_shown(story, folder)}",
                     hint=f"the whole log is {log}")


def _end(code: int) -> str:
    return f"exit {code}" if code else "it made no image"


def _own_words(story: _Story) -> str:
    """What a step of imagegen's own says of its failure; empty where it says nothing."""
    lines = (line for text in reversed(story.last) for line in reversed(text.splitlines()))
    said = next((line for line in lines if line.startswith(OWN_WORDS)), "")
    return f"{said.removeprefix(OWN_WORDS)}," if said else ""


def _shown(story: _Story, folder: Path) -> str:
    last = [part for text in story.last for part in text.splitlines()][-12:]
    lines = "".join(f"\n  | {part}" for part in last)
    console = tail(folder / "serial.log", CONSOLE_LINES)
    return lines + "".join(f"\n  console | {line[:160]}" for line in console)
