"""Where the kubelet of an old node has its configuration, and its flags."""

from __future__ import annotations

from collections.abc import Mapping

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import started_by

UNIT = "kubelet.service"
CONFIG = "/var/lib/kubelet/config.yaml"
# as Amazon's images have it: a file of JSON, which is YAML
_OTHERS = ("/etc/kubernetes/kubelet/config.json", "/etc/kubernetes/kubelet/kubelet-config.json")


def kubelet_flags(files: Files, notes: Notes) -> dict[str, str]:
    """The kubelet's flags as its unit gives them."""
    return flags_of(started_by(files, UNIT, notes)[1:])


def flags_of(words: list[str]) -> dict[str, str]:
    """Flags and values of `--name=value`."""
    pairs = (word.lstrip("-").partition("=") for word in words if word.startswith("-"))
    return {name: value for name, _, value in pairs if name}


def kubelet_config(files: Files, notes: Notes,
                   flags: Mapping[str, str] | None = None) -> str | None:
    """The text of the kubelet's own configuration file."""
    given = kubelet_flags(files, notes) if flags is None else flags
    places = [given["config"]] if given.get("config") else [CONFIG, *_OTHERS]
    return next(filter(None, map(files.text, places)), None)
