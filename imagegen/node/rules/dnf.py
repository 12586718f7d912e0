"""dnf's repositories: the profile's, and no others that are switched on."""

from __future__ import annotations

import os

from ..model import Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..state import Node

MAIN = "/etc/dnf/dnf.conf"
# dnf.conf(5), reposdir: where .repo files are looked for while dnf.conf names no other folder
FOLDERS = ("/etc/yum.repos.d", "/etc/yum/repos.d", "/etc/distro.repos.d")
OFF = ("0", "no", "false", "off")


def repositories(expect: dict[str, str], node: Node) -> Outcome:
    """dnf takes repositories from every .repo file of its folders, and from dnf.conf itself."""
    path = expect["path"]
    wanted = f"dnf's only repositories are those of {path}"
    if not node.exists(path):
        return red(wanted, f"{path} is not there", f"Restore {path}.")
    elsewhere = _elsewhere(node)
    if elsewhere:
        return red(wanted, f"{MAIN} has dnf look in {elsewhere}, where {path} is not",
                   f"Take reposdir out of {MAIN}.")
    others = [f"[{name}] in {place}" for place in _places(node, path)
              for name in enabled(node.read(place))]
    if others:
        return red(wanted, f"there are others: {', '.join(others)}",
                   f"Remove {others[0]}, or write enabled=0 there.")
    return ok(wanted, "they are")


def _places(node: Node, path: str) -> list[str]:
    found = [f"{folder}/{name}" for folder in FOLDERS for name in node.names(folder)
             if name.endswith(".repo")]
    return [MAIN] + [place for place in found if _real(node, place) != _real(node, path)]


def _real(node: Node, path: str) -> str:
    """A folder of dnf's may be a link to another one."""
    return os.path.realpath(node.path(path))


def _elsewhere(node: Node) -> str:
    """The folders that dnf.conf names, where the first of dnf's own is not among them."""
    named = [settings.get("reposdir", "") for name, settings in sections(node.read(MAIN))
             if name == "main"]
    folders = (named or [""])[-1].replace(",", " ").split()
    return "" if not folders or FOLDERS[0] in folders else " ".join(folders)


def enabled(text: bytes | None) -> list[str]:
    """The repositories of a file that are switched on; dnf's default is on."""
    return [name for name, settings in sections(text)
            if name != "main" and settings.get("enabled", "1").lower() not in OFF]


def sections(text: bytes | None) -> Iterator[tuple[str, dict[str, str]]]:
    """The sections of an INI file as dnf reads it: name, and its settings."""
    name, settings = "", {}  # type: tuple[str, dict[str, str]]
    for line in (text or b"").decode("utf-8", "replace").splitlines():
        bare = line.strip()
        if line[:1] == "[" and "]" in bare:
            if name:
                yield name, settings
            name, settings = bare[1:bare.index("]")], {}
        elif bare and bare[0] not in "#;" and line[0] not in " \t":
            key, _, value = bare.partition("=")
            settings[key.strip()] = value.strip()
    if name:
        yield name, settings
