"""User-data as cloud-init takes it: one document or several as MIME, and small enough for its way.

Pure: bytes in, the same bytes out, no clock and no random boundary.
"""

from __future__ import annotations

import base64
import bz2
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from imagegen.common.errors import InputError
from imagegen.common.files import sha256_bytes
from imagegen.knowledge.datasources import CARRIERS, Datasource, Form
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.render.deflate import gzip_bytes

HEAD = b"#cloud-config\n"
_TYPES = {PartKind.CLOUD_CONFIG: "text/cloud-config", PartKind.SCRIPT: "text/x-shellscript",
          PartKind.BOOTHOOK: "text/cloud-boothook"}
# cloud-init's default lets a part's list replace imagegen's; these add, and imagegen's word stands
_MERGE = "list(append)+dict(no_replace,recurse_list)+str()"
# base64 of gzip or bzip2, which no second compression makes smaller than its bytes
_PACKED = re.compile(rb"(?:H4sI|QlpoOTFBWSZTW)[A-Za-z0-9+/=]{1000,}")
_ODD = re.compile(rb"[^\n\x20-\x7e]")


@dataclass(frozen=True, slots=True)
class Carried:
    """User-data in the form that a datasource takes, and the bytes that count there."""

    form: Form
    data: bytes
    size: int

    @property
    def file_name(self) -> str:
        """`user-data`, ending in what was done to it."""
        return f"user-data{self.form}"


def assembled(own: bytes, parts: Sequence[Part]) -> bytes:
    """imagegen's #cloud-config as it is, or as MIME where the profile has parts of its own."""
    if not parts:
        return own
    documents = [_part("imagegen.cfg", PartKind.CLOUD_CONFIG, own)]
    documents += [_part(part.name, part.kind, part.content.encode()) for part in parts]
    boundary = f"imagegen-{sha256_bytes(b''.join(documents))[:32]}".encode()
    head = (b'Content-Type: multipart/mixed; boundary="%s"\nMIME-Version: 1.0\n'
            b"Number-Attachments: %d\n" % (boundary, len(documents)))
    body = b"".join(b"\n--%s\n%s" % (boundary, document) for document in documents)
    return b"%s%s\n--%s--\n" % (head, body, boundary)


def _part(name: str, kind: PartKind, data: bytes) -> bytes:
    plain = not _ODD.search(data)
    lines = [f'Content-Type: {_TYPES[kind]}; charset="utf-8"', "MIME-Version: 1.0",
             f"Content-Transfer-Encoding: {'7bit' if plain else 'base64'}",
             f'Content-Disposition: attachment; filename="{name}"']
    if kind is PartKind.CLOUD_CONFIG:
        lines.append(f"Merge-Type: {_MERGE}")
    return "\n".join([*lines, "", ""]).encode() + (data if plain else base64.encodebytes(data))


def carried(datasource: Datasource, data: bytes) -> Carried | None:
    """The plainest form that fits; None where none does."""
    carrier = CARRIERS[datasource]
    for form in carrier.forms:
        if form.packed and not carrier.takes(_least(data), form):
            continue
        packed = gzip_bytes(data) if form.packed else data
        if carrier.takes(len(packed), form):
            ready = base64.b64encode(packed) + b"\n" if form.text else packed
            return Carried(form, ready, carrier.size(len(packed), form))
    return None


@lru_cache(4)
def bzip2(data: bytes) -> bytes:
    """Compressed by what makes the least of the check, in a quarter of xz's time; once only."""
    return bz2.compress(data, 9)


@lru_cache(2)  # the README asks for each datasource
def _least(data: bytes) -> int:
    """Fewer bytes than this no compression will make of it: spares the attempt."""
    return sum(len(block) * 74 // 100 for block in _PACKED.findall(data))


def must_be_carried(datasource: Datasource, data: bytes, what: str, hint: str) -> Carried:
    """The same. Raises InputError, with what to bake instead, where it is too large."""
    found = carried(datasource, data)
    if found is None:
        limit = CARRIERS[datasource].limit
        raise InputError(f"{what} is {len(data)} bytes, and {datasource} carries at most {limit}, "
                         f"compressed ({CARRIERS[datasource].source})", hint=hint)
    return found
