"""The unit that runs kube-proxy: its file, its drop-ins, its environment, its command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from imagegen.adopt import systemd
from imagegen.adopt.commands import KUBE_PROXY, Found, base_of, found_in
from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files

NAME = "kube-proxy.service"
# systemd.unit(5); the first folder that has a unit or a drop-in wins
FOLDERS = ("/etc/systemd/system", "/run/systemd/system", "/usr/local/lib/systemd/system",
           "/usr/lib/systemd/system", "/lib/systemd/system")
_PREFIXES = "@-:+!|"
_SHELLS = ("sh", "bash", "dash")


@dataclass(frozen=True, slots=True)
class Launch:
    """How kube-proxy is started: its words as the unit has them, and with its variables filled.

    `config` is not None where it ran as a pod: the text of its configuration, so far as it is
    known; its paths are the pod's then. `daemon_set`: the cluster starts it on every node.
    """

    unit: str
    raw: tuple[str, ...]
    words: tuple[str, ...]
    working_directory: str | None
    image: str = ""
    config: str | None = None
    daemon_set: bool = False
    # the text of its configuration, where the user gave it instead of the node's file
    given: str = ""


class _Found(NamedTuple):
    name: str
    path: str


def launch(files: Files, notes: Notes, *, drop_ins: bool = True) -> Launch | None:
    """The start of kube-proxy, or None where no unit runs it."""
    found = _unit(files, notes)
    if found is None:
        return None
    given = _settings(files, found, drop_ins=drop_ins)
    values = _environment(files, given, found.path, notes)
    command = _command(given, found.path, files, values, notes)
    if command is None:
        return None
    raw, words = command
    folder = next((value for key, value in reversed(given)
                   if key == "WorkingDirectory" and value), None)
    return Launch(found.path, tuple(raw), tuple(words), _folder(folder, notes))


def all_commands(files: Files, name: str, notes: Notes) -> tuple[str, list[list[str]]]:
    """A unit's file and its command lines with their variables; none where it is not there."""
    path = next((f"{folder}/{name}" for folder in FOLDERS if files.text(f"{folder}/{name}")), None)
    if path is None:
        return "", []
    given = _settings(files, _Found(name, path), drop_ins=True)
    values = _environment(files, given, path, notes)
    lines = [*_last_list(given, "ExecStart"), *_last_list(given, "ExecStartPost"),
             *_last_list(given, "ExecStartPre")]
    return path, [_bare(systemd.expanded(systemd.words(line), values)) for line in lines]


def _bare(words: list[str]) -> list[str]:
    return [words[0].lstrip(_PREFIXES), *words[1:]] if words else []


def started_by(files: Files, name: str, notes: Notes) -> list[str]:
    """The command line of another unit, its variables filled; empty where there is none."""
    path = next((f"{folder}/{name}" for folder in FOLDERS if files.text(f"{folder}/{name}")), None)
    if path is None:
        return []
    given = _settings(files, _Found(name, path), drop_ins=True)
    words = systemd.words((_last_list(given, "ExecStart") or [""])[-1])
    return _bare(systemd.expanded(words, _environment(files, given, path, notes)))


def _unit(files: Files, notes: Notes) -> _Found | None:
    paths = {name: f"{folder}/{name}" for folder in reversed(FOLDERS)
             for name in files.names(folder)
             if name.endswith(".service") and not name.startswith(".")}
    if files.link(paths.get(NAME, "/")) == "/dev/null":
        notes.add(f"{NAME} is masked on the old node, so kube-proxy did not run from it")
        return None
    running = [name for name in sorted(paths, key=lambda name: (name != NAME, name))
               if name == NAME or _runs_kube_proxy(files, name)]
    if not running or not files.text(paths[running[0]]):
        return None
    if running[0] != NAME:
        notes.add(f"kube-proxy ran from {paths[running[0]]}; imagegen's unit is {NAME}",
                  "kubeProxy")
    for other in running[1:]:
        notes.add(f"{paths[other]} runs kube-proxy as well; only {running[0]} was read",
                  "kubeProxy")
    return _Found(running[0], paths[running[0]])


