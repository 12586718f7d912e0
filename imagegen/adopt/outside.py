"""What a release cannot do without and no node's file holds: its base image, its programs."""

from __future__ import annotations

from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.runtime import official
from imagegen.knowledge.distributions import Manager, Release, release_of
from imagegen.profile.lints.pins import PLACEHOLDER

# No file has it, so every verb refuses it and asks for the true one
NO_SHA256 = PLACEHOLDER
_PYTHON = "/opt/python/bin/python3"


def fill_in(data: dict[str, Any], notes: Notes, base: str | None = None,
            sha256: str | None = None) -> None:
    """Places to be filled in by hand, each with a note; without them the release is refused."""
    os = data["os"]
    release = release_of(os["distribution"], os["release"]) if os else None
    if release is None:
        return
    if release.manager is Manager.NONE:
        _ignition(data, release, notes)
    elif release.mirror is None or base:
        _base(data, release, base, sha256, notes)


def _base(data: dict[str, Any], release: Release, base: str | None, sha256: str | None,
          notes: Notes) -> None:
    """The user's own base image, or a place for it."""
    name = base or f"{release.distribution}-{release.release}.qcow2"
    kind = "url" if "://" in name else "path"
    data["image"] = {"base": {"from": kind, kind: name, "sha256": sha256 or NO_SHA256}}
    if base is None or sha256 is None:
        notes.add(f"no base image of {release.title} is made from a mirror: put its cloud image "
                  "there and its sha256 here before you build (--base-image, --base-sha256)",
                  "image", "base")


def _ignition(data: dict[str, Any], release: Release, notes: Notes) -> None:
    proxy, check = data["kubeProxy"], data.setdefault("check", {})
    if not proxy.get("binary"):
        found = official("kube-proxy", {"version": proxy["version"], "sha256": NO_SHA256})
        proxy["binary"] = {key: value for key, value in found.items() if key != "version"}
        notes.add(f"{release.title} gets kube-proxy by Ignition: write its sha256 here",
                  "kubeProxy", "binary")
    if not check.get("python"):
        check["python"] = _PYTHON
        notes.add(f"{release.title} has no Python, and the check needs 3.9 or newer: bring one by "
                  "a system extension and name its path here", "check")
