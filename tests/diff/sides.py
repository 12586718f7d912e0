"""Sides to compare: trees, image manifests and verdicts, written from data."""

from __future__ import annotations

import copy
import json
from pathlib import Path
from typing import Any

from tests.profiles import rendered

FINDING = {"id": "a", "rule": "sysctl", "result": "ok", "expected": "1", "saw": "1", "why": "why",
           "remedy": "", "source": "s"}


def written(path: Path, data: bytes) -> Path:
    path.write_bytes(data)
    return path


def tree(folder: Path, name: str) -> Path:
    """A profile of `profiles/`, rendered and written."""
    rendered(name).tree.write(folder)
    return folder


def image_manifest(name: str) -> dict[str, Any]:
    """The manifest of its image, as `imagegen build` writes it."""
    rendering = rendered(name)
    manifest = json.loads(rendering.tree.files["manifest.json"].data)
    return copy.deepcopy({
        "format": 1, "imagegen": manifest["imagegen"], "image": f"{name}.qcow2",
        "sha256": "a" * 64, "bytes": 1, "accelerator": "tcg", "packer": "1.6", "verdict": {},
        "inputs": {"rendered": rendering.digest, "base": "b" * 64, "kubeProxy": "d" * 64},
        "packages": {"ipset": "7.17-1"}, "facts": manifest["facts"], "files": manifest["files"],
        "profile": rendering.profile.model_dump(mode="json", by_alias=True, exclude_none=True),
    })


def image(folder: Path, name: str) -> tuple[Path, Path]:
    """An image's qcow2 (its first bytes) and its manifest."""
    manifest = json.dumps(image_manifest(name)).encode()
    return (written(folder / f"{name}.qcow2", b"QFI\xfb\x00\x00\x00\x03\xff"),
            written(folder / f"{name}.manifest.json", manifest))


def verdict(path: Path, changes: dict[str, Any] | None = None, **results: str) -> Path:
    """A verdict whose facts have these results."""
    findings = [{**FINDING, "id": name, "result": result,
                 "remedy": "" if result == "ok" else "mend it"}
                for name, result in (results or {"a": "ok"}).items()]
    bad = {"red", "unknown"} & {finding["result"] for finding in findings}
    document = {
        "format": 1, "level": "table", "verdict": "red" if bad else "green", "profile": "p",
        "digest": "3f9a", "checkVersion": "0.1.0", "waitedFor": [],
        "node": {"hostname": "n1", "machineId": "a", "bootId": "b", "kernel": "6.1",
                 "addresses": [], "sshHostKeys": [], "instanceId": "i"},
        "seconds": {"uptime": 1.0, "waited": 1.0, "check": 1.0}, "findings": findings,
        "counts": {}, "table": {"virtualServers": 0, "realServers": 0, "text": []},
        **(changes or {}),
    }
    return written(path, json.dumps(document).encode() + b"\n")
