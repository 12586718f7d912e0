"""The certificate authorities that the old node's owner added to the public ones."""

from __future__ import annotations

import base64
import re
from collections.abc import Iterator
from typing import Any

from imagegen.adopt.notes import Notes
from imagegen.adopt.tree import Files
from imagegen.profile.certificate import certificate, is_authority
from imagegen.profile.fields import Refused

# update-ca-certificates(8) reads *.crt only; update-ca-trust(8) every file
FOLDERS = (("/usr/local/share/ca-certificates", ".crt"),
           ("/etc/pki/ca-trust/source/anchors", ""), ("/usr/share/pki/ca-trust-source/anchors", ""))
_BLOCK = re.compile(r"-----BEGIN ((?:TRUSTED )?CERTIFICATE)-----[^-]*-----END \1-----")
_TOP = "-----BEGIN CERTIFICATE-----"
MAX_CERTIFICATES = 300


def adopted_authorities(files: Files, notes: Notes) -> list[dict[str, Any]]:
    """Each certificate once, under its file's name."""
    found: dict[bytes, str] = {}
    for path in _paths(files):
        for der in _certificates(files, path, notes):
            if der not in found and len(found) < MAX_CERTIFICATES:
                found[der] = _name(path, set(found.values()))
    return [{"name": name, "pem": _pem(der)} for der, name in found.items()]


def _paths(files: Files) -> Iterator[str]:
    """The folders' files and those one folder deeper, as update-ca-certificates finds them."""
    for folder, suffix in FOLDERS:
        for name in files.names(folder):
            inner = [f"{folder}/{name}/{one}" for one in files.names(f"{folder}/{name}")]
            yield from (path for path in (inner or [f"{folder}/{name}"]) if path.endswith(suffix))


def _certificates(files: Files, path: str, notes: Notes) -> Iterator[bytes]:
    data = files.read(path)
    if data is None:
        return
    if b"PRIVATE KEY" in data:
        notes.add(f"{path} holds a private key: nothing of it is carried over", "os",
                  "caCertificates")
        return
    blocks = [one[0] for one in _BLOCK.finditer(data.decode("ascii", "replace"))]
    # the old format of one certificate: its bytes as they are
    pieces = blocks or [f"{_TOP}\n{base64.b64encode(data).decode()}\n-----END CERTIFICATE-----"]
    for number, piece in enumerate(pieces, 1):
        try:
            der = certificate(piece)
        except Refused:
            notes.add(f"{path}: certificate {number} cannot be read; not carried over", "os",
                      "caCertificates")
            continue
        if not is_authority(der):
            notes.add(f"{path}: certificate {number} is no certificate authority (it lacks "
                      "CA:TRUE), so programs take nothing that it signed", "os", "caCertificates")
        yield der


def _name(path: str, taken: set[str]) -> str:
    """The file's name as a profile takes it."""
    stem = re.sub(r"\.(crt|pem|cer|p11-kit)\Z", "", path.rpartition("/")[2].lower())
    plain = re.sub(r"[^a-z0-9]+", "-", stem).strip("-").lstrip("0123456789-")[:36].strip("-")
    base = plain or "authority"
    names = (base if number == 1 else f"{base}-{number}" for number in range(1, 1000))
    return next(name for name in names if name not in taken)


def _pem(der: bytes) -> str:
    text = base64.b64encode(der).decode()
    rows = [text[at:at + 64] for at in range(0, len(text), 64)]
    return "\n".join([_TOP, *rows, "-----END CERTIFICATE-----", ""])
