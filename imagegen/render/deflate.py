"""gzip whose bytes depend on its input alone.

zlib, zlib-ng and the libraries of other systems each compress the same data to other bytes, and
Python's gzip has had other headers in other versions. A tree must not differ by the machine that
renders it, so the little that is compressed in it is compressed here. Source: RFC 1951, RFC 1952.
"""

from __future__ import annotations

import zlib
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

# magic, deflate, no flags, no time, the strongest compression, an unknown system
HEADER = bytes((0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 2, 255))
WINDOW, SHORTEST, LONGEST = 1 << 15, 4, 258
# how many earlier places are compared, and how many tokens share their codes
TRIES, BLOCK = 8, 1 << 14
END = 256
# RFC 1951, 3.2.5: the least length and distance of each symbol, and the bits that follow it
_LENGTH_BITS = (*[0] * 8, *(bits for bits in range(1, 6) for _ in range(4)), 0)
_LENGTHS = (*range(3, 11), *(3 + (4 + place << bits) for bits in range(1, 6) for place in range(4)),
            LONGEST)
_DISTANCE_BITS = (0, 0, 0, 0, *(bits for bits in range(1, 14) for _ in range(2)))
_DISTANCES = (1, 2, 3, 4, *(1 + (2 + place << bits) for bits in range(1, 14) for place in range(2)))
# 3.2.7: the order of the codes for code lengths
_ORDER = (16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15)

# a byte and 0, or a length and a distance
Token = tuple[int, int]


@lru_cache(16)
def gzip_bytes(data: bytes) -> bytes:
    """The data as one member of gzip."""
    tokens = list(_tokens(data))
    blocks = [_block(tokens[start:start + BLOCK], last=start + BLOCK >= len(tokens))
              for start in range(0, len(tokens) or 1, BLOCK)]
    ends = zlib.crc32(data).to_bytes(4, "little") + (len(data) & 0xFFFFFFFF).to_bytes(4, "little")
    return HEADER + _bytes_of("".join(blocks)) + ends


