"""Real builds into a cache of the test's own; Go's build cache makes each a matter of seconds."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.bake.kube import (
    KubeProgram,
    input_digest,
    kube_binaries,
    kube_binary,
    pins,
    recorded_sha256,
)
from imagegen.common.errors import ToolError
from imagegen.common.files import sha256_file
from imagegen.common.progress import Silent
from imagegen.common.run import run
from tests.processes import children, eventually, living
from tests.progress import Told

PROXY, VERSION = KubeProgram.PROXY, "1.34.4"
BUILDER = """
from imagegen.bake.kube import KubeProgram, kube_binary
class Told:
    def step(self, title): print(title, flush=True)
    def line(self, text): pass
print(kube_binary(KubeProgram.PROXY, "1.34.4", Told()), flush=True)
"""


@pytest.fixture(scope="module", autouse=True)
def built() -> Path:
    """The program in the user's own cache: after this, Go has compiled all of it once."""
    return kube_binary(PROXY, VERSION, Silent())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path))
    return tmp_path / "kube"


@pytest.fixture
def builder(cache: Path) -> Iterator[list[subprocess.Popen[str]]]:
    """Two imagegens that want the same program at the same time."""
    both = [subprocess.Popen([sys.executable, "-c", BUILDER], stdout=subprocess.PIPE, text=True)
            for _ in range(2)]
    yield both
    for each in both:
        each.kill()
        each.wait()


def test_the_program_is_the_real_one(built: Path) -> None:
    assert run([str(built), "--version"]).output == "Kubernetes v1.34.4\n"
    assert recorded_sha256(built) == sha256_file(built) == pins.pins(VERSION).sums[PROXY]


def test_the_record_says_what_it_was_made_of(built: Path) -> None:
    record = json.loads(built.with_suffix(".json").read_text())
    assert record["inputs"] == input_digest(PROXY, VERSION) == built.parent.name
    assert (record["version"], record["toolchain"]) == (VERSION, pins.pins(VERSION).toolchain)


def test_an_unchanged_program_is_not_built_again() -> None:
    told = Told()
    kube_binary(PROXY, VERSION, told)
    assert told.steps == []


def test_both_programs_of_a_version_come_from_one_compilation(cache: Path) -> None:
    told = Told()
    wanted = [(program, VERSION) for program in (PROXY, KubeProgram.APISERVER)]
    made = kube_binaries([*wanted, *wanted], told)
    assert told.steps.count("compiling, 2 to 10 minutes") == 1
    assert [path.name for path in made.values()] == ["kube-proxy", "kube-apiserver"]
    assert all(recorded_sha256(p) == pins.pins(VERSION).sums[p.name] for p in made.values())


def test_two_at_once_build_once(builder: list[subprocess.Popen[str]]) -> None:
    said = [each.communicate()[0].splitlines() for each in builder]
    assert [each.returncode for each in builder] == [0, 0]
    assert said[0][-1] == said[1][-1]
    steps = said[0] + said[1]
    assert steps.count("compiling, 2 to 10 minutes") == 1
    assert steps.count(f"waiting for another imagegen that is building Kubernetes {VERSION}") <= 1


def test_a_build_killed_in_the_middle_leaves_nothing_and_the_next_succeeds(cache: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", BUILDER], stdout=subprocess.PIPE,
                          text=True) as victim:
        assert victim.stdout is not None
        while "compiling" not in victim.stdout.readline():
            pass
        assert eventually(lambda: bool(children(victim.pid)))
        compilers = list(children(victim.pid))
        os.kill(victim.pid, signal.SIGKILL)
    assert eventually(lambda: not any(living(pid) for pid in compilers))
    assert not (cache / input_digest(PROXY, VERSION)).exists()
    assert list(cache.glob(".build-*"))
    kube_binary(PROXY, VERSION, Silent())
    assert not list(cache.glob(".build-*"))


def test_a_damaged_record_or_program_is_built_again(cache: Path) -> None:
    path = kube_binary(PROXY, VERSION, Silent())
    path.with_suffix(".json").write_text("{")
    assert recorded_sha256(kube_binary(PROXY, VERSION, Silent())) == sha256_file(path)
    with path.open("ab") as file:
        file.write(b"x")
    assert sha256_file(kube_binary(PROXY, VERSION, Silent())) == pins.pins(VERSION).sums[PROXY]


def test_bytes_other_than_the_pinned_are_refused(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real = pins.pins(VERSION).sums[PROXY]
    shutil.copytree(pins._PINS, tmp_path / "pins")
    (tmp_path / "pins" / VERSION / "sha256sums").write_text(f"{'0' * 64}  kube-proxy\n")
    monkeypatch.setattr(pins, "_PINS", tmp_path / "pins")
    with pytest.raises(ToolError, match=f"its sha256 is {real}, not the pinned 0000"):
        kube_binary(PROXY, VERSION, Silent())
    assert not (cache / input_digest(PROXY, VERSION)).exists()
    assert not list(cache.glob(".build-*"))


def test_a_failing_compiler_is_told_with_its_last_lines(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shutil.copytree(pins._PINS, tmp_path / "pins")
    (tmp_path / "pins" / VERSION / "go.sum").write_text("")
    monkeypatch.setattr(pins, "_PINS", tmp_path / "pins")
    with pytest.raises(ToolError, match=r"(?s)missing go\.sum entry") as caught:
        kube_binary(PROXY, VERSION, Silent())
    assert str(cache / f"{VERSION}.log") in caught.value.hint
    assert "missing go.sum entry" in (cache / f"{VERSION}.log").read_text()
