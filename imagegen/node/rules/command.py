"""What runs is what was baked: a unit's files and nobody's beside them, and its command line."""

from __future__ import annotations

import re

from ..model import CannotTell, Outcome, not_yet, ok, red, warning
from ..units import FOLDERS
from ..words import counted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..processes import Process
    from ..state import Node

# systemd.exec(5): a variable of the unit's environment, which the node's seed gives
VARIABLE = re.compile(r"\$\{\w+\}")
# what a drop-in must say to change which program runs, or as what it runs
COMMAND = re.compile(r"^\s*(Exec\w+|User|RootDirectory|RootImage)\s*=", re.M)


def overrides(expect: dict[str, Any], node: Node) -> Outcome:
    """The unit is read from its baked file, with the baked drop-ins and no others."""
    name, path, known = expect["unit"], expect["path"], expect["dropIns"]
    wanted = f"{name} as it was baked"
    first = next((folder for folder in FOLDERS if node.exists(f"{folder}/{name}")), None)
    found = f"{first}/{name}"
    if first is not None and path not in (found, node.link(found)):
        return red(wanted, f"{found} takes the place of {path}",
                   f"Remove {found}, and run `systemctl daemon-reload`.")
    strange = [one for one in _drop_ins(node, name) if one not in known]
    commands = [(one, _commands(node, one)) for one in strange]
    changed = [f"{one} sets {', '.join(words)}" for one, words in commands if words]
    if changed:
        return red(wanted, "; ".join(changed), f"Remove {changed[0].split()[0]}, and run "
                   f"`systemctl daemon-reload && systemctl restart {name}`.")
    return _settled(expect, node, wanted, strange)


def _settled(expect: dict[str, Any], node: Node, wanted: str, strange: list[str]) -> Outcome:
    name = expect["unit"]
    if strange:
        return warning(wanted, f"more drop-ins: {', '.join(strange[:5])}",
                       "Take them into the profile (os.units), or remove them.")
    unit = node.units().get(name)
    if unit is not None and unit.stale:
        return warning(wanted, "its files were changed after systemd read them",
                       f"Run `systemctl daemon-reload && systemctl restart {name}`.")
    return ok(wanted, counted(len(expect["dropIns"]), "drop-in"))


def _drop_ins(node: Node, name: str) -> list[str]:
    """The drop-ins of a unit's own name, by systemd.unit(5): the first folder's of each name."""
    found: dict[str, str] = {}
    for folder in (f"{folder}/{name}.d" for folder in FOLDERS):
        for file in node.names(folder):
            if file.endswith(".conf"):
                found.setdefault(file, f"{folder}/{file}")
    return [path for _, path in sorted(found.items())]


def _commands(node: Node, path: str) -> list[str]:
    text = (node.read(path) or b"").decode("utf-8", "replace")
    return sorted(set(COMMAND.findall(text)))


def running(expect: dict[str, Any], node: Node) -> Outcome:
    """kube-proxy's words are the unit's; with --config no other flag counts for anything."""
    baked = expect.get("argv")
    wanted = "the baked command line" if baked else "no flag without effect"
    process = _process(node)
    if baked and not _same(baked, process.argv):
        return not_yet(wanted, f"{process.pid} runs as: {_difference(baked, process.argv)}",
                       "Find the file that says so with `systemctl cat kube-proxy`, put the baked "
                       "line back, and run `systemctl daemon-reload && systemctl restart "
                       "kube-proxy`.")
    idle = _without_effect(process.argv, expect["beside"])
    if idle:
        return warning(wanted, f"with --config these have no effect: {', '.join(idle)}",
                       f"Say it in {_config(process.argv)}, and take the flags away.")
    return ok(wanted, f"process {process.pid}")


def _process(node: Node) -> Process:
    """kube-proxy: its unit's main process, or the only one of that name. Raises CannotTell."""
    unit = node.expectations.kube_proxy.unit
    main = node.units()[unit].main if unit else 0
    for process in node.processes():
        if process.pid == main or (not main and not unit and process.name == "kube-proxy"):
            return process
    raise CannotTell(f"{unit or 'kube-proxy'} does not run")


def _same(baked: list[str], argv: list[str]) -> bool:
    return len(baked) == len(argv) and all(map(_matches, baked, argv))


def _matches(word: str, said: str) -> bool:
    return re.fullmatch(".*".join(map(re.escape, VARIABLE.split(word))), said, re.S) is not None


def _difference(baked: list[str], argv: list[str]) -> str:
    more = [word for word in argv if not any(_matches(one, word) for one in baked)]
    fewer = [one for one in baked if not any(_matches(one, word) for word in argv)]
    parts = [f"{' '.join(more)[:300]} is more"] if more else []
    parts += [f"{' '.join(fewer)[:300]} is missing"] if fewer else []
    return "; ".join(parts) or f"{' '.join(argv)[:300]}, in another order or twice"


def _without_effect(argv: list[str], beside: list[str]) -> list[str]:
    """kubernetes cmd/kube-proxy/app/options.go: --config's file stands for every other flag."""
    flags = [word.partition("=")[0] for word in argv[1:] if word.startswith("-")]
    if "config" not in map(_flag, flags):
        return []
    return [flag for flag in flags if _flag(flag) not in beside]


def _flag(word: str) -> str:
    return word.lstrip("-").replace("_", "-")


def _config(argv: list[str]) -> str:
    for number, word in enumerate(argv):
        flag, equals, value = word.partition("=")
        if _flag(flag) == "config":
            return value if equals else " ".join(argv[number + 1:number + 2])
    return "the file of --config"