def _bytes_of(bits: str) -> bytes:
    """Bits in the order of RFC 1951, the least of each byte first; the last byte is filled up."""
    return int("0" + bits[::-1], 2).to_bytes((len(bits) + 7) // 8, "little")


def _number(value: int, count: int) -> str:
    """A number as so many bits, the least first."""
    return f"{value:0{count}b}"[::-1] if count else ""


def _tokens(data: bytes) -> Iterator[Token]:
    """Greedy: at each place the longest of the nearest earlier matches, else the byte."""
    places: dict[bytes, list[int]] = {}
    at, last = 0, len(data) - SHORTEST
    while at <= last:
        key = data[at:at + SHORTEST]
        seen = places.get(key)
        if seen is None:
            places[key] = [at]
            yield data[at], 0
            at += 1
            continue
        length, distance = _longest(data, at, seen)
        seen.append(at)
        if not length:
            yield data[at], 0
            at += 1
            continue
        yield length, distance
        # of a long match its beginning is found again; the places inside cost more than they save
        for inside in range(at + 1, min(at + length, at + 16, last)):
            places.setdefault(data[inside:inside + SHORTEST], []).append(inside)
        at += length
    for byte in data[at:]:
        yield byte, 0


def _longest(data: bytes, at: int, seen: Sequence[int]) -> Token:
    best, found, most = 0, 0, min(LONGEST, len(data) - at)
    for place in seen[:-TRIES - 1:-1]:
        if at - place > WINDOW or best == most:
            break
        if best and data[place + best] != data[at + best]:
            continue
        length = _common(data, place, at, most)
        if length > best:
            best, found = length, at - place
    return best, found


def _common(data: bytes, place: int, at: int, most: int) -> int:
    """How many bytes are the same at two places."""
    length = SHORTEST
    while length + 16 <= most and data[place + length:place + length + 16] == (
            data[at + length:at + length + 16]):
        length += 16
    while length < most and data[place + length] == data[at + length]:
        length += 1
    return length


def _block(tokens: list[Token], *, last: bool) -> str:
    """A block with codes of its own (3.2.7), as bits."""
    counts = Counter(tokens)
    split = {token: _split(token) for token in counts}
    literals, distances = Counter({END: 1}), Counter[int]()
    for token, times in counts.items():
        symbol, _, distance, _ = split[token]
        literals[symbol] += times
        if distance is not None:
            distances[distance] += times
    own, far = _code_lengths(literals, 286, 15), _code_lengths(distances, 30, 15)
    codes, far_codes = _codes(own), _codes(far)
    far_codes_of: dict[int | None, str] = {None: "", **dict(enumerate(far_codes))}
    written = {token: codes[symbol] + extra + far_codes_of[distance] + rest
               for token, (symbol, extra, distance, rest) in split.items()}
    head = ("1" if last else "0") + "01" + _written_lengths(_cut(own, 257), _cut(far, 1))
    return head + "".join([written[token] for token in tokens]) + codes[END]


def _split(token: Token) -> tuple[int, str, int | None, str]:
    """A token's symbol, and for a match its extra bits, its distance's symbol and extra bits."""
    value, distance = token
    if not distance:
        return value, "", None, ""
    one, other = bisect_right(_LENGTHS, value) - 1, bisect_right(_DISTANCES, distance) - 1
    return (257 + one, _number(value - _LENGTHS[one], _LENGTH_BITS[one]),
            other, _number(distance - _DISTANCES[other], _DISTANCE_BITS[other]))


def _code_lengths(counts: Counter[int], size: int, limit: int) -> list[int]:
    """The best code lengths of at most so many bits: package-merge (Larmore and Hirschberg).

    A code of one symbol takes a bit as well.
    """
    lengths = [0] * size
    coins = sorted((count, (symbol,)) for symbol, count in counts.items())
    if len(coins) < 2:
        for _, (symbol,) in coins:
            lengths[symbol] = 1
        return lengths
    row: list[tuple[int, tuple[int, ...]]] = []
    for _ in range(limit):
        pairs = zip(row[::2], row[1::2], strict=False)
        row = sorted([*coins, *((one[0] + two[0], one[1] + two[1]) for one, two in pairs)])
    for _, symbols in row[:2 * len(coins) - 2]:
        for symbol in symbols:
            lengths[symbol] += 1
    return lengths


def _codes(lengths: Sequence[int]) -> list[str]:
    """Each symbol's code (3.2.2), which alone is written with its highest bit first."""
    code, found = 0, [""] * len(lengths)
    for length in range(1, 16):
        code <<= 1
        for symbol in (one for one, its in enumerate(lengths) if its == length):
            found[symbol] = f"{code:0{length}b}"
            code += 1
    return found


def _cut(lengths: list[int], least: int) -> list[int]:
    """Without the symbols at the end that do not occur."""
    used = max((symbol + 1 for symbol, length in enumerate(lengths) if length), default=0)
    return lengths[:max(used, least)]


def _written_lengths(own: list[int], far: list[int]) -> str:
    runs = list(_runs([*own, *far]))
    lengths = _code_lengths(Counter(symbol for symbol, _ in runs), 19, 7)
    ordered = _cut([lengths[symbol] for symbol in _ORDER], 4)
    codes = _codes(lengths)
    return "".join([
        _number(len(own) - 257, 5), _number(len(far) - 1, 5), _number(len(ordered) - 4, 4),
        *(_number(length, 3) for length in ordered),
        *(codes[symbol] + extra for symbol, extra in runs)])


def _runs(lengths: Iterable[int]) -> Iterator[tuple[int, str]]:
    """Code lengths with their repetitions: a symbol, and its extra bits."""
    left = list(lengths)
    while left:
        first = left[0]
        run = next((at for at, one in enumerate(left) if one != first), len(left))
        if first == 0 and run >= 3:
            taken = min(run, 138)
            yield (17, _number(taken - 3, 3)) if taken <= 10 else (18, _number(taken - 11, 7))
        elif first and run >= 4:
            taken = min(run, 7)
            yield first, ""
            yield 16, _number(taken - 4, 2)
        else:
            taken = 1
            yield first, ""
        del left[:taken]