def _runs_kube_proxy(files: Files, name: str) -> bool:
    path, commands = all_commands(files, name, Notes())
    return any(found_in(words, path, KUBE_PROXY, files) for words in commands)


def _settings(files: Files, found: _Found, *, drop_ins: bool) -> list[tuple[str, str]]:
    """[Service] of the unit and of its drop-ins, which come after it in the order of names."""
    chosen: dict[str, str] = {}
    for folder in FOLDERS if drop_ins else ():
        for name in files.names(f"{folder}/{found.name}.d"):
            if name.endswith(".conf"):
                chosen.setdefault(name, f"{folder}/{found.name}.d/{name}")
    paths = [found.path, *(chosen[name] for name in sorted(chosen))]
    return [pair for path in paths
            for pair in systemd.settings(files.text(path) or "", "Service")]


def _last_list(given: list[tuple[str, str]], key: str) -> list[str]:
    """A setting that adds up, and that an empty value clears."""
    values: list[str] = []
    for name, value in given:
        if name == key:
            values = [*values, value] if value else []
    return values


def _command(given: list[tuple[str, str]], path: str, files: Files, values: dict[str, str],
             notes: Notes) -> tuple[list[str], list[str]] | None:
    """kube-proxy's words as the unit has them, and with their variables filled."""
    lines = [_bare(systemd.words(line)) for line in _last_list(given, "ExecStart")]
    if not any(lines):
        notes.add(f"{path} has no ExecStart", "kubeProxy")
        return None
    for raw in lines:
        words = systemd.expanded(raw, values)
        found = found_in(words, path, KUBE_PROXY, files, values=values)
        if found is not None:
            _tell_way(path, raw, found, notes)
            return raw, list(found.words)
    raw = lines[-1]
    words = systemd.expanded(raw, values)
    if words and "proxy" in base_of(words[0]) and files.text(words[0]) is None:
        return raw, words
    what = "through a shell script that is not read here" if base_of(raw[0]) in _SHELLS else ""
    notes.add(f"{path} runs kube-proxy {what}" if what else
              f"{path} runs {raw[0]}, which is not kube-proxy itself: what it does is not read "
              "here", "kubeProxy")
    return None


def _tell_way(path: str, raw: list[str], found: Found, notes: Notes) -> None:
    """What stands between the unit and kube-proxy."""
    if found.file != path:
        notes.add(f"{path} runs kube-proxy by {found.file}; imagegen's unit needs no script",
                  "kubeProxy")
    elif base_of(raw[0]) in _SHELLS:
        notes.add(f"{path} runs kube-proxy through a shell; imagegen's unit needs none",
                  "kubeProxy")
    elif base_of(raw[0]) != base_of(found.words[0]):
        notes.add(f"{path} runs kube-proxy through {base_of(raw[0])}; imagegen's unit runs it "
                  "directly", "kubeProxy")


def _environment(files: Files, given: list[tuple[str, str]], path: str,
                 notes: Notes) -> dict[str, str]:
    values = dict(pair for line in _last_list(given, "Environment")
                  for pair in _assignments(systemd.words(line)))
    for name in _last_list(given, "EnvironmentFile"):
        text = files.text(name.removeprefix("-"))
        if text is not None:
            values |= systemd.environment(text)
        elif not name.startswith("-"):
            notes.add(f"{path} reads {name}, which is not among the files", "kubeProxy")
    return values


def _assignments(words: list[str]) -> list[tuple[str, str]]:
    parts = [word.partition("=") for word in words]
    return [(key, value) for key, equals, value in parts if equals]


def _folder(text: str | None, notes: Notes) -> str | None:
    path = (text or "").removeprefix("-").rstrip("/")
    if path in ("", "~"):
        return None
    if not path.startswith("/") or "%" in path:
        notes.add(f"WorkingDirectory={path} is not carried over", "kubeProxy")
        return None
    return path
