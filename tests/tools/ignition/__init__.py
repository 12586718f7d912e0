"""The real Ignition, its Go module, as a judge of what we write for it."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.tools.golang import compiled


def verdict(config: bytes) -> tuple[int, str]:
    """Ignition's exit and its words; 0 and none for a configuration without a flaw."""
    done = subprocess.run([compiled(Path(__file__).parent)], input=config, capture_output=True,
                          check=False, timeout=60)
    return done.returncode, done.stdout.decode()
