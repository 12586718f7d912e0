"""Base image and Kubernetes are made side by side; an interrupt waits for neither."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from imagegen.common.assets import asset
from tests.processes import hears_interrupts

SOON = 60


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
