"""A package: installed by its manager's books, its tool there, and new enough."""

from __future__ import annotations

import re

from ..model import CannotTell, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

DPKG = "/var/lib/dpkg/status"
FOLDERS = ("/usr/sbin", "/sbin", "/usr/bin", "/bin", "/usr/local/sbin", "/usr/local/bin")
# of a system that is one image and keeps no books of packages
OF_IMAGE = "of the system's image"
VERSION = re.compile(r"(?<![\w.])v?(\d+(?:\.\d+)+)")


def judge(expect: dict[str, Any], node: Node) -> Outcome:
    """Books first, then the tool, then what the tool says of itself."""
    name, minimum = expect["name"], expect.get("minimum")
    wanted = f"{name} {minimum} or newer" if minimum else f"{name} is installed"
    version = OF_IMAGE if expect.get("books") is False else installed(node, name)
    if version is None:
        return red(wanted, f"the package {name} is not installed")
    tool = _tool(node, expect.get("tool"))
    if tool is None:
        return red(wanted, f"{name} {version} is installed, but {expect['tool']} cannot be run",
                   f"Reinstall {name}.")
    if minimum:
        return _new_enough(node, wanted, tool, minimum)
    return ok(wanted, version)


def programs(expect: dict[str, Any], node: Node) -> list[list[str]]:
    """A tool that has to be new enough is asked for its version."""
    tool = _tool(node, expect.get("tool")) if expect.get("minimum") else None
    return [_asked(node, tool)] if tool else []


def installed(node: Node, name: str) -> str | None:
    """A package's version by dpkg's or rpm's books; None where it is not installed."""
    status = node.books(DPKG)
    if status is None:
        return _by_rpm(node, name)
    stanza = _stanza(status, name.encode())
    state = re.search(rb"^Status: \S+ (\S+) installed$", stanza, re.M)
    version = re.search(rb"^Version: (\S+)$", stanza, re.M)
    if state is None or state.group(1) != b"ok" or version is None:
        return None
    return version.group(1).decode("utf-8", "replace")


def _stanza(status: bytes, name: bytes) -> bytes:
    # a search for one line, because parsing the books of 300 packages takes far longer
    start = status.find(b"\nPackage: " + name + b"\n") + 1
    return b"" if start == 0 else status[start : status.find(b"\n\n", start) + 1 or None]


def _by_rpm(node: Node, name: str) -> str | None:
    if not node.executable("/usr/bin/rpm"):
        raise CannotTell(f"neither {DPKG} nor rpm is there, so packages cannot be looked up")
    root = ["--root", node.root] if node.root else []
    code, text = node.host.output(["rpm", *root, "-q", "--qf", "%{VERSION}-%{RELEASE}", "--", name])
    return text.decode("utf-8", "replace").strip() if code == 0 else None


def _tool(node: Node, path: str | None) -> str | None:
    """The tool's path, empty where none is asked for; distributions differ on sbin and bin."""
    if path is None:
        return ""
    base = path.rpartition("/")[2]
    places = [path, *(f"{folder}/{base}" for folder in FOLDERS)]
    return next((place for place in places if node.executable(place)), None)


def _new_enough(node: Node, wanted: str, tool: str, minimum: str) -> Outcome:
    code, said = node.host.output(_asked(node, tool))
    text = said.decode("utf-8", "replace")
    found = VERSION.search(text)
    if found is None:
        return red(wanted, f"`{tool} --version` tells no version (exit {code}): "
                   f"{text.strip()[:120]!r}", "Reinstall its package: kube-proxy asks the same "
                   "question and would stop.")
    version = found.group(1)
    if _numbers(version) < _numbers(minimum):
        return red(wanted, f"{version}, older than {minimum}", "Install a newer version.")
    return ok(wanted, version)


def _asked(node: Node, tool: str) -> list[str]:
    return [node.path(tool), "--version"]


def _numbers(version: str) -> list[int]:
    return [int(part) for part in re.findall(r"\d{1,9}", version)]
