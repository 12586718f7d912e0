"""What a user meets when the mirror, the disk, a tool or the process itself is gone."""

from __future__ import annotations

import errno
import http.server
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from imagegen.bake import tools
from imagegen.bake.base import BaseSpec, base_image, builder, mirror, rootfs
from imagegen.bake.base.tree import Tree
from imagegen.common.errors import ToolError
from imagegen.common.progress import Silent
from imagegen.knowledge.tools import Tool, machine_of
from tests.processes import eventually, living

# A spec that no finished base has, so that a build must begin; real mirror, few packages.
SMALL = BaseSpec(packages=("sudo",), disk_gib=2)
BUILDER = """
from imagegen.bake import tools
from imagegen.bake.base import BaseSpec, base_image
class Told:
    def step(self, title): print("step", title, flush=True)
    def line(self, text): print("line", text, flush=True)
base_image(BaseSpec(packages=("sudo",), disk_gib=2), Told())
"""


@pytest.fixture
def shelf(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "base"


def names(shelf: Path) -> set[str]:
    """What lies in the cache beside locks and logs."""
    return {p.name for p in shelf.iterdir() if p.suffix not in (".lock", ".log")}


@contextmanager
def server(answer: bytes) -> Iterator[str]:
    """A mirror on loopback that answers everything with the same bytes."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: object) -> None:
            pass

    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler) as httpd:
        thread = threading.Thread(target=httpd.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{httpd.server_port}/debian"
        finally:
            httpd.shutdown()
            thread.join()


def test_a_dead_mirror_is_named(shelf: Path) -> None:
    spec = BaseSpec(mirror="http://127.0.0.1:9/debian")
    with pytest.raises(ToolError) as caught:
        base_image(spec, Silent())
    assert "http://127.0.0.1:9/debian" in str(caught.value)
    assert "refused" in str(caught.value)
    assert "mirror" in caught.value.hint
    assert names(shelf) == set()


def test_a_silent_mirror_ends_the_build(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "PROBE_SECONDS", 0.5)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        spec = BaseSpec(mirror=f"http://127.0.0.1:{silent.getsockname()[1]}/debian")
        with pytest.raises(ToolError, match="timed out"):
            base_image(spec, Silent())
    assert names(shelf) == set()


def test_a_mirror_that_drips_ends_as_well(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mirror, "WHOLE_SECONDS", -1)
    with server(b"Date: x\n") as address, pytest.raises(ToolError, match="no end of it"):
        mirror.in_release(address, "bookworm")


def test_something_else_on_the_mirrors_address() -> None:
    with server(b"<html>Log in first</html>") as address:
        spec = BaseSpec(mirror=address, security_mirror="")
        with pytest.raises(ToolError, match="no Date"):
            mirror.probe(spec)


def test_the_date_of_an_index() -> None:
    index = b"Hash: x\nOrigin: Debian\nDate: Sat, 11 Jul 2026 10:16:37 UTC\n"
    with server(index) as address:
        spec = BaseSpec(mirror=address, security_mirror="")
        assert mirror.probe(spec) == (mirror.Archive(address, "bookworm", 1783764997),)


def test_a_full_disk_is_told_before_anything_is_fetched(
    shelf: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    full = shutil._ntuple_diskusage(10 << 30, 9 << 30, 1 << 30)
    monkeypatch.setattr(shutil, "disk_usage", lambda path: full)
    monkeypatch.setattr(builder, "probe", lambda spec: pytest.fail("the mirror was asked"))
    with pytest.raises(ToolError, match=r"1\.0 GiB are free, 4 are needed") as caught:
        base_image(SMALL, Silent())
    assert str(shelf) in str(caught.value)
    assert "IMAGEGEN_CACHE" in caught.value.hint
    assert names(shelf) == set()


def test_a_disk_that_fills_up_on_the_way(shelf: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(builder, "probe", full)
    with pytest.raises(ToolError, match="too full") as caught:
        base_image(SMALL, Silent())
    assert "IMAGEGEN_CACHE" in caught.value.hint
    assert names(shelf) == set()


def test_a_tool_that_runs_out_of_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    small = tmp_path / "small"
    small.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=90m", "none", str(small)]
    subprocess.run(mount, check=True)
    try:
        monkeypatch.setenv("IMAGEGEN_CACHE", str(small))
        monkeypatch.setattr(builder, "ROOM", 0)
        with pytest.raises(ToolError, match="too full"):
            base_image(SMALL, Silent())
        assert names(small / "base") == set()
    finally:
        subprocess.run(["umount", str(small)], check=True)


def test_a_missing_tool_is_named_with_its_package(
    shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All that are missing at once, before anything is made."""
    monkeypatch.setattr(tools, "this_machine", lambda: machine_of({"ID": "debian"}))
    monkeypatch.setattr(tools, "locate_tool", lambda tool: None if tool in (
        Tool.SFDISK, Tool.MMD, Tool.MCOPY) else f"/usr/bin/{tool}")
    with pytest.raises(ToolError) as caught:
        base_image(SMALL, Silent())
    assert caught.value.what == "sfdisk, mmd and mcopy are not installed"
    assert caught.value.hint == "apt-get install fdisk mtools"


def test_a_user_who_cannot_be_root(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setattr(rootfs, "_has_newuidmap", lambda: False)
    with pytest.raises(ToolError, match="needs root") as caught:
        rootfs.installation_mode()
    assert "sudo" in caught.value.hint


def test_a_root_without_a_kernel_is_refused(tmp_path: Path) -> None:
    tree = Tree(tmp_path, 0)
    with pytest.raises(ToolError, match="no /vmlinuz"):
        builder._stocked(SMALL, tree)
    tree.symlink("vmlinuz", "boot/vmlinuz-6")
    with pytest.raises(ToolError, match="no /vmlinuz"):
        builder._stocked(SMALL, tree)
    tree.write("boot/vmlinuz-6", b"")
    tree.write("boot/initrd.img-6", b"")
    tree.symlink("initrd.img", "boot/initrd.img-6")
    assert "boot/grub/grub.cfg" in builder._stocked(SMALL, tree)


def started(sign: str) -> subprocess.Popen[str]:
    """A build in a process of its own, right after it printed a line with `sign` in it."""
    child = subprocess.Popen(
        [sys.executable, "-c", BUILDER], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        text=True, start_new_session=True,
    )  # fmt: skip
    assert child.stdout is not None
    for line in child.stdout:
        if sign in line:
            return child
    raise AssertionError(f"the build ended before {sign!r}: {child.communicate()[1]}")


def descendants(pid: int) -> dict[int, str]:
    """Every living process below one."""
    parents: dict[int, int] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            tail = stat.read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        parents[int(stat.parent.name)] = int(tail[1])
    found, new = {}, {pid}
    while new := {child for child, parent in parents.items() if parent in new}:
        found.update({child: _command(child) for child in new})
    return found


def _command(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except (FileNotFoundError, ProcessLookupError):
        return ""


def mounts(shelf: Path) -> list[str]:
    return [line for line in Path("/proc/self/mountinfo").read_text().splitlines()
            if str(shelf) in line]  # fmt: skip


# apt at work in mmdebstrap's hands; dpkg at work in the chroot, with /proc mounted there
@pytest.mark.parametrize("sign", ["downloading packages", "Setting up"], ids=["apt", "dpkg"])
@pytest.mark.parametrize(
    "number", [signal.SIGKILL, signal.SIGINT], ids=["killed", "interrupted"]
)
def test_a_build_that_is_stopped(shelf: Path, sign: str, number: signal.Signals) -> None:
    child = started(sign)
    below = descendants(child.pid)
    assert "mmdebstrap" in below.values()
    child.send_signal(number)
    child.communicate()
    assert eventually(lambda: not any(living(pid) for pid in below))
    assert SMALL.digest() not in names(shelf)
    if number == signal.SIGINT:
        assert names(shelf) == set()
    # the next run removes what lies there, before it asks a mirror that is dead here
    with pytest.raises(ToolError), pytest.MonkeyPatch.context() as patch:
        patch.setattr(mirror, "_fetched", lambda address: (_ for _ in ()).throw(OSError("dead")))
        base_image(SMALL, Silent())
    assert names(shelf) == set()
    assert mounts(shelf) == []


STUBBORN = """
from imagegen.bake.base.rootfs import _leash
from imagegen.common.run import run
script = 'trap "" TERM HUP INT; setsid sleep 600 & echo up; wait'
run([*_leash(), "sh", "-c", script], on_line=lambda line: print(line, flush=True))
"""


def test_what_ignores_signals_dies_with_its_maker() -> None:
    child = subprocess.Popen([sys.executable, "-c", STUBBORN], stdout=subprocess.PIPE, text=True)
    assert child.stdout is not None
    assert child.stdout.readline() == "up\n"
    assert eventually(lambda: "sleep" in descendants(child.pid).values())
    below = descendants(child.pid)
    child.kill()
    child.wait()
    child.stdout.close()
    try:
        assert eventually(lambda: not any(living(pid) for pid in below), seconds=20)
    finally:
        for pid in filter(living, below):
            os.kill(pid, signal.SIGKILL)
