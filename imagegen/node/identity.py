"""Who this node is, for the verdict: names, ids, addresses, SSH host keys."""

from __future__ import annotations

import binascii

from .addresses import shown
from .digest import sha256
from .model import CannotTell

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from .state import Node

SHOWN_ADDRESSES = 50


def identity(node: Node) -> dict[str, Any]:
    """The verdict's `node`; a part that cannot be read is an empty text or list."""
    return {
        "hostname": _text(node, "/proc/sys/kernel/hostname"),
        "machineId": _text(node, "/etc/machine-id"),
        "bootId": _text(node, "/proc/sys/kernel/random/boot_id"),
        "kernel": node.kernel(),
        "addresses": _addresses(node),
        "sshHostKeys": _ssh_host_keys(node),
        "instanceId": _text(node, "/var/lib/cloud/data/instance-id"),
    }


def uptime(node: Node) -> float:
    """Seconds since the kernel started."""
    words = _text(node, "/proc/uptime").split()
    return float(words[0]) if words else 0.0


def _text(node: Node, path: str) -> str:
    try:
        return (node.read(path) or b"").decode("utf-8", "replace").strip()
    except CannotTell:
        return ""


def _addresses(node: Node) -> list[str]:
    """The node's own: not the loopback's, nor those that kube-proxy put on its device."""
    devices = {str(fact.expect["name"]) for fact in node.expectations.facts
               if fact.rule == "device"} | {"lo", "kube-ipvs0"}
    skipped = {node.interface(name) for name in devices}
    try:
        own = [address for address in node.addresses() if address[0] not in skipped]
    except CannotTell:
        return []
    return [shown(address) for address in own[:SHOWN_ADDRESSES]]


def _ssh_host_keys(node: Node) -> list[str]:
    """Fingerprints as `ssh-keygen -l` prints them."""
    keys = []
    for name in node.names("/etc/ssh"):
        if name.startswith("ssh_host_") and name.endswith(".pub"):
            words = _text(node, f"/etc/ssh/{name}").split()
            if len(words) >= 2:
                keys.append(_fingerprint(words[1]))
    return [key for key in keys if key]


def _fingerprint(key: str) -> str:
    try:
        digest = sha256(binascii.a2b_base64(key)).digest()
    except ValueError:
        return ""
    return "SHA256:" + binascii.b2a_base64(digest, newline=False).decode().rstrip("=")
