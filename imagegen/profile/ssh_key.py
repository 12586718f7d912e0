"""A line of authorized_keys, read as sshd reads it (sshd(8), AUTHORIZED_KEYS FILE FORMAT)."""

from __future__ import annotations

import base64
import binascii
import re
from dataclasses import dataclass

from imagegen.profile.fields import Refused, no_control, shown

TYPES = ("ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
         "ssh-rsa", "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com")
OPTIONS = frozenset({
    "agent-forwarding", "cert-authority", "no-agent-forwarding", "no-port-forwarding", "no-pty",
    "no-touch-required", "no-user-rc", "no-x11-forwarding", "port-forwarding", "pty", "restrict",
    "user-rc", "verify-required", "x11-forwarding",
})
OPTIONS_WITH_VALUE = frozenset({"command", "environment", "expiry-time", "from", "permitlisten",
                                "permitopen", "principals", "tunnel"})
# sshd_config(5), RequiredRSASize: the default under which sshd takes no key
RSA_BITS = 1024
_OPTION = re.compile(r'([A-Za-z0-9-]+)(="((?:[^"\\]|\\.)*)")?(,|[ \t]+)')
_FIELDS = {"ssh-ed25519": 2, "ssh-rsa": 3, "sk-ssh-ed25519@openssh.com": 3,
           "sk-ecdsa-sha2-nistp256@openssh.com": 4}
_EXAMPLE = "write the line of a .pub file, like `ssh-ed25519 AAAA… name`"


@dataclass(frozen=True, slots=True)
class SshKey:
    """A public key: its type, its blob, and the words after it."""

    kind: str
    blob: bytes
    comment: str


def ssh_key(line: str) -> SshKey:
    """Read a line. Raises ValueError with a sentence that never shows a private key."""
    if "PRIVATE KEY" in line:
        raise Refused("secret-private-key",
                      "this is a private key, and nobody but its owner may have it: name the "
                      "public half (the .pub file), and make a new pair, since this one has "
                      "been seen")
    line = line.strip().replace("\t", " ")
    if "\n" in line:
        raise Refused("node-ssh-key", "this holds several lines; make each key an item of its own")
    no_control(line)
    words = _after_options(line).split(None, 2)
    if len(words) < 2 or words[0] not in TYPES:
        raise Refused("node-ssh-key",
                      f"{shown(line)} is no public key of a type that sshd takes; {_EXAMPLE}")
    return SshKey(words[0], _blob(words[0], words[1]), words[2] if len(words) > 2 else "")


def _after_options(line: str) -> str:
    if line.split(None, 1)[:1] and line.split(None, 1)[0] in TYPES:
        return line
    while found := _OPTION.match(line):
        _option(found[1], found[2] is not None)
        line = line[found.end():]
        if found[4] != ",":
            return line
    return line


def _option(name: str, has_value: bool) -> None:
    low = name.lower()
    if low.startswith(("ssh-", "ecdsa-", "sk-")):
        raise Refused("node-ssh-key",
                      f"{shown(name)} is no type of key that sshd takes; use ssh-ed25519")
    if low not in OPTIONS | OPTIONS_WITH_VALUE:
        raise Refused("node-ssh-key-option",
                      f"{shown(name)} is no option of authorized_keys (sshd(8))")
    if has_value != (low in OPTIONS_WITH_VALUE):
        says = "needs a value in double quotes" if not has_value else "takes no value"
        raise Refused("node-ssh-key-option", f"the option {shown(name)} {says} (sshd(8))")


def _blob(kind: str, text: str) -> bytes:
    try:
        blob = base64.b64decode(text, validate=True)
        parts = _parts(blob)
    except (binascii.Error, ValueError):
        raise Refused("node-ssh-key",
                      f"the key's base64 is broken or cut off; {_EXAMPLE}") from None
    if not parts or parts[0] != kind.encode() or len(parts) != _FIELDS.get(kind, 3):
        named = parts[0].decode(errors="replace") if parts else "nothing"
        raise Refused("node-ssh-key",
                      f"the line says {kind}, but its base64 holds {shown(named)}; {_EXAMPLE}")
    _sizes(kind, parts)
    return blob


def _parts(blob: bytes) -> list[bytes]:
    """RFC 4253, 6.6: texts, each with its length in four bytes before it."""
    parts = []
    while blob:
        size = int.from_bytes(blob[:4])
        if len(blob) < 4 + size:
            raise Refused("node-ssh-key", "cut off")
        parts.append(blob[4:4 + size])
        blob = blob[4 + size:]
    return parts


def _sizes(kind: str, parts: list[bytes]) -> None:
    if kind == "ssh-rsa" and (bits := int.from_bytes(parts[2]).bit_length()) < RSA_BITS:
        raise Refused("node-ssh-key",
                      f"an RSA key of {bits} bits: sshd takes none under {RSA_BITS}; use "
                      "ssh-ed25519")
    if "ed25519" in kind and len(parts[1]) != 32:
        raise Refused("node-ssh-key", f"the key's base64 is broken or cut off; {_EXAMPLE}")
