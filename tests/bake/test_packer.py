"""The wrapper around the real Packer, on builders that need no guest."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import pytest

from imagegen.bake.packer import packer_build, packer_program, packer_version
from imagegen.common.errors import ToolError
from tests.processes import children, eventually, living
from tests.progress import Told

FILE = {"file": {"one": {"content": "${var.word}", "target": "output/one.txt"}}}
WORD = "it's ${odd} %{if} \"é\" a\\b\n"


def template(folder: Path, script: str) -> None:
    """A build of one step, which runs a script on this machine."""
    (folder / "step.sh").write_text(f"#!/bin/sh\nset -eu\n{script}\n")
    (folder / "step.sh").chmod(0o755)
    (folder / "t.pkr.json").write_text(json.dumps({
        "variable": {"word": {"type": "string"}}, "source": FILE,
        "build": {"sources": ["source.file.one"],
                  "provisioner": [{"shell-local": {"script": "${path.root}/step.sh"}}]}}))


def build(folder: Path, told: Told | None = None, timeout: float = 120) -> None:
    packer_build(folder, {"word": WORD}, folder / "log", told or Told(), timeout=timeout)


def test_a_good_build_tells_its_steps_and_its_lines(tmp_path: Path) -> None:
    template(tmp_path, "echo 'imagegen step 10: packages, and more'; echo a,b; echo oops >&2")
    told = Told()
    build(tmp_path, told)
    assert (tmp_path / "output/one.txt").read_text() == WORD
    assert "imagegen step 10: packages, and more" in told.steps
    assert {"a,b", "oops"} <= set(told.lines)
    assert "message: a,b\n" in (tmp_path / "log").read_text()


def test_a_failed_step_is_named_with_its_last_lines(tmp_path: Path) -> None:
    template(tmp_path, "echo 'imagegen step 20: files'; seq 1 40; exit 3")
    with pytest.raises(ToolError) as caught:
        build(tmp_path)
    text = str(caught.value)
    assert text.startswith("error: packer failed (exit 1) in step: imagegen step 20: files\n")
    assert "\n  | 40\n" in text and "status: 3" in text and "\n  | 20\n" not in text
    assert text.endswith(f"hint: the whole log is {tmp_path}/log")


def test_a_steps_own_sentence_comes_first(tmp_path: Path) -> None:
    template(tmp_path, "echo 'imagegen step 10: packages'; echo 'imagegen error: the mirror sleeps'"
             "; seq 1 5; exit 1")
    with pytest.raises(ToolError) as caught:
        build(tmp_path)
    text = str(caught.value)
    assert text.startswith("error: the mirror sleeps, in step: imagegen step 10: packages\n")
    assert "  | 5\n" in f"{text}\n"


def test_a_full_disk_is_said_in_plain_words(tmp_path: Path) -> None:
    template(tmp_path, "echo 'imagegen step 20: files'; echo 'tar: x: No space left on device' >&2;"
                       " exit 2")
    with pytest.raises(ToolError, match="the disk is full: the build stopped in step: imagegen "
                                        "step 20: files"):
        build(tmp_path)


def test_success_without_an_image_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`packer build -only=nosuch` ends with 0 and makes nothing."""
    template(tmp_path, "true")
    own = tmp_path / "own-packer"
    own.write_text(f'#!/bin/sh\ncase "$1" in build) shift; set -- build -only=nosuch "$@" ;; esac\n'
                   f'exec {packer_program()} "$@"\n')
    own.chmod(0o755)
    monkeypatch.setenv("PACKER_BIN", str(own))
    with pytest.raises(ToolError, match="it made no image"):
        build(tmp_path)


def test_a_broken_template_shows_what_packer_says(tmp_path: Path) -> None:
    template(tmp_path, "true")
    (tmp_path / "t.pkr.json").write_text('{"source": {"nothing": {"one": {}}}, "build": '
                                         '{"sources": ["source.nothing.one"]}}')
    with pytest.raises(ToolError, match="nothing"):
        build(tmp_path)


def test_a_build_that_takes_too_long_is_stopped_with_all_it_started(tmp_path: Path) -> None:
    template(tmp_path, f"setsid sh -c 'echo $$ >{tmp_path}/pid; exec sleep 300' &\n"
                       "echo 'imagegen step 10: waits'; sleep 300")
    with pytest.raises(ToolError, match="did not finish within 5 s, in step: imagegen step 10"):
        build(tmp_path, timeout=5)
    pid = int((tmp_path / "pid").read_text())
    assert eventually(lambda: not living(pid), 60)
    assert not [name for name in children().values() if "packer" in name]


def test_a_folder_too_deep_for_sockets(tmp_path: Path) -> None:
    """Packer crashes where TMPDIR is too long for its plugins' sockets (sun_path: 108 bytes)."""
    deep = tmp_path / ("d" * 100) / ".imagegen-build-12345678"
    deep.mkdir(parents=True)
    template(deep, "true")
    build(deep)


def test_a_tmpdir_too_deep_for_sockets(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ("d" * 100)).mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / ("d" * 100)))
    template(tmp_path, "true")
    build(tmp_path)


def test_another_packer_can_be_named(monkeypatch: pytest.MonkeyPatch) -> None:
    assert packer_version(packer_program()) >= (1, 6)
    monkeypatch.setenv("PACKER_BIN", "/nonexistent/packer")
    with pytest.raises(ToolError) as caught:
        packer_program()
    assert str(caught.value) == ("error: /nonexistent/packer is not installed\n"
                                 "hint: apt-get install packer; or set PACKER_BIN to your own "
                                 "packer")
