"""A tar read as a stream, in memory, with a limit on everything: nobody vouches for its bytes.

tarfile would read a name as long as a header says; here no header costs more than its limit.
Formats: POSIX ustar and pax, GNU, and the old one (tar(5)); plain, or packed by gzip or xz.
"""

from __future__ import annotations

import gzip
import lzma
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import IO, cast

from imagegen.common.errors import InputError

BLOCK = 512
CHUNK = 1 << 16
MAX_STREAM = 1 << 30
MAX_MEMBERS = 200_000
MAX_NAMES = 1 << 16
XZ_MEMORY = 128 << 20
HINT = "make it with the script that `imagegen adopt --collector` prints"

FILE, HARD_LINK, LINK, FOLDER = b"0", b"1", b"2", b"5"
# a file whose bytes were passed over
UNREAD = b""
_FILES = (FILE, b"\0", b"7")
_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK = b"x", b"g", b"L", b"K"


@dataclass(frozen=True, slots=True)
class Member:
    """An entry; `data` is empty for what is no file and for a file that was not wanted."""

    name: str
    kind: bytes
    mode: int
    uid: int
    gid: int
    link: str
    data: bytes


@dataclass(frozen=True, slots=True)
class _Header:
    name: str
    kind: bytes
    mode: int
    uid: int
    gid: int
    size: int
    link: str


class Source:
    """Decompressed bytes, as many as were asked for, up to the limit of all."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks, self._left, self._seen = chunks, b"", 0

    def read(self, size: int) -> bytes:
        """So many bytes; fewer only at the end."""
        pieces, wanted = [], size
        for piece in self._pieces(wanted):
            pieces.append(piece)
        return b"".join(pieces)

    def skip(self, size: int) -> bool:
        """Pass over so many bytes without keeping them; False where they are not all there."""
        return sum(len(piece) for piece in self._pieces(size)) == size

    def _pieces(self, size: int) -> Iterator[bytes]:
        while size:
            if not self._left:
                self._left = next(self._chunks, b"")
                self._count(len(self._left))
            if not self._left:
                return
            piece, self._left = self._left[:size], self._left[size:]
            size -= len(piece)
            yield piece

    def _count(self, size: int) -> None:
        self._seen += size
        if self._seen > MAX_STREAM:
            raise InputError(f"the tar is larger than {MAX_STREAM >> 20} MiB unpacked", hint=HINT)


def members(file: IO[bytes], want: Callable[[str, int], bool]) -> Iterator[Member]:
    """Every member, with the bytes of those files that `want(name, size)`.

    Raises InputError where this is no tar, is cut short, or goes beyond a limit.
    """
    source = Source(_unpacked(file))
    try:
        yield from _members(source, want)
    except (OSError, EOFError, zlib.error, lzma.LZMAError) as error:
        raise InputError(f"the tar cannot be unpacked: {error}", hint=HINT) from None


def _members(source: Source, want: Callable[[str, int], bool]) -> Iterator[Member]:
    named: dict[str, str] = {}
    for count in range(MAX_MEMBERS):
        block = source.read(BLOCK)
        if block == bytes(BLOCK) or (not block and count):
            return
        header = _header(block)
        if header.kind in (_PAX, _PAX_GLOBAL, _GNU_NAME, _GNU_LINK):
            named |= _names(header, source)
            continue
        yield _member(_renamed(header, named), source, want, sparse="sparse" in named)
        named = {}
    raise InputError(f"the tar holds more than {MAX_MEMBERS} files", hint=HINT)


def _member(header: _Header, source: Source, want: Callable[[str, int], bool], *,
            sparse: bool) -> Member:
    wanted = header.kind in _FILES and not sparse and want(header.name, header.size)
    data = source.read(header.size) if wanted else b""
    gone = 0 if wanted else header.size
    whole = source.skip(gone) and (not wanted or len(data) == header.size)
    if not whole or not source.skip(-header.size % BLOCK):
        raise InputError(f"the tar ends in the middle of {header.name}", hint=HINT)
    return Member(header.name, FILE if wanted else _kind_without(header.kind), header.mode,
                  header.uid, header.gid, header.link, data)


def _kind_without(kind: bytes) -> bytes:
    """A file whose bytes were passed over is no file of ours."""
    return UNREAD if kind in _FILES else kind


def _header(block: bytes) -> _Header:
    if len(block) < BLOCK:
        raise InputError("this is no tar, or it is cut short", hint=HINT)
    total = sum(block) - sum(block[148:156]) + 8 * 0x20
    if total != _number(block[148:156]):
        raise InputError("this is no tar: a header's checksum is wrong", hint=HINT)
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    name = _text(block[:100])
    return _Header(f"{prefix}/{name}" if prefix else name, block[156:157],
                   _number(block[100:108]) & 0o7777, _number(block[108:116]),
                   _number(block[116:124]), _number(block[124:136]), _text(block[157:257]))


def _number(field: bytes) -> int:
    """Octal digits, or GNU's big-endian number behind a set bit."""
    if field[0] & 0x80:
        return int.from_bytes(field[1:], "big") if field[0] == 0x80 else 1 << 64
    digits = field.strip(b" \0") or b"0"
    if not all(digit in b"01234567" for digit in digits):
        raise InputError("this is no tar: a header's number is none", hint=HINT)
    return int(digits, 8)


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _names(header: _Header, source: Source) -> dict[str, str]:
    """What an extended header says of the next member: its name, its link, its size."""
    if header.size > MAX_NAMES:
        raise InputError(f"the tar has a header of {header.size} bytes", hint=HINT)
    data = source.read(header.size)
    if len(data) < header.size or not source.skip(-header.size % BLOCK):
        raise InputError("the tar ends in the middle of a header", hint=HINT)
    if header.kind in (_GNU_NAME, _GNU_LINK):
        return {"path" if header.kind == _GNU_NAME else "linkpath": _text(data)}
    return {} if header.kind == _PAX_GLOBAL else dict(_records(data))


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    while data:
        length, _, _ = data.partition(b" ")
        if not length.isdigit() or len(length) > 6 or not len(length) < int(length) <= len(data):
            raise InputError("the tar has a pax header that cannot be read", hint=HINT)
        record, data = data[len(length) + 1 : int(length)], data[int(length) :]
        key, _, value = record.removesuffix(b"\n").partition(b"=")
        if key in (b"path", b"linkpath", b"size"):
            yield key.decode(), _text(value)
        elif key.startswith(b"GNU.sparse."):
            yield "sparse", ""


