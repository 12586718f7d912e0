"""A certificate in PEM, looked at as far as a mistake can be seen without a crypto library."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

from imagegen.profile.fields import Refused

_BLOCK = re.compile(r"-----BEGIN ([A-Z0-9 ]+)-----[ \t\r]*\n(.*?)-----END \1-----", re.S)
_SEQUENCE, _BIT_STRING, _BOOLEAN = 0x30, 0x03, 0x01
# X.509 (RFC 5280, 4.2.1.9): id-ce-basicConstraints, 2.5.29.19
_BASIC_CONSTRAINTS = bytes((0x06, 0x03, 0x55, 0x1D, 0x13))
_EXAMPLE = "it begins with -----BEGIN CERTIFICATE-----"


def certificate(text: str) -> bytes:
    """The DER of the one certificate in a PEM. Raises ValueError that says what it is instead."""
    if "PRIVATE KEY" in text:
        raise Refused("secret-private-key",
                      "this holds a private key, and nobody but its owner may have it: name "
                      "the certificate alone, and make a new key, since this one has been seen")
    blocks = _BLOCK.findall(text)
    kinds = [kind for kind, _ in blocks]
    if not blocks:
        raise Refused("node-ca-form", f"this is no certificate in PEM: {_EXAMPLE}")
    if kinds[0] not in ("CERTIFICATE", "TRUSTED CERTIFICATE"):
        raise Refused("node-ca-form",
                      f"this is a {kinds[0].lower()}, not a certificate: {_EXAMPLE}")
    if len(blocks) > 1:
        raise Refused("node-ca-several",
                      f"{len(blocks)} certificates stand here; give each an entry of its own, "
                      "since update-ca-certificates reads one from a file")
    return _checked(blocks[0][1])


def _checked(body: str) -> bytes:
    try:
        der = base64.b64decode("".join(body.split()), validate=True)
        parts = [tag for tag, _ in _parts(_whole(der))]
    except (binascii.Error, ValueError, IndexError):
        raise Refused("node-ca-form",
                      "the certificate's base64 is broken or cut off: copy it anew") from None
    # Certificate ::= SEQUENCE { tbsCertificate, signatureAlgorithm, signatureValue }
    if parts != [_SEQUENCE, _SEQUENCE, _BIT_STRING]:
        raise Refused("node-ca-form", "what is encoded here is no X.509 certificate")
    return der


def _whole(der: bytes) -> bytes:
    (tag, value), *rest = _parts(der)
    if tag != _SEQUENCE or rest:
        raise Refused("node-ca-form", "not one sequence")
    return value


def _parts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """DER's tag, length and value, one after another."""
    while data:
        size, start = data[1], 2
        if size & 0x80:
            count = size & 0x7F
            size, start = int.from_bytes(data[2:2 + count]), 2 + count
        if len(data) < start + size:
            raise Refused("node-ca-form", "cut off")
        yield data[0], data[start:start + size]
        data = data[start + size:]


def is_authority(der: bytes) -> bool:
    """Whether basicConstraints says CA:TRUE; without it no program lets it sign another."""
    at = der.find(_BASIC_CONSTRAINTS)
    if at < 0:
        return False
    after = der[at + len(_BASIC_CONSTRAINTS):]
    # an optional `critical` BOOLEAN, then OCTET STRING { SEQUENCE { BOOLEAN cA … } }
    after = after[3:] if after[:1] == bytes((_BOOLEAN,)) else after
    return after[4:7] == bytes((_BOOLEAN, 1, 0xFF))
