"""What can befall a build: killed, interrupted, starved. It ends in a sentence, without a rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagegen.bake.inputs import find_base, find_kube_proxy
from imagegen.common.assets import asset
from imagegen.common.files import sha256_file
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.profile.load import load_profile

pytestmark = pytest.mark.guest

SOON = 45.0
UNTIL_GUEST = 240.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One folder for all of it, so that the last build goes over what the others left."""
    profile = load_profile(asset("profiles/quickstart.yaml"))
    find_base(profile, Silent())
    find_kube_proxy(profile, Silent())
    return tmp_path_factory.mktemp("survives")


def written(folder: Path, *changes: tuple[str, str]) -> Path:
    text = asset("profiles/quickstart.yaml").read_text()
    for old, new in (("name: quickstart", "name: survivor"), *changes):
        assert old in text
        text = text.replace(old, new)
    path = folder / "survivor.yaml"
    path.write_text(text)
    return path


@contextmanager
def building(profile: Path, out: Path, *more: str) -> Iterator[subprocess.Popen[str]]:
    """With a relative path, as people type it."""
    argv = [sys.executable, "-m", "imagegen", "build", str(profile), "-o", out.name, *more]
    child = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                             cwd=out.parent)
    try:
        yield child
    finally:
        child.kill()
        child.wait()


def processes(out: Path, name: str) -> list[int]:
    """Living processes of that name whose working directory lies in the build's folder."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            here = (entry / "cwd").resolve().is_relative_to(out.resolve())
            if here and (entry / "comm").read_text().startswith(name):
                found.append(int(entry.name))
        except OSError:
            continue
    return found


def wait_for(what: str, seconds: float, seen: Callable[[], object]) -> None:
    deadline = time.monotonic() + seconds
    while not seen():
        assert time.monotonic() < deadline, f"not within {seconds:g} s: {what}"
        time.sleep(0.2)


def guest_runs(child: subprocess.Popen[str], out: Path) -> None:
    wait_for("the build guest", UNTIL_GUEST,
             lambda: processes(out, "qemu-system") or child.poll() is not None)
    time.sleep(3)
    assert child.poll() is None, child.communicate()[0]


def nothing_runs(out: Path) -> None:
    wait_for("no process left", SOON, lambda: not processes(out, ""))


def no_image(out: Path) -> None:
    assert [p.name for p in out.glob("*.qcow2*")] == []
    assert [p.name for p in out.glob("*.manifest.json")] == []


def no_rest(out: Path) -> None:
    assert [p.name for p in out.glob(".imagegen-build-*")] == []


def test_imagegen_killed_outright(folder: Path) -> None:
    out = folder / "images"
    with building(written(folder), out) as child:
        guest_runs(child, out)
        child.send_signal(signal.SIGKILL)
        nothing_runs(out)
    no_image(out)


@pytest.mark.parametrize(("victim", "says"), [
    ("packer", "packer failed"), ("qemu-system", "the build guest died in step"),
])
def test_a_tool_killed_outright(folder: Path, victim: str, says: str) -> None:
    out = folder / "images"
    with building(written(folder), out) as child:
        guest_runs(child, out)
        for pid in processes(out, victim)[:1 if victim == "packer" else None]:
            os.kill(pid, signal.SIGKILL)
        output, _ = child.communicate(timeout=120)
    assert child.returncode == 3
    assert f"error: {says}" in output
    assert "Traceback" not in output
    nothing_runs(out)
    no_image(out)
    no_rest(out)


def test_interrupted(folder: Path) -> None:
    out = folder / "images"
    with building(written(folder), out) as child:
        guest_runs(child, out)
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=60)
    assert (child.returncode, "interrupted" in output) == (130, True)
    assert "Traceback" not in output
    nothing_runs(out)
    no_image(out)
    no_rest(out)


@contextmanager
def small_disk(at: Path, mebibytes: int) -> Iterator[Path]:
    at.mkdir()
    run(["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "tmpfs", str(at)])
    try:
        yield at
    finally:
        run(["umount", "-l", str(at)])


def test_a_disk_that_is_full_from_the_start(folder: Path) -> None:
    with small_disk(folder / "small", 64) as out, building(written(folder), out) as child:
        output, _ = child.communicate(timeout=120)
        assert child.returncode == 3
        assert "error: the disk is full" in output
        assert "hint: make room" in output
        no_image(out)
        no_rest(out)


def test_a_disk_that_fills_up(folder: Path) -> None:
    with small_disk(folder / "filling", 3200) as out, building(written(folder), out) as child:
        guest_runs(child, out)
        free = os.statvfs(out).f_bavail * os.statvfs(out).f_frsize
        run(["fallocate", "-l", str(free - (16 << 20)), str(out / "ballast")])
        output, _ = child.communicate(timeout=120)
        assert (child.returncode, "error: the disk is full" in output) == (3, True), output
        nothing_runs(out)
        no_image(out)
        no_rest(out)


def test_a_dead_mirror(folder: Path) -> None:
    profile = written(folder, ("check:", "image:\n  base:\n    mirror: http://127.0.0.1:9/debian\n"
                               "check:"))
    with building(profile, folder / "dead") as child:
        output, _ = child.communicate(timeout=120)
    assert child.returncode == 3
    assert "http://127.0.0.1:9/debian" in output
    assert "Traceback" not in output


def own_base(path: Path, sha256: str) -> tuple[str, str]:
    return ("check:", f"image:\n  base:\n    from: path\n    path: {path}\n"
            f"    sha256: \"{sha256}\"\ncheck:")


def blank_disk(folder: Path) -> Path:
    path = folder / "blank.qcow2"
    run(["qemu-img", "create", "-q", "-f", "qcow2", str(path), "1G"])
    return path


def test_a_base_with_the_wrong_sha256(folder: Path) -> None:
    profile = written(folder, own_base(blank_disk(folder), "a0" * 32))
    with building(profile, folder / "wrong") as child:
        output, _ = child.communicate(timeout=120)
    assert child.returncode == 2
    assert "is not the one that the profile pins" in output


def test_a_guest_that_never_answers(folder: Path) -> None:
    base = blank_disk(folder)
    out = folder / "mute"
    profile = written(folder, own_base(base, sha256_file(base)))
    with building(profile, out, "--timeout", "40") as child:
        output, _ = child.communicate(timeout=180)
    assert child.returncode == 3
    assert "did not finish within 40 s" in output
    assert "SSH" in output
    nothing_runs(out)
    no_rest(out)


# a whole bake of its own
@pytest.mark.wide
def test_the_next_build_succeeds(folder: Path) -> None:
    """In the folder in which four builds before it died."""
    out = folder / "images"
    with building(written(folder), out) as child:
        output, _ = child.communicate(timeout=1500)
    assert child.returncode == 0, output
    assert len(list(out.glob("survivor-*.qcow2"))) == 1
    no_rest(out)
    with building(written(folder), out) as child:
        output, _ = child.communicate(timeout=60)
    assert (child.returncode, "unchanged, from the cache" in output) == (0, True)
