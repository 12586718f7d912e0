"""gzip of imagegen's own: zlib and gzip(1) read it, and its bytes are the same everywhere."""

from __future__ import annotations

import gzip
import hashlib
import random
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imagegen.render.deflate import BLOCK, HEADER, LONGEST, WINDOW, gzip_bytes
from tests.profiles import rendered

_NOISE = random.Random(1).randbytes(3 * WINDOW)
CASES = {
    "empty": b"", "one byte": b"a", "one symbol": b"a" * 1000, "shorter than a match": b"abc",
    "a whole match": b"a" * (LONGEST + 1), "ends in a match": b"abcdabcd",
    "noise": _NOISE, "every byte": bytes(range(256)) * 5,
    "at the window's edge": _NOISE[:WINDOW] * 2, "beyond the window": _NOISE[:WINDOW + 9] * 2,
    "a whole block": _NOISE[:BLOCK], "a block and one": _NOISE[:BLOCK + 1],
    # Fibonacci's numbers give the longest codes, which the format's limits cut
    "skewed": b"".join(bytes([n]) * f for n, f in enumerate(
        [1, 1, 2, 3, 5, 8, 13, 21, 34, 55, 89, 144, 233, 377, 610, 987, 1597, 2584, 4181, 6765])),
    "far": b"start" + b"".join(n.to_bytes(4, "big") for n in range(8000)) + b"start",
}


@pytest.mark.parametrize("data", CASES.values(), ids=CASES.keys())
def test_zlib_and_gzip_read_it_back(data: bytes) -> None:
    packed = gzip_bytes(data)
    assert gzip.decompress(packed) == data
    done = subprocess.run(["gzip", "-dc"], input=packed, capture_output=True, check=True)
    assert done.stdout == data


@given(st.lists(st.sampled_from([b"a", b"bcde", b"\0" * 70, b"wxyz" * 9]) | st.binary(max_size=9),
                max_size=300).map(b"".join))
def test_whatever_it_packs_comes_back(data: bytes) -> None:
    assert gzip.decompress(gzip_bytes(data)) == data


def test_the_skewed_case_meets_the_limit() -> None:
    """Without a limit the rarest bytes would have codes longer than the format has."""
    order = list(CASES["skewed"])
    random.Random(2).shuffle(order)
    assert gzip.decompress(gzip_bytes(bytes(order))) == bytes(order)


def test_its_bytes_are_these() -> None:
    """Written down: another zlib, Python or processor must give them, too."""
    data = b"the quick brown fox jumps over the lazy dog\n" * 40 + _NOISE[:5000]
    assert gzip_bytes(data)[:len(HEADER)] == bytes.fromhex("1f8b08000000000002ff")
    assert hashlib.sha256(gzip_bytes(data)).hexdigest() == (
        "56308f0f58d8f6fe2d047e06eb249d1053e082702a88cb476bd9865f5a3448aa")


def test_it_is_little_larger_than_zlib_s() -> None:
    files = rendered("quickstart").tree.files
    for path in ("manifest.json", "node/usr/lib/imagegen/expectations.json", "packer/node.tar"):
        data = files[path].data
        assert len(gzip_bytes(data)) < 1.15 * len(gzip.compress(data, 9)), path
