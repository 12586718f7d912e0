"""Which distribution the node runs, and the parts of it that a profile does not carry."""

from __future__ import annotations

import shlex
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.knowledge.distributions import RELEASES, Recognised, Release, recognised

# https://www.flatcar.org/docs/latest/setup/releases/switch-channels/
_CHANNEL = ("/etc/flatcar/update.conf", "/usr/share/flatcar/update.conf")
# a file of it -> what stays behind
_TRACES = {
    "/etc/docker/daemon.json": "docker's configuration",
    "/etc/crio/crio.conf": "cri-o's configuration",
    "/etc/keepalived/keepalived.conf": "keepalived's configuration (its virtual servers belong "
    "into kubeProxy.config.ipvs.excludeCIDRs, or kube-proxy deletes them)",
}


def adopted_system(files: Files, release: dict[str, str], notes: Notes) -> dict[str, Any]:
    """`os` with the node's distribution; where that is a guess, a note stands above it."""
    for path, what in _TRACES.items():
        if not release and files.read(path) is not None:
            notes.add(f"{what} ({path}) is not carried over by adopt", "os")
    name, version = release.get("DISTRIBUTION"), release.get("RELEASE")
    if name and version and (name, version) in {(one.value, number) for one, number in RELEASES}:
        return {"distribution": name, "release": version}
    found = _found(files)
    if found.doubt:
        notes.add(found.doubt, "os", "distribution")
    return {"distribution": found.distribution.value, "release": found.release}


def same_release(files: Files, release: Release) -> bool:
    """Whether the node runs the profile's release, so that its packages' sources fit."""
    found = _found(files)
    same = (found.distribution, found.release) == (release.distribution, release.release)
    return same and not found.doubt


def _found(files: Files) -> Recognised:
    """What os-release says of the node, and Flatcar's own file of its channel."""
    return recognised(_fields(files), _channel(files))


def _channel(files: Files) -> str | None:
    """GROUP of update.conf; the file of /etc counts where both are there."""
    for path in _CHANNEL:
        group = systemd.environment(files.text(path) or "").get("GROUP")
        if group:
            return group
    return None


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
