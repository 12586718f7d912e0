"""Base image and Kubernetes are made side by side; an interrupt waits for neither."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from imagegen.bake import accelerator, inputs, preflight
from imagegen.common.assets import asset
from imagegen.common.errors import ToolError
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.profile.load import load_profile
from tests.processes import hears_interrupts
from tests.verbs import called

SOON = 60
SLEEP = ("sleep", "30")
SLEPT_OUT = [0]  # what it gives where nobody ends it, before it starts or after


def test_an_interrupt_does_not_wait_for_the_inputs(tmp_path: Path) -> None:
    """With nothing cached, so that the package manager and the compiler are both at work."""
    env = os.environ | {"IMAGEGEN_CACHE": str(tmp_path / "cache")}
    argv = [sys.executable, "-m", "imagegen", "build", str(asset("profiles/quickstart.yaml")),
            "-o", str(tmp_path / "images")]
    child = subprocess.Popen(argv, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                             text=True, preexec_fn=hears_interrupts)
    try:
        time.sleep(8)
        assert child.poll() is None
        child.send_signal(signal.SIGINT)
        output, _ = child.communicate(timeout=SOON)
    finally:
        child.kill()
    assert (child.returncode, "Traceback" in output) == (130, False), output
    assert list((tmp_path / "cache").glob("base/*/base.qcow2")) == []


def gathered(monkeypatch: pytest.MonkeyPatch, **jobs: object) -> None:
    for name, job in jobs.items():
        monkeypatch.setattr(inputs, name, job)
    inputs.gather(load_profile(asset("profiles/quickstart.yaml")), Silent())


def test_an_interrupt_that_a_job_s_thread_takes_is_heard(monkeypatch: pytest.MonkeyPatch) -> None:
    """The kernel gives a signal to any thread, and a thread that forks just then takes it."""
    codes: list[int] = []

    def interrupted(*_: object) -> None:
        time.sleep(0.5)  # the main thread waits by then
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)
        codes.append(run(SLEEP, check=False).code)

    with pytest.raises(KeyboardInterrupt):
        gathered(monkeypatch, find_base=lambda *_: None, find_kube_proxy=interrupted)
    assert codes != SLEPT_OUT


def test_what_fails_does_not_wait_for_the_other(monkeypatch: pytest.MonkeyPatch) -> None:
    codes: list[int] = []

    def failing(*_: object) -> None:
        time.sleep(0.5)
        raise ToolError("no compiler")

    with pytest.raises(ToolError, match="no compiler"):
        gathered(monkeypatch, find_kube_proxy=failing,
                 find_base=lambda *_: codes.append(run(SLEEP, check=False).code))
    assert codes != SLEPT_OUT


@pytest.mark.parametrize(("trouble", "command", "why"), [
    (None, "packer build -var accelerator=kvm .", "a trial machine ran on /dev/kvm: kvm"),
    ("there is no /dev/kvm", "packer build .", "there is no /dev/kvm: tcg"),
])
def test_the_verb_says_which_build_fits_this_machine(
        trouble: str | None, command: str, why: str, tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch) -> None:
    """The rendered variables say tcg, since the folder may be built on any machine."""
    for module, name in ((inputs, "gather"), (inputs, "lay_out"),
                         (preflight, "require_for_inputs")):
        monkeypatch.setattr(module, name, lambda *_: None)
    monkeypatch.setattr(accelerator, "kvm_trouble", lambda: trouble)
    said = called("inputs", str(asset("profiles/quickstart.yaml")), "-o", str(tmp_path / "in"))
    assert (said.code, said.out) == (
        0, f"{tmp_path / 'in'}: now `{command}` in the folder above it ({why})\n")
