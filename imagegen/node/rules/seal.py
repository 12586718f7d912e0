"""Proof of the seal: what only the build needed is gone from the booted node."""

from __future__ import annotations

from ..digest import sha256
from ..model import BAKE, Outcome, ok, red

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from ..state import Node

# the seal writes it: the build guest's own machine-id and ssh host keys, as sha256
IDENTITY = "/usr/lib/imagegen/build-identity"
INSTANCE, HOSTNAME = "/var/lib/cloud/data/instance-id", "/etc/hostname"
LIVE_HOSTNAME = "/proc/sys/kernel/hostname"
ISCSI = "/etc/iscsi/initiatorname.iscsi"
SHOWN = 5
BOOKS = ("/etc/passwd", "/etc/shadow", "/etc/group", "/etc/gshadow", "/etc/subuid", "/etc/subgid")


def absent(expect: dict[str, Any], node: Node) -> Outcome:
    """None of the paths is there; a `*` in the last part stands for any text."""
    there = [found for path in expect["paths"] for found in _found(node, path)]
    if there:
        return red("gone", f"still there: {', '.join(there[:5])}",
                   "The image was not sealed: build it again.")
    return ok("gone", "gone")


def account_absent(expect: dict[str, Any], node: Node) -> Outcome:
    """The account of the build: no line in the books, no home."""
    user = expect["user"]
    start = user.encode() + b":"
    there = [book for book in BOOKS
             if any(line.startswith(start) for line in (node.read(book) or b"").splitlines())]
    there += [home for home in (f"/home/{user}",) if node.exists(home)]
    if there:
        return red(f"no account {user}", f"still in {', '.join(there)}",
                   "The image was not sealed: build it again.")
    return ok(f"no account {user}", "none")


def own(expect: dict[str, Any], node: Node) -> Outcome:
    """What makes this node one of its own: none of it is the build's.

    Of an image's files (`--root` at level bake) nothing that each node makes anew is left; a booted
    node has an instance-id, a host name and ssh host keys of its own.
    """
    if node.level != BAKE:
        return _of_node(expect, node)
    wanted = "nothing in the image that each node must make anew"
    if node.host.live:
        return ok(wanted, "not looked at: the seal comes after this check")
    there = [found for path in expect["paths"] for found in _found(node, path)]
    there += [ISCSI] if b"InitiatorName=" in (node.read(ISCSI) or b"") else []
    if there:
        more = f" and {len(there) - SHOWN} more" if len(there) > SHOWN else ""
        return red(wanted, f"not sealed: {', '.join(there[:SHOWN])}{more}",
                   "Do not run this image: build it anew, so that packer/qemu/seal.sh is its last "
                   "step.")
    return ok(wanted, "sealed")


def _of_node(expect: dict[str, Any], node: Node) -> Outcome:
    wanted = "an instance-id, a host name and ssh host keys of the node's own"
    build = expect["build"]
    names = {INSTANCE: "the instance-id", HOSTNAME: "the host name", LIVE_HOSTNAME: "the host name"}
    said = [f"{what} is {build}, the build's own" for path, what in names.items()
            if (node.read(path) or b"").strip() == build.encode()]
    if said:
        return red(wanted, "; ".join(dict.fromkeys(said)), "Give the node a seed of its own with "
                   "`imagegen seed`, run `cloud-init clean --logs --reboot`, and build the image "
                   "anew, for each of its nodes is the same to cloud-init.")
    keys = [name for name, digest in _keys(node) if digest in _of_build(node)]
    if keys:
        return red(wanted, f"{', '.join(keys)} is the build's own", "Run `rm "
                                        "/etc/ssh/ssh_host_*_key*"
                   " && ssh-keygen -A`, restart ssh, and build the image anew: all its nodes have "
                   "these keys.")
    return ok(wanted, "none is the build's")


def _keys(node: Node) -> list[tuple[str, str]]:
    """The ssh host keys: a file's name, and the sha256 of the key alone, as the seal writes it."""
    found = []
    for name in node.names("/etc/ssh"):
        words = (node.read(f"/etc/ssh/{name}") or b"").split() if name.endswith(".pub") else []
        if len(words) > 1:
            found.append((name, sha256(words[1]).hexdigest()))
    return found


def _of_build(node: Node) -> set[str]:
    rows = (node.read(IDENTITY) or b"").decode("ascii", "replace").splitlines()
    return {row.split()[-1] for row in rows if row.startswith("ssh_host_")}


def _found(node: Node, path: str) -> list[str]:
    folder, _, name = path.rpartition("/")
    if "*" not in name:
        return [path] if node.exists(path) else []
    from fnmatch import fnmatchcase

    return [f"{folder}/{entry}" for entry in node.names(folder) if fnmatchcase(entry, name)]