def _renamed(header: _Header, named: dict[str, str]) -> _Header:
    size = named.get("size", "")
    if size and not (size.isascii() and size.isdigit() and len(size) < 20):
        raise InputError("the tar has a size that is no number", hint=HINT)
    return _Header(named.get("path", header.name), header.kind, header.mode, header.uid,
                   header.gid, int(size) if size else header.size,
                   named.get("linkpath", header.link))


class _Rest:
    """A file whose first bytes were looked at."""

    def __init__(self, head: bytes, file: IO[bytes]) -> None:
        self._head, self._file = head, file

    def read(self, size: int = -1) -> bytes:
        """The next bytes, at most so many."""
        if self._head:
            piece, self._head = self._head[:size], self._head[size:]
            return piece
        return self._file.read(size)


def _unpacked(file: IO[bytes]) -> Iterator[bytes]:
    head = file.read(6)
    rest = _Rest(head, file)
    if head.startswith(b"\x28\xb5\x2f\xfd"):
        raise InputError("this is packed by zstd, which is not read here",
                         hint="unpack it first: `zstd -dc FILE | imagegen adopt -`")
    if head == b"\xfd7zXZ\0":
        yield from _xz(rest)
        return
    packed = head.startswith(b"\x1f\x8b")
    reader = gzip.GzipFile(fileobj=cast(IO[bytes], rest), mode="rb") if packed else rest
    while piece := reader.read(CHUNK):
        yield piece


def _xz(rest: _Rest) -> Iterator[bytes]:
    """Its header may ask for gigabytes of memory, so the limit is set here."""
    decoder = lzma.LZMADecompressor(memlimit=XZ_MEMORY)
    while not decoder.eof:
        piece = rest.read(CHUNK) if decoder.needs_input else b""
        if decoder.needs_input and not piece:
            raise EOFError("it is cut short")
        yield from filter(None, [decoder.decompress(piece, CHUNK)])
