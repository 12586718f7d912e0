"""Source tarballs come whole and checked, or not at all."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from imagegen.bake.kube import source
from imagegen.bake.kube.pins import Tarball
from imagegen.bake.kube.source import tarball
from imagegen.common.errors import ToolError
from imagegen.common.files import sha256_bytes
from imagegen.common.progress import Silent
from imagegen.common.run import ending

BYTES = b"a tarball" * 100_000
PINNED = Tarball("pool/x_1.5+really1.2.orig.tar.gz", sha256_bytes(BYTES), "x-1.2")


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/kube/sources"


@pytest.fixture
def mirror(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    root = tmp_path / "mirror"
    (root / "pool").mkdir(parents=True)
    (root / PINNED.path).write_bytes(BYTES)
    handler = partial(SimpleHTTPRequestHandler, directory=str(root))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        monkeypatch.setenv("IMAGEGEN_DEBIAN_MIRROR", f"http://127.0.0.1:{server.server_port}")
        yield root
        server.shutdown()


def test_it_is_fetched_once(mirror: Path) -> None:
    kept = tarball(PINNED, Silent())
    assert kept.read_bytes() == BYTES
    (mirror / PINNED.path).unlink()
    assert tarball(PINNED, Silent()) == kept


def test_other_bytes_are_refused_and_not_kept(mirror: Path, cache: Path) -> None:
    (mirror / PINNED.path).write_bytes(b"other")
    with pytest.raises(ToolError, match=f"not the pinned {PINNED.sha256}"):
        tarball(PINNED, Silent())
    assert list(cache.iterdir()) == []


def test_spoilt_bytes_in_the_cache_are_fetched_anew(mirror: Path, cache: Path) -> None:
    kept = tarball(PINNED, Silent())
    kept.write_bytes(b"spoilt")
    assert tarball(PINNED, Silent()).read_bytes() == BYTES


def test_a_mirror_without_it_is_told_with_what_to_do(mirror: Path, cache: Path) -> None:
    (mirror / PINNED.path).unlink()
    with pytest.raises(ToolError, match="404") as caught:
        tarball(PINNED, Silent())
    assert f"put the file at {cache / Path(PINNED.path).name}" in caught.value.hint
    assert list(cache.iterdir()) == []


def test_it_stops_where_all_ends(mirror: Path, cache: Path) -> None:
    with ending(), pytest.raises(ToolError, match="stopped, since imagegen ends"):
        tarball(PINNED, Silent())
    assert list(cache.iterdir()) == []


def test_a_silent_mirror_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "_SILENCE_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("IMAGEGEN_DEBIAN_MIRROR", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(ToolError, match="timed out"):
            tarball(PINNED, Silent())
