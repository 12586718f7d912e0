"""kube-proxy that ran as a pod: static, of a DaemonSet, or of a distribution of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import yaml

from imagegen.adopt import systemd
from imagegen.adopt.commands import KUBE_PROXY, base_of, flags_of, found_in
from imagegen.adopt.documents import documents
from imagegen.adopt.embedded import embedded, k0s_proxy, microk8s_flags
from imagegen.adopt.notes import Notes
from imagegen.adopt.starters import started_elsewhere
from imagegen.adopt.static_pods import container_commands, static_pods
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import Launch
from imagegen.common.errors import InputError

# where people keep dumps of a cluster's objects
FOLDERS = ("/etc/kubernetes", "/etc/kubernetes/addons", "/etc/kubernetes/kube-proxy",
           "/var/lib/kube-proxy", "/opt/kubernetes/cfg", "/etc/kubernetes/dumps")
_ARGUMENTS = "/etc/kubernetes/proxy"
_PROGRAM = "/usr/local/bin/kube-proxy"


def launch_elsewhere(files: Files, notes: Notes) -> Launch | None:
    """The start of a kube-proxy that no unit runs, and None where nothing speaks of one."""
    objects = list(_objects(files))
    pods = [*_static(files), *(one for place, data in objects for one in [_pod(place, data, files)]
                               if one)]
    maps = [one for place, data in objects for one in [_config_map(place, data)] if one]
    found = next(iter(pods or maps), None)
    if found is not None and maps and pods:
        found = Launch(found.unit, found.raw, found.words, None, pods[0].image, maps[0].config,
                       daemon_set=True)
    if found is not None and not found.daemon_set:
        notes.add(f"kube-proxy ran as a static pod ({found.unit}); imagegen runs it from a unit, "
                  "so take the manifest away from these nodes: two would fight over the table",
                  "kubeProxy")
    elif found is not None:
        notes.add(f"a DaemonSet runs kube-proxy ({found.unit}): the image brings none, and "
                  "kubeadm/ holds what the cluster is to be told", "kubeProxy", "runBy")
    if found is not None:
        return found
    return (_of_starter(files, notes) or _of_arguments(files, notes) or _of_rancher(files, notes)
            or _of_k0s(files, notes) or _of_microk8s(files, notes))


def launch_of_file(path: str, text: str, started: Launch | None) -> Launch:
    """kube-proxy by a file that was given: its configuration, or a dump of its ConfigMap.

    Raises InputError where it is neither.
    """
    found = documents(text)
    for data in (one for whole in found for one in _each(whole)):
        if launch := _config_map(path, data):
            return launch
        if data.get("kind") == "KubeProxyConfiguration":
            if started is not None and not started.daemon_set and started.config is None:
                words = (started.words[0], f"--config={path}",
                         *(word for word in started.words[1:]
                           if not word.startswith("--config")))
                return replace(started, raw=words, words=words, given=text)
            words = (_PROGRAM, f"--config={path}")
            return Launch(path, words, words, None, "", text)
    raise InputError(f"{path} is neither kube-proxy's configuration nor a dump of its ConfigMap",
                     hint="give what `kubectl -n kube-system get configmap kube-proxy -o yaml` "
                     "prints, or the file that kube-proxy's --config names")


def _static(files: Files) -> list[Launch]:
    return [one for path, pod in static_pods(files)
            for one in [_pod(path, {**pod, "kind": "Pod"}, files)] if one]


def _objects(files: Files) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kubernetes objects in YAML (or JSON, which is YAML), those in a List each for itself."""
    for folder in FOLDERS:
        for name in files.names(folder):
            path = f"{folder}/{name}"
            text = None if files.names(path) or name.startswith(".") else files.text(path)
            if text is not None and "kube-proxy" in text and "kind" in text:
                yield from ((path, one) for data in documents(text) for one in _each(data))


def _each(data: object) -> Iterator[dict[str, Any]]:
    if not isinstance(data, dict):
        return
    items = data.get("items")
    if isinstance(items, list):
        yield from (one for one in items if isinstance(one, dict))
    else:
        yield data


def _pod(path: str, data: dict[str, Any], files: Files) -> Launch | None:
    """The command and the arguments of the container that runs kube-proxy."""
    spec = data.get("spec")
    if data.get("kind") == "DaemonSet":
        spec = _inside(_inside(spec, "template"), "spec")
    elif data.get("kind") != "Pod":
        return None
    for words, image in container_commands({"spec": spec}):
        found = found_in(words, path, KUBE_PROXY, files)
        if found is not None or (words and base_of(words[0]) == "proxy"):
            inner = found.words if found else tuple(words)
            config = next((files.text(value) for name, value in flags_of(inner)
                           if name == "config"), None)
            return Launch(path, tuple(words), (_PROGRAM, *inner[1:]), None, image, config or "",
                          daemon_set=data["kind"] == "DaemonSet")
    return None


