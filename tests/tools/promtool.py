"""Prometheus' own tool, of Debian's package, which is not installed: it would start a server."""

from __future__ import annotations

import subprocess
from pathlib import Path

from tests.tools.debian import unpacked


def promtool(*argv: str, text: str = "", cwd: Path | None = None,
             ) -> subprocess.CompletedProcess[str]:
    """`promtool ARGV`, with a text on its standard input."""
    tool = unpacked("prometheus") / "usr/bin/promtool"
    return subprocess.run([str(tool), *argv], cwd=cwd, input=text, capture_output=True, text=True,
                          check=False, timeout=120)
