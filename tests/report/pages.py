"""Pages of made verdicts."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from imagegen.report.html import html_page
from imagegen.report.html_read import read_all


def written(folder: Path, *verdicts: dict[str, Any], broken: str = "") -> Path:
    """The page of these verdicts, in a file."""
    lines = "\n".join([*map(json.dumps, verdicts), broken]).encode("utf-8", "replace")
    path = folder / "report.html"
    path.write_bytes(html_page(read_all([Path("-")], io.BytesIO(lines))).data)
    return path
