"""containerd and the kubelet of an old node."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from typing import Any


def sandbox_image(text: str) -> str | None:
    """The pause image of containerd's configuration, in its versions 1 to 3."""
    try:
        data: Any = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError):
        return None
    for path in (("plugins", "io.containerd.grpc.v1.cri", "sandbox_image"),
                 ("plugins", "io.containerd.cri.v1.images", "pinned_images", "sandbox"),
                 ("plugins", "cri", "sandbox_image")):
        found = data
        for part in path:
            found = found.get(part) if isinstance(found, dict) else None
        if isinstance(found, str):
            return found
    return None


def official(program: str, expect: Mapping[str, Any]) -> dict[str, Any]:
    """A program of Kubernetes from its own downloads, pinned by the old one's sha256."""
    version = expect.get("version")
    return {"version": version, "from": "url", "sha256": expect.get("sha256"),
            "url": f"https://dl.k8s.io/release/v{version}/bin/linux/amd64/{program}"}
