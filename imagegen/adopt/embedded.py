"""Kubernetes in one program: k3s, RKE2, k0s and MicroK8s run kube-proxy inside themselves.

k3s and RKE2 take the same words in three places, and put them together in this order: their file
(config.yaml, then config.yaml.d/*.yaml in the order of names), and then their command line. A flag
that may be given several times adds up, of any other the last counts
(k3s pkg/configfilearg/parser.go; https://docs.k3s.io/installation/configuration).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.documents import mapping
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

# what each takes where nothing is said: k3s pkg/cli/cmds/server.go, k0s
# pkg/apis/k0s/v1beta1/network.go, MicroK8s microk8s-resources/default-args
KUBERNETES = {
    "k3s": {"serviceCIDR": "10.43.0.0/16", "podCIDR": "10.42.0.0/16"},
    "rke2": {"serviceCIDR": "10.43.0.0/16", "podCIDR": "10.42.0.0/16"},
    "k0s": {"serviceCIDR": "10.96.0.0/12", "podCIDR": "10.244.0.0/16"},
    "microk8s": {"serviceCIDR": "10.152.183.0/24", "podCIDR": "10.1.0.0/16"},
}
PROGRAM = re.compile(r"(k3s|rke2)(-server|-agent)?\Z")
_K0S = ("/etc/k0s/k0s.yaml", "/etc/k0s.yaml", "/etc/k0s/config.yaml", "/root/k0s.yaml")
_LISTS = frozenset({"kube-proxy-arg"})
Value = tuple[str, str]


@dataclass(slots=True)
class Embedded:
    """k3s or RKE2 on this node: its settings, each with the files that give them, in order."""

    program: str
    places: list[str] = field(default_factory=list)
    values: dict[str, list[Value]] = field(default_factory=dict)

    def put(self, name: str, value: str, path: str) -> None:
        """Add a value; of a flag that is no list the last counts."""
        if name in _LISTS:
            self.values.setdefault(name, []).append((value, path))
        else:
            self.values[name] = [(value, path)]
        if path not in self.places:
            self.places.append(path)


def embedded(files: Files) -> Embedded | None:
    """The node's k3s or RKE2; None where no file speaks of one."""
    commands = list(_commands(files))
    for program in ("k3s", "rke2"):
        own = [one for one in commands if program in one[1][0].rpartition("/")[2]]
        paths = _config_files(files, program, own)
        if own or paths:
            found = Embedded(program)
            for path in paths:
                _of_file(found, files.text(path) or "", path)
            for path, words in own:
                _of_words(found, words, path)
            return found
    return None


def _commands(files: Files) -> list[tuple[str, tuple[str, ...]]]:
    from imagegen.adopt.commands import found_in
    from imagegen.adopt.every_command import unit_names
    from imagegen.adopt.starters import started_elsewhere
    from imagegen.adopt.unit import all_commands

    found = []
    for unit in unit_names(files):
        path, commands = all_commands(files, unit, Notes())
        found += [one for words in commands
                  for one in [found_in(words, path, PROGRAM, files)] if one]
    found += [one.found for one in started_elsewhere(files, PROGRAM, "\0") if one.found]
    return [(one.file, one.words) for one in found]


def _config_files(files: Files, program: str,
                  commands: list[tuple[str, tuple[str, ...]]]) -> list[str]:
    """config.yaml, or the file that the command names, and the pieces beside it."""
    main = f"/etc/rancher/{program}/config.yaml"
    for _, words in commands:
        for name, value in _pairs(words):
            main = value if name in ("config", "c") and value else main
    pieces = [f"{main}.d/{name}" for name in files.names(f"{main}.d")
              if name.endswith((".yaml", ".yml"))]
    return [path for path in (main, *pieces) if files.text(path) is not None]


def _of_file(found: Embedded, text: str, path: str) -> None:
    """`key: value`; a piece's list takes the place of an earlier one, unless it is `key+`."""
    for name, value in (mapping(text) or {}).items():
        key = str(name)
        if key.rstrip("+") in _LISTS and not key.endswith("+"):
            found.values.pop(key, None)
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str | int) and not isinstance(one, bool):
                found.put(key.rstrip("+"), str(one), path)
    if path not in found.places:
        found.places.append(path)


def _of_words(found: Embedded, words: tuple[str, ...], path: str) -> None:
    for name, value in _pairs(words):
        if value and "$" not in value:
            found.put(name, value, path)
    if path not in found.places:
        found.places.append(path)


def _pairs(words: tuple[str, ...]) -> Iterator[Value]:
    for place, word in enumerate(words):
        name, equals, value = word.lstrip("-").partition("=")
        if word.startswith("-"):
            after = words[place + 1] if place + 1 < len(words) else ""
            yield name, value if equals else "" if after.startswith("-") else after


def k0s_config(files: Files) -> tuple[dict[str, Any], str]:
    """k0s' ClusterConfig and its file; empty where there is none."""
    for path in (*_told(files), *_K0S):
        data = mapping(files.text(path) or "")
        if data and data.get("kind") in ("ClusterConfig", "Cluster"):
            return data, path
    return {}, ""


def _told(files: Files) -> list[str]:
    from imagegen.adopt.unit import started_by

    for unit in ("k0scontroller.service", "k0sserver.service", "k0s.service"):
        for name, value in _pairs(tuple(started_by(files, unit, Notes()))):
            if name in ("config", "c") and value.startswith("/"):
                return [value]
    return []


def k0s_proxy(files: Files) -> tuple[dict[str, Any], list[str], str]:
    """kube-proxy's settings of k0s' ClusterConfig, its extra flags, and the file."""
    config, path = k0s_config(files)
    spec = config.get("spec")
    network = spec.get("network") if isinstance(spec, dict) else None
    proxy = network.get("kubeProxy") if isinstance(network, dict) else None
    if not isinstance(proxy, dict) or proxy.get("disabled") is True:
        return {}, [], path
    kept = {key: proxy[key] for key in ("mode", "ipvs", "iptables", "nftables",
                                        "metricsBindAddress", "nodePortAddresses",
                                        "featureGates") if key in proxy}
    extra = proxy.get("extraArgs")
    flags = [f"--{name}={value}" for name, value in (extra.items() if isinstance(extra, dict)
                                                     else ())]
    raw = proxy.get("rawArgs")
    flags += [one for one in (raw if isinstance(raw, list) else []) if isinstance(one, str)]
    return kept, flags, path


def microk8s_flags(files: Files) -> tuple[list[str], str]:
    """MicroK8s' file of kube-proxy's flags, one a line."""
    path = "/var/snap/microk8s/current/args/kube-proxy"
    text = files.text(path)
    rows = [line.strip() for line in (text or "").splitlines()]
    return [word for row in rows if row and not row.startswith("#")
            for word in systemd.words(row)], path if text is not None else ""
