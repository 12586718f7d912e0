"""The kubelet of an old node: its program, where it is configured, and its flags."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.kubelet_config import CONFIG as _CONFIG
from imagegen.adopt.kubelet_config import UNIT, flags_of, kubelet_config
from imagegen.adopt.notes import Notes
from imagegen.adopt.outside import NO_SHA256
from imagegen.adopt.runtime import official
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import FOLDERS, started_by

_PROGRAMS = ("/usr/bin/kubelet", "/usr/local/bin/kubelet", "/opt/bin/kubelet")
_DEFAULTS = ("/etc/default/kubelet", "/etc/sysconfig/kubelet")
_IN_TEXT = re.compile(r"(?<![0-9.])(1\.[0-9]{1,3}\.[0-9]{1,3})(?![0-9])")
# said by imagegen's own unit, by kubeadm at a join, or by what the profile says elsewhere
_KNOWN = ("config", "kubeconfig", "bootstrap-kubeconfig", "v", "logtostderr", "alsologtostderr",
          "container-runtime-endpoint", "container-runtime", "pod-infra-container-image")
_OWN = ("hostname-override", "node-ip", "address", "provider-id")


def adopted_kubelet(files: Files, packages: Mapping[str, str], version: str,
                    notes: Notes) -> dict[str, Any] | None:
    """Where the old one is and what its unit names; its bytes stay behind, so the sha256 is told
    to be filled in."""
    words = started_by(files, UNIT, notes)
    program = words[0] if words else next(
        (path for path in _PROGRAMS if files.there(path)), None)
    if program is None and "kubelet" not in packages:
        return None
    flags = flags_of(words[1:])
    _tell(files, flags, {word for _, extra in _extra(files) for word in extra}, notes)
    found = _IN_TEXT.search(packages.get("kubelet", ""))
    return {**official("kubelet", {"version": found[1] if found else version,
                                   "sha256": _sha256(files, program, notes)}),
            "program": program or _PROGRAMS[0], **_places(flags)}


def _sha256(files: Files, program: str | None, notes: Notes) -> str:
    found = files.sha256(program) if program else None
    if found is None:
        notes.add(f"the kubelet's bytes are not among the files: write its sha256 here "
                  f"(`sha256sum {program or _PROGRAMS[0]}` on the node) before you build",
                  "os", "kubelet")
    return found or NO_SHA256


def _places(flags: Mapping[str, str]) -> dict[str, str]:
    given = {"kubeconfig": flags.get("kubeconfig"), "configFile": flags.get("config")}
    return {key: value for key, value in given.items() if value}


def _tell(files: Files, flags: Mapping[str, str], extra: set[str], notes: Notes) -> None:
    where = next((f"{folder}/{UNIT}" for folder in FOLDERS if files.text(f"{folder}/{UNIT}")), UNIT)
    for name, value in flags.items():
        if f"--{name}={value}" in extra:
            continue  # carried over as they stand, or told there
        if name in _OWN:
            notes.add(f"{where}: the kubelet's --{name}={value} is one node's own: it comes with "
                      "the node's seed", "os", "kubelet")
        elif name not in _KNOWN:
            notes.add(f"{where}: the kubelet's --{name}={value} is not carried over: add it to "
                      "KUBELET_EXTRA_ARGS in /etc/default/kubelet by os.files", "os", "kubelet")
    path = flags.get("config") or _CONFIG
    if files.text(path) is not None:
        notes.add(f"{path} is not carried over: kubeadm, or who joins the node, writes it there",
                  "os", "kubelet")


def kubelets_config(files: Files) -> str | None:
    """The text of the kubelet's own configuration file."""
    return kubelet_config(files, Notes())


def _extra(files: Files) -> Iterator[tuple[str, list[str]]]:
    for path in _DEFAULTS:
        given = systemd.environment(files.text(path) or "").get("KUBELET_EXTRA_ARGS", "")
        yield path, systemd.words(given)


def extra_arguments(files: Files, notes: Notes) -> list[dict[str, Any]]:
    """KUBELET_EXTRA_ARGS, where imagegen's unit reads them."""
    for path, words in _extra(files):
        kept = [word for word in words if word.lstrip("-").partition("=")[0] not in _OWN]
        for word in words:
            if word not in kept:
                notes.add(f"{path}: {word} is one node's own: it comes with the node's seed", "os",
                          "files")
        if kept:
            return [{"path": _DEFAULTS[0], "content": f"KUBELET_EXTRA_ARGS={' '.join(kept)}\n"}]
    return []
