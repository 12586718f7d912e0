"""first-boot.sh itself, in a root of the test's own: it lays down the node, or stops in time."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from imagegen.render.render import Rendering, render
from tests.profiles import changed, parsed
from tests.render import parsers

HERE = "/run/imagegen-first-boot"
PACKED = f"{HERE}/ipvs-check.pyz.bz2"
CHECK = "usr/lib/imagegen/ipvs-check.pyz"
# what these would change is the machine's, and no root of the test's own keeps them from it
STUBS = ("packages.sh", "system.sh")
COMMANDS = ("systemctl", "systemd-tmpfiles")
ABSOLUTE = re.compile(r"(?<![\w.$])/(?=(?:run|usr|etc|dev)/)")


@pytest.fixture(scope="module")
def rendering() -> Rendering:
    return render(parsed(changed({"check.python": sys.executable}, "quickstart")))


def stock(root: Path, rendering: Rendering) -> Path:
    """A stock image after write_files: what first-boot.sh finds, but for the programs."""
    user_data = rendering.tree.files["cloud-init/full/user-data"].data
    for path, (data, mode) in parsers.written_files(user_data).items():
        if path.startswith(HERE) and "/program-" not in path:
            name = path.rpartition("/")[2]
            place(root / path[1:], b"true\n" if name in STUBS else data, mode)
    for name in COMMANDS:
        place(root / "stubs" / name, b"#!/bin/sh\ncat >/dev/null\n", 0o755)
    (root / "dev").mkdir()
    return root


def place(path: Path, data: bytes, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
    path.chmod(mode)


def boot(root: Path) -> subprocess.CompletedProcess[str]:
    """The real script, with every absolute path of it within the root."""
    script = root / HERE[1:] / "first-boot.sh"
    text, count = ABSOLUTE.subn(f"{root}/", script.read_text().replace("-C / ", f"-C {root} "))
    assert count > 20 and "-C / " not in text
    script.write_text(text)
    return subprocess.run(["sh", str(script)], text=True, capture_output=True, check=False,
                          stdin=subprocess.DEVNULL, timeout=60, cwd=root,
                          env={"PATH": f"{root}/stubs:{os.environ['PATH']}"})


def test_it_lays_down_the_node_and_its_check(tmp_path: Path, rendering: Rendering) -> None:
    done = boot(stock(tmp_path, rendering))
    assert (done.returncode, done.stderr) == (0, ""), done.stderr
    for path, file in rendering.node.files.items():
        if file.link is None:
            laid = tmp_path / path
            assert laid.read_bytes() == file.data, path
            assert stat.S_IMODE(laid.stat().st_mode) == file.mode, path
    said = subprocess.run([sys.executable, "-I", "-S", str(tmp_path / CHECK), "--version"],
                          text=True, capture_output=True, check=False, timeout=60)
    assert said.returncode == 0, said.stderr


def flipped(data: bytes) -> bytes:
    half = len(data) // 2
    return data[:half] + bytes([data[half] ^ 1]) + data[half + 1:]


def test_an_archive_that_did_not_come_stops_the_boot(tmp_path: Path,
                                                     rendering: Rendering) -> None:
    root = stock(tmp_path, rendering)
    (root / PACKED[1:]).unlink()
    done = boot(root)
    assert done.returncode == 1
    assert "No such file" in done.stderr and "hand user-data over anew" in done.stderr
    assert not (root / "usr/lib/systemd").exists()


DAMAGE: dict[str, Callable[[bytes], bytes]] = {
    "empty": lambda _: b"", "cut": lambda data: data[:-40_000], "one bit": flipped,
    "more": lambda data: data + b"x", "another": lambda _: b"#!/bin/sh\n"}


@pytest.mark.parametrize("damage", DAMAGE)
def test_a_damaged_archive_stops_the_boot_before_the_nodes_files(
        damage: str, tmp_path: Path, rendering: Rendering) -> None:
    root = stock(tmp_path, rendering)
    packed = root / PACKED[1:]
    packed.write_bytes(DAMAGE[damage](packed.read_bytes()))
    done = boot(root)
    assert done.returncode == 1
    assert re.fullmatch(r"imagegen error: \S+\.bz2 is damaged \(.*\); hand user-data over anew\n",
                        done.stderr), done.stderr
    assert "the first boot FAILED" in (root / "dev/console").read_text()
    assert not (root / "usr/lib/systemd").exists()
    assert [path for path in (root / CHECK).parent.iterdir()
            if path.suffix == ".pyz" or path.name.startswith(".")] == []


def test_a_python_without_bz2_is_named(tmp_path: Path, rendering: Rendering) -> None:
    root = stock(tmp_path, rendering)
    unpack = root / HERE[1:] / "unpack.py"
    unpack.write_text(unpack.read_text().replace("import bz2", "import bz2_of_no_python"))
    # as an interpreter says it that was built without the module
    done = boot(root)
    assert done.returncode == 1
    assert done.stderr == (f"imagegen error: {sys.executable} was built without bz2, which "
                           "unpacks the node's check; give check.python another Python\n")
