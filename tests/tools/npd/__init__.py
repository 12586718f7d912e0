"""The real custom plugin monitor of the Node Problem Detector, its Go module, with our plugin."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.tools.golang import compiled


class Refused(Exception):
    """NPD would not start with this configuration; its own words."""


def monitor() -> Path:
    """Its program, compiled where it is not yet (two minutes on a slow machine)."""
    return compiled(Path(__file__).parent)


def statuses(config: Path, verdict: Path, number: int) -> list[dict[str, Any]]:
    """The first statuses that NPD would report, each with `events` and `conditions`."""
    done = subprocess.run(
        [monitor(), str(config), str(number)], capture_output=True, text=True, check=False,
        timeout=60, env={**os.environ, "IPVS_VERDICT": str(verdict)})
    if done.returncode != 0:
        raise Refused(done.stderr)
    return [json.loads(line) for line in done.stdout.splitlines()]
