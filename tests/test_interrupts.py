"""Ctrl-C in each verb that can take long: 130, one sentence, and nothing left behind.

The tools that a verb would run are stood in for by one that never ends, so that each is at work.
"""

from __future__ import annotations

import contextlib
import os
import pty
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.processes import eventually, hears_interrupts
from tests.verbs import PROFILES, ROOT

QUICK = str(PROFILES / "quickstart.yaml")
TOOLS = ("qemu-img", "qemu-system-x86_64", "mmdebstrap", "xorriso", "go", "packer", "ssh-keygen",
         "mcopy", "sfdisk", "mke2fs", "mkfs.vfat", "grub-mkimage", "mkfs.ext4", "mmd", "etcd")
SAID = "interrupted; nothing half-made was left\n"
SOON = 60


@pytest.fixture
def sleepers(tmp_path: Path) -> Path:
    """A folder of tools; each says in `begun` that it runs, and sleeps."""
    folder = tmp_path / "tools"
    folder.mkdir()
    for name in TOOLS:
        (folder / name).write_text(f"#!/bin/sh\necho {name} >>{tmp_path}/begun\n"
                                   f"exec sleep {_seconds(tmp_path)}\n")
        (folder / name).chmod(0o755)
    return folder


def begun(*argv: str, cwd: Path, path: str = os.environ["PATH"],
          stdin: int = subprocess.PIPE) -> subprocess.Popen[bytes]:
    env = {**os.environ, "PATH": path, "PYTHONPATH": str(ROOT),
           "IMAGEGEN_CACHE": str(cwd / "cache")}
    return subprocess.Popen([sys.executable, "-m", "imagegen", *argv], cwd=cwd, env=env,
                            stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                            preexec_fn=hears_interrupts)


def interrupted(child: subprocess.Popen[bytes]) -> tuple[int, str]:
    """The code and the last line, once the signal is sent."""
    try:
        child.send_signal(signal.SIGINT)
        _, err = child.communicate(timeout=SOON)
    finally:
        child.kill()
    assert b"Traceback" not in err, err.decode()
    return child.returncode, err.decode().splitlines(keepends=True)[-1]


def _seconds(folder: Path) -> str:
    """A time that no other test's sleeper has."""
    return f"600.{int.from_bytes(str(folder).encode()) % 10**9:09}"


def sleeping(folder: Path) -> list[str]:
    """The stand-ins that run, in whatever name space of pids."""
    ours = f"sleep\0{_seconds(folder)}\0".encode()
    found = []
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            found += [str(place)] if place.read_bytes() == ours else []
    return found


LONG = {
    "build": ("build", QUICK, "-o", "out"), "base": ("base", QUICK, "-o", "out/base.qcow2"),
    "inputs": ("inputs", QUICK, "-o", "out"), "kubernetes": ("kubernetes", QUICK),
    "verify": ("verify", "image.qcow2"),
    "seed": ("seed", QUICK, "--name", "n1", "--server", "https://192.0.2.1:6443", "-o",
             "out/n1.img"),
}


@pytest.mark.parametrize("verb", LONG)
def test_a_long_verb_leaves_nothing(verb: str, sleepers: Path, tmp_path: Path) -> None:
    (tmp_path / "image.qcow2").write_bytes(b"QFI\xfb")
    child = begun(*LONG[verb], cwd=tmp_path, path=f"{sleepers}:{os.environ['PATH']}")
    assert eventually(lambda: bool(sleeping(tmp_path)) or child.poll() is not None)
    assert child.poll() is None, child.communicate()
    assert interrupted(child) == (130, SAID)
    assert eventually(lambda: not sleeping(tmp_path))
    left = [path for folder in ("out", "cache") for path in (tmp_path / folder).rglob("*")
            if path.is_file() and not path.name.endswith((".lock", ".log"))]
    assert left == []


@pytest.mark.parametrize("argv", [("check", "-"), ("adopt", "-", "--kubernetes", "1.34.4"),
                                  ("check", "fifo"), ("render", "fifo", "-o", "out")],
                         ids=" ".join)
def test_a_verb_that_waits_for_its_input(argv: tuple[str, ...], tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    child = begun(*argv, cwd=tmp_path)
    fifo = "fifo" in argv
    # the kernel says what it waits in: the opening of a pipe, or a read of one
    assert eventually(lambda: _waits_in(child.pid) in (("wait_for_partner", "fifo_open") if fifo
                                                       else ("pipe_read", "anon_pipe_read")))
    assert interrupted(child) == (130, SAID)
    assert {path.name for path in tmp_path.iterdir()} <= {"fifo", "cache"}


def _waits_in(pid: int) -> str:
    return Path(f"/proc/{pid}/wchan").read_text()


def test_a_question_can_be_left(tmp_path: Path) -> None:
    ours, theirs = pty.openpty()
    child = subprocess.Popen([sys.executable, "-m", "imagegen", "init"], cwd=tmp_path, stdin=theirs,
                             stdout=theirs, stderr=theirs, preexec_fn=hears_interrupts,
                             env={**os.environ, "PYTHONPATH": str(ROOT)})
    os.close(theirs)
    said = b""
    while b"metadata.name" not in said:
        said += os.read(ours, 4096)
    deadline = time.monotonic() + SOON
    while child.poll() is None and time.monotonic() < deadline:
        child.send_signal(signal.SIGINT)  # once more where it came just before the read
        time.sleep(2)
    assert child.wait(1) == 130
    with contextlib.suppress(OSError):  # as Linux tells the end of a terminal
        while part := os.read(ours, 4096):
            said += part
    os.close(ours)
    assert said.decode().replace("\r", "").endswith(SAID)
    assert list(tmp_path.iterdir()) == []
