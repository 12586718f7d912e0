"""sha256 without hashlib where this Python has one of its own: hashlib loads all of OpenSSL.

That costs more than the digests of all that a node's facts name. A Python that has only OpenSSL's
(a distribution's choice) uses that.
"""

from __future__ import annotations

TYPE_CHECKING = False
if TYPE_CHECKING:
    from hashlib import _Hash as Hash

OWN = ("_sha2", "_sha256")  # from 3.12 on, and before
LARGE = 1 << 22  # bytes; OpenSSL is several times as fast, and pays from here on


def sha256(data: bytes = b"", size: int = 0) -> Hash:
    """A digest as hashlib makes it, of `data` and what is added; `size` is how much will be."""
    for name in OWN if size < LARGE else ():
        try:
            made: Hash = __import__(name).sha256(data)
            return made
        except ImportError:
            continue
    import hashlib

    return hashlib.sha256(data)