def _inside(value: object, key: str) -> Any:  # noqa: ANN401
    return value.get(key) if isinstance(value, dict) else None


def _config_map(path: str, data: dict[str, Any]) -> Launch | None:
    """kubeadm's and kubespray's ConfigMap `kube-proxy` holds the configuration."""
    if data.get("kind") != "ConfigMap" or "kube-proxy" not in str(
            _inside(data.get("metadata"), "name")):
        return None
    inner = data.get("data")
    held = [text for name, text in (inner.items() if isinstance(inner, dict) else ())
            if isinstance(text, str) and "KubeProxyConfiguration" in text
            and "kubeconfig" not in str(name)]
    words = (_PROGRAM, "--config=/var/lib/kube-proxy/config.conf")
    return Launch(path, words, words, None, "", held[0], daemon_set=True) if held else None


def _of_arguments(files: Files, notes: Notes) -> Launch | None:
    """CentOS's packages read KUBE_PROXY_ARGS; their unit may not be among the files."""
    given = systemd.environment(files.text(_ARGUMENTS) or "")
    if "KUBE_PROXY_ARGS" not in given:
        return None
    words = ("/usr/bin/kube-proxy", *systemd.words(given["KUBE_PROXY_ARGS"]))
    notes.add(f"the unit that reads {_ARGUMENTS} is not among the files; KUBE_PROXY_ARGS is "
              "carried over as it stands there", "kubeProxy")
    return Launch(_ARGUMENTS, words, words, None)


def _of_starter(files: Files, notes: Notes) -> Launch | None:
    """supervisord, runit, cron and others; a file that only speaks of kube-proxy is named."""
    for started in started_elsewhere(files, KUBE_PROXY, "kube-proxy"):
        by = "" if started.found is None or started.found.file == started.entry else (
            f" by {started.found.file}")
        if started.found is None:
            notes.add(f"{started.entry} ({started.by}) speaks of kube-proxy, and how it starts it "
                      "does not stand there plainly: read that file, and write kube-proxy's "
                      "settings here yourself", "kubeProxy")
            continue
        notes.add(f"{started.by} started kube-proxy ({started.entry}{by}); imagegen runs it from "
                  "a unit, so take that away from these nodes: two would fight over the table",
                  "kubeProxy")
        return Launch(started.found.file, started.found.words, started.found.words, None)
    return None


def _of_rancher(files: Files, notes: Notes) -> Launch | None:
    """k3s and RKE2 hand on `kube-proxy-arg`, of their file and of their command line."""
    found = embedded(files)
    if found is None:
        return None
    given = found.values.get("kube-proxy-arg", [])
    where = " and ".join(dict.fromkeys(path for _, path in given)) or found.places[0]
    name = {"k3s": "k3s", "rke2": "RKE2"}[found.program]
    if found.values.get("disable-kube-proxy", [("", "")])[-1][0].lower() in ("true", "1"):
        notes.add(f"{found.places[0]}: {name} runs no kube-proxy on this node", "kubeProxy")
        return None
    notes.add(f"{name} runs kube-proxy inside itself ({where}): turn that one off "
              "(disable-kube-proxy: true, on the servers) before these nodes join, or two fight "
              "over the table", "kubeProxy")
    if not given:
        notes.add(f"no kube-proxy-arg of {name}'s says anything, so its kube-proxy had the "
                  "defaults", "kubeProxy", "config")
    words = (_PROGRAM, *(f"--{one.lstrip('-')}" for one, _ in given))
    return Launch(where, words, words, None, config="")


def _of_k0s(files: Files, notes: Notes) -> Launch | None:
    """k0s writes kube-proxy's DaemonSet from its own ClusterConfig."""
    config, flags, path = k0s_proxy(files)
    if not config and not flags:
        return None
    notes.add(f"k0s runs kube-proxy from {path}: disable it there (spec.network.kubeProxy."
              "disabled) before these nodes join, or two fight over the table", "kubeProxy")
    words = (_PROGRAM, f"--config={path}", *flags)
    return Launch(path, words, words, None, "", yaml.safe_dump(config))


def _of_microk8s(files: Files, notes: Notes) -> Launch | None:
    flags, path = microk8s_flags(files)
    if not path:
        return None
    notes.add(f"MicroK8s runs kube-proxy inside itself with the flags of {path}: take it off these "
              "nodes before they join, or two fight over the table", "kubeProxy")
    words = (_PROGRAM, *flags)
    return Launch(path, words, words, None, config="")
