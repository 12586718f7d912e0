"""kube-proxy that ran as a pod: static, of a DaemonSet, or of a distribution of Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.documents import documents, mapping, texts
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.adopt.unit import Launch

# where static pods lie, and where people keep dumps of a cluster's objects
FOLDERS = ("/etc/kubernetes/manifests", "/var/lib/rancher/rke2/agent/pod-manifests",
           "/etc/kubernetes", "/etc/kubernetes/addons", "/etc/kubernetes/kube-proxy",
           "/var/lib/kube-proxy", "/opt/kubernetes/cfg", "/etc/kubernetes/dumps")
_ARGUMENTS = "/etc/kubernetes/proxy"
_RANCHER = ("/etc/rancher/rke2/config.yaml", "/etc/rancher/k3s/config.yaml")
_PROGRAM = "/usr/local/bin/kube-proxy"


def launch_elsewhere(files: Files, notes: Notes) -> Launch | None:
    """The start of a kube-proxy that no unit runs, and None where nothing speaks of one."""
    objects = list(_objects(files))
    pods = [one for place, data in objects for one in [_pod(place, data, files)] if one]
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
    return _of_arguments(files, notes) or _of_rancher(files, notes)


def _objects(files: Files) -> Iterator[tuple[str, dict[str, Any]]]:
    """Kubernetes objects in YAML (or JSON, which is YAML), those in a List each for itself."""
    for folder in FOLDERS:
        for name in files.names(folder):
            path = f"{folder}/{name}"
            text = files.text(path) if name.endswith((".yaml", ".yml", ".json")) else None
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
    containers = _inside(spec, "containers")
    for container in containers if isinstance(containers, list) else []:
        words = [*texts(_inside(container, "command")), *texts(_inside(container, "args"))]
        words = _unshelled(words)
        if words and words[0].rpartition("/")[2] in ("kube-proxy", "hyperkube", "proxy"):
            image = _inside(container, "image")
            config = next((files.text(word.partition("=")[2]) for word in words
                           if word.startswith("--config=")), None)
            return Launch(path, tuple(words), (_PROGRAM, *words[1:]), None,
                          image if isinstance(image, str) else "", config or "",
                          daemon_set=data["kind"] == "DaemonSet")
    return None


def _unshelled(words: list[str]) -> list[str]:
    """`sh -c "exec kube-proxy …"` as the words of the script."""
    if len(words) == 3 and words[1] == "-c":
        inner = systemd.words(words[2].split("1>")[0].split("2>")[0].replace("\\\n", " "))
        return inner[1:] if inner[:1] == ["exec"] else inner
    return words


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


def _of_rancher(files: Files, notes: Notes) -> Launch | None:
    """RKE2 and k3s hand on `kube-proxy-arg`."""
    for path in _RANCHER:
        given = (mapping(files.text(path) or "") or {}).get("kube-proxy-arg")
        arguments = [given] if isinstance(given, str) else texts(given)
        if arguments:
            notes.add(f"{path} hands kube-proxy its flags, and RKE2 or k3s runs it: turn that one "
                      "off (disable-kube-proxy: true) on these nodes", "kubeProxy")
            words = (_PROGRAM, *(f"--{one.lstrip('-')}" for one in arguments))
            return Launch(path, words, words, None, config="")
    return None
