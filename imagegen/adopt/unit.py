"""The unit that runs kube-proxy: its file, its drop-ins, its environment, its command line."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

from imagegen.adopt import systemd
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


class _Found(NamedTuple):
    name: str
    path: str


def launch(files: Files, notes: Notes, *, drop_ins: bool = True) -> Launch | None:
    """The start of kube-proxy, or None where no unit runs it."""
    found = _unit(files, notes)
    if found is None:
        return None
    given = _settings(files, found, drop_ins=drop_ins)
    command = _command(given, found.path, notes)
    if not command:
        return None
    if "proxy" not in command[0].rpartition("/")[2]:
        notes.add(f"{found.path} runs {command[0]}, which is not kube-proxy itself: what it does "
                  "is not read here", "kubeProxy")
        return None
    words = systemd.expanded(command, _environment(files, given, found.path, notes))
    folder = next((value for key, value in reversed(given)
                   if key == "WorkingDirectory" and value), None)
    return Launch(found.path, tuple(command), tuple(words), _folder(folder, notes))


def started_by(files: Files, name: str, notes: Notes) -> list[str]:
    """The command line of another unit, its variables filled; empty where there is none."""
    path = next((f"{folder}/{name}" for folder in FOLDERS if files.text(f"{folder}/{name}")), None)
    if path is None:
        return []
    given = _settings(files, _Found(name, path), drop_ins=True)
    words = systemd.words((_last_list(given, "ExecStart") or [""])[-1])
    words = systemd.expanded(words, _environment(files, given, path, notes))
    return [words[0].lstrip(_PREFIXES), *words[1:]] if words else []


def _unit(files: Files, notes: Notes) -> _Found | None:
    paths = {name: f"{folder}/{name}" for folder in reversed(FOLDERS)
             for name in files.names(folder)
             if name.endswith(".service") and not name.startswith(".")}
    if files.link(paths.get(NAME, "/")) == "/dev/null":
        notes.add(f"{NAME} is masked on the old node, so kube-proxy did not run from it")
        return None
    running = [name for name in sorted(paths, key=lambda name: (name != NAME, name))
               if name == NAME or _runs_kube_proxy(files.text(paths[name]) or "")]
    if not running or not files.text(paths[running[0]]):
        return None
    if running[0] != NAME:
        notes.add(f"kube-proxy ran from {paths[running[0]]}; imagegen's unit is {NAME}",
                  "kubeProxy")
    for other in running[1:]:
        notes.add(f"{paths[other]} runs kube-proxy as well; only {running[0]} was read",
                  "kubeProxy")
    return _Found(running[0], paths[running[0]])


def _runs_kube_proxy(text: str) -> bool:
    commands = (value for key, value in systemd.settings(text, "Service") if key == "ExecStart")
    return any(word.lstrip(_PREFIXES).rpartition("/")[2] == "kube-proxy"
               for command in commands for word in command.split()[:1])


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


def _command(given: list[tuple[str, str]], path: str, notes: Notes) -> list[str]:
    commands = _last_list(given, "ExecStart")
    if not commands:
        notes.add(f"{path} has no ExecStart", "kubeProxy")
        return []
    words = systemd.words(commands[-1])
    if words:
        words = [words[0].lstrip(_PREFIXES), *words[1:]]
    return _of_shell(words, path, notes)


def _of_shell(words: list[str], path: str, notes: Notes) -> list[str]:
    """`sh -c 'exec kube-proxy …'` is read where it is no more than that."""
    if not words or words[0].rpartition("/")[2] not in _SHELLS or "-c" not in words[:3]:
        return words
    script = words[words.index("-c") + 1:][:1]
    inner = systemd.words(script[0]) if script else []
    inner = inner[1:] if inner[:1] == ["exec"] else inner
    if not inner or inner[0].rpartition("/")[2] != "kube-proxy" or {*script[0]} & {*";|&<>`("}:
        notes.add(f"{path} runs kube-proxy through a shell script that is not read here",
                  "kubeProxy")
        return []
    notes.add(f"{path} runs kube-proxy through a shell; imagegen's unit needs none", "kubeProxy")
    return inner


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
