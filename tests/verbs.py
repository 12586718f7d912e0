"""Verbs, called as `python -m imagegen` calls them: in this process, or in one of their own."""

from __future__ import annotations

import contextlib
import io
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PROFILES = ROOT / "profiles"
MINIMAL = b"""apiVersion: imagegen/v1alpha1
kind: ClusterProfile
metadata: {name: node}
kubeProxy: {version: "1.34.4"}
"""

# what would make words wider, narrower or coloured
OF_TERMINALS = ("COLUMNS", "NO_COLOR", "FORCE_COLOR")


@dataclass(frozen=True, slots=True)
class Said:
    """What a verb answered."""

    code: int
    out: str
    err: str


def called(*argv: str) -> Said:
    """`imagegen ARGV` through its own main(), in this process."""
    from imagegen.__main__ import main

    out, err = _Sink(), _Sink()
    before, argv_before = signal.getsignal(signal.SIGTERM), sys.argv
    sys.argv = ["imagegen", *argv]
    environment = dict(os.environ)
    for name in OF_TERMINALS:
        os.environ.pop(name, None)
    try:
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            main()
    except SystemExit as end:
        return Said(end.code if isinstance(end.code, int) else 1, out.text(), err.text())
    finally:
        os.environ.clear()
        os.environ.update(environment)
        sys.argv = argv_before
        signal.signal(signal.SIGTERM, before)
    raise AssertionError("main() returned instead of exiting")


class _Sink(io.TextIOWrapper):
    """Standard output or error, kept in memory."""

    def __init__(self) -> None:
        super().__init__(io.BytesIO(), encoding="utf-8", write_through=True)

    def text(self) -> str:
        """All that was written."""
        self.seek(0)
        return self.read()


def process(*argv: str, cwd: Path | None = None, env: Mapping[str, str] | None = None,
            umask: int = 0o022) -> Said:
    """`python -m imagegen ARGV` as a process of its own."""
    own = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), "LC_ALL": "C.UTF-8", **(env or {})}
    done = subprocess.run([sys.executable, "-m", "imagegen", *argv], cwd=cwd, env=own, umask=umask,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=120)
    return Said(done.returncode, done.stdout.decode(), done.stderr.decode())
