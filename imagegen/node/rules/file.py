"""Files that were baked: their bytes and mode; a program: that it is the promised one."""

from __future__ import annotations

import os
import stat

from ..accounts import GROUP, PASSWD, number
from ..model import BAKE, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

CHUNK = 1 << 20


def content(expect: dict[str, Any], node: Node) -> Outcome:
    """A file's sha256, mode, and to whom it belongs."""
    path, mode = expect["path"], expect.get("mode")
    wanted = f"sha256 {expect['sha256'][:12]}…" + (f", mode {mode}" if mode else "")
    state = _state(node, path)
    if isinstance(state, str):
        return red(wanted, state, f"Restore {path}.")
    digest = sha256(node.path(path))
    if digest != expect["sha256"]:
        return red(wanted, f"other bytes: sha256 {digest[:12]}…", f"Put the baked {path} "
                   "back, and local settings into a file of their own.")
    seen = stat.S_IMODE(state.st_mode)
    if mode and seen != int(mode, 8):
        return red(wanted, f"mode {seen:04o}", f"Run `chmod {mode} {path}`.")
    return _belongs(expect, node, state) or ok(wanted, "the same bytes")


def _belongs(expect: dict[str, Any], node: Node, state: os.stat_result) -> Outcome | None:
    """Red where the file is not its owner's or its group's; None where nothing else is asked."""
    owner, group, path = expect.get("owner"), expect.get("group"), expect["path"]
    if not (owner and group):
        return None
    wanted = f"{path} belongs to {owner}:{group}"
    ids = number(node, PASSWD, owner), number(node, GROUP, group)
    if None in ids:
        return red(wanted, f"there is no {owner if ids[0] is None else group} on this node",
                   "Bake the image with that account.")
    if ids != (state.st_uid, state.st_gid):
        return red(wanted, f"it belongs to {state.st_uid}:{state.st_gid}",
                   f"Run `chown {owner}:{group} {path}`.")
    return None


def binary(expect: dict[str, Any], node: Node) -> Outcome:
    """A program: executable, its sha256 where one is given, and at bake what it says of itself.

    Only at bake, for a 70 MB program takes seconds to start on an emulated node.
    """
    path, version = expect["path"], expect["version"]
    wanted = f"{path} {version}"
    if not node.executable(path):
        there = "is not executable" if node.exists(path) else "is not there"
        return red(wanted, f"{path} {there}", f"Bake the image with {path} in it.")
    if expect.get("sha256") and sha256(node.path(path)) != expect["sha256"]:
        return red(wanted, "another program: its sha256 differs", f"Restore {path} {version}.")
    if node.level != BAKE:
        return ok(wanted, "there and executable")
    return _says(node, wanted, path, version)


def _says(node: Node, wanted: str, path: str, version: str) -> Outcome:
    code, said = node.host.output([node.path(path), "--version"], timeout=120)
    words = said.decode("utf-8", "replace").split()
    if f"v{version.lstrip('v')}" in words:
        return ok(wanted, " ".join(words)[:100])
    return red(wanted, f"`{path} --version` says {' '.join(words)[:120]!r} (exit {code})",
               f"Bake the image with {version}.")


def sha256(path: str) -> str:
    """Hex sha256 of a file, a piece at a time."""
    from .. import digest as own

    digest = own.sha256(size=os.stat(path).st_size)
    with open(path, "rb", buffering=0) as file:
        while True:
            piece = file.read(CHUNK)
            if not piece:
                return digest.hexdigest()
            digest.update(piece)


def _state(node: Node, path: str) -> os.stat_result | str:
    """A regular file's stat, or a sentence."""
    try:
        state = os.stat(node.path(path))
    except OSError as error:
        return f"{path}: {error.strerror}"
    return state if stat.S_ISREG(state.st_mode) else f"{path} is no regular file"
