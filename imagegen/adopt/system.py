"""Which distribution the node runs, and the parts of it that a profile does not carry."""

from __future__ import annotations

import shlex
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import RELEASES, Release

# a file of it -> what stays behind
_TRACES = {
    "/etc/docker/daemon.json": "docker's configuration",
    "/etc/crio/crio.conf": "cri-o's configuration",
    "/etc/keepalived/keepalived.conf": "keepalived's configuration (its virtual servers belong "
    "into kubeProxy.config.ipvs.excludeCIDRs, or kube-proxy deletes them)",
}


def adopted_system(files: Files, release: dict[str, str], notes: Notes) -> dict[str, Any]:
    """`os`, with the node's distribution where imagegen makes images of it."""
    for path, what in _TRACES.items():
        if not release and files.read(path) is not None:
            notes.add(f"{what} ({path}) is not carried over by adopt", "os")
    name, version = release.get("DISTRIBUTION"), release.get("RELEASE")
    if not name:
        fields = _fields(files)
        name, version = fields.get("ID"), fields.get("VERSION_ID")
    known = {(distribution.value, number): number for distribution, number in RELEASES}
    if (name, version) in known:
        return {"distribution": name, "release": version}
    if name:
        notes.add(f"the node runs {name} {version or ''}, of which imagegen makes no images; the "
                  "profile takes its default", "os")
    return {}


def same_release(files: Files, release: Release) -> bool:
    """Whether the node runs the profile's release, so that its packages' sources fit."""
    fields = _fields(files)
    return (fields.get("ID"), fields.get("VERSION_ID")) == (release.distribution, release.release)


def _fields(files: Files) -> dict[str, str]:
    text = files.text("/etc/os-release") or files.text("/usr/lib/os-release") or ""
    found = {}
    for line in text.splitlines():
        key, equals, value = line.strip().partition("=")
        try:
            words = shlex.split(value) if equals else []
        except ValueError:
            continue
        if len(words) == 1:
            found[key] = words[0]
    return found
