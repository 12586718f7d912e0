"""The programs that a unit runs: small scripts come along, the distribution's are there anyway."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from imagegen.adopt import systemd
from imagegen.adopt.accounts import owner_of
from imagegen.adopt.secrets import secret_in
from imagegen.adopt.tree import Files

CARRIED = ""
MAX_SCRIPT = 1 << 16
_PREFIXES = "@-:+!|"
_KEYS = ("ExecStart", "ExecStartPre", "ExecStartPost", "ExecStop", "ExecStopPost", "ExecReload",
         "ExecCondition")
_SYSTEM = ("/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/usr/lib/systemd/", "/lib/systemd/")
# They lie where the distribution's programs do, and no package of a base image brings them.
_CLUSTER = re.compile(
    r"(kube(let|adm|ctl|-[a-z-]+)|hyperkube|etcd|dockerd|containerd|crio|cri-dockerd|flanneld"
    r"|calico-node|k3s|rke2|runc|nerdctl|podman|docker|node_exporter|keepalived|haproxy)\Z")
_KEPT = re.compile(r"/(etc|usr/local|opt|data|srv)/[A-Za-z0-9/._@+-]+\Z")
# read elsewhere in adopt, the image's own, or one machine's
_NOT_KEPT = re.compile(r"/etc/(passwd|group|g?shadow|fstab|hosts|hostname|resolv\.conf|machine-id"
                       r"|environment|sysctl\.conf|modules|default/grub)\Z"
                       r"|/etc/(ssl|pki|ssh|systemd|sysctl\.d|modules-load\.d|apt)/|.*\.(pem|key)\Z")


def programs(text: str) -> Iterator[tuple[int, str]]:
    """Each command line, and the number of the unit's line that holds it."""
    rows = text.split("\n")
    for key, value in systemd.settings(text, "Service"):
        if key in _KEYS and value:
            start = value.split()[0]
            yield next((number for number, row in enumerate(rows, 1)
                        if key in row and start in row), 1), value


@dataclass(slots=True)
class Scripts:
    """The files of one unit that come along, and why others do not."""

    kept: dict[str, dict[str, Any]] = field(default_factory=dict)
    told: dict[str, str] = field(default_factory=dict)


def carried_files(files: Files, command: str, own: Scripts) -> str:
    """Keeps the text files that a command names; says why its program cannot come along."""
    words = [word for word in systemd.words(command) if word]
    program = words[0].lstrip(_PREFIXES) if words else ""
    if _KEPT.match(program) and (why := keep(files, program, own)):
        return why
    system = program.startswith(_SYSTEM) or "/" not in program
    if system and _CLUSTER.match(program.rpartition("/")[2]):
        return "a program of no base image"
    if not system and program not in own.kept:
        return "which is not among the files"
    for path in (piece for word in words[1:] for piece in re.split(r"[\s;&|=]+", word)):
        if _KEPT.match(path) and not _NOT_KEPT.match(path) and (why := keep(files, path, own)):
            own.told[path] = why
    return CARRIED


def keep(files: Files, path: str, own: Scripts) -> str:
    """Keeps a small text file without a secret; else says why not."""
    data = files.read(path)
    if data is None:
        return "which is not among the files"
    text = data.decode("utf-8", "replace")
    if len(data) > MAX_SCRIPT or "\ufffd" in text or "\0" in text:
        return "a binary or a large file"
    if secret := secret_in(text):
        return f"which holds {secret[1]} in line {secret[0]}"
    mode = (files.mode(path) or 0o644) & 0o777
    own.kept[path] = {"path": path, "content": text, "mode": f"{mode:04o}", **owner_of(files, path)}
    return CARRIED
