"""Where things are kept between runs."""

from __future__ import annotations

import os
from pathlib import Path


def cache_dir(kind: str) -> Path:
    """The cache folder of one kind (`base`, `kube`, …), made private; IMAGEGEN_CACHE overrides."""
    root = os.environ.get("IMAGEGEN_CACHE")
    if root is None:
        from platformdirs import user_cache_dir

        root = user_cache_dir("imagegen")
    path = Path(root) / kind
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path
