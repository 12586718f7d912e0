"""Files that the profile pins: taken only with the right bytes, from a disk or over HTTP."""

from __future__ import annotations

import hashlib
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from imagegen.bake import download
from imagegen.bake.download import pinned_file
from imagegen.common.errors import InputError, ToolError
from imagegen.common.progress import Silent

DATA = b"the base image" * 100_000
SHA256 = hashlib.sha256(DATA).hexdigest()
WRONG = "0" * 64


class Server(ThreadingHTTPServer):
    """On loopback; counts what it was asked for."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Answers)

    def url(self, path: str) -> str:
        return f"http://127.0.0.1:{self.server_port}{path}"


class Answers(BaseHTTPRequestHandler):
    """/good is whole, /short ends early, /slow says nothing, all else is not there."""

    def do_GET(self) -> None:
        assert isinstance(self.server, Server)
        self.server.asked.append(self.path)
        if self.path == "/slow":
            self.rfile.read(1)
        if self.path not in ("/good", "/short"):
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Length", str(len(DATA)))
        self.end_headers()
        self.wfile.write(DATA if self.path == "/good" else DATA[:1000])

    def log_message(self, *_: object) -> None:
        """Nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    with Server() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("IMAGEGEN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache/downloads"


def fetched(url: str, sha256: str = SHA256) -> Path:
    return pinned_file("the base image", None, url, sha256, Silent())


def kept(cache: Path) -> list[str]:
    """What lies in the cache beside locks."""
    return sorted(path.name for path in cache.iterdir() if path.suffix != ".lock")


def test_the_right_file_is_kept_and_not_asked_for_again(server: Server, cache: Path) -> None:
    for _ in range(2):
        assert fetched(server.url("/good")).read_bytes() == DATA
    assert server.asked == ["/good"]
    assert kept(cache) == [SHA256]


def test_a_kept_file_that_has_changed_is_fetched_anew(server: Server) -> None:
    fetched(server.url("/good")).write_bytes(b"rotten")
    assert fetched(server.url("/good")).read_bytes() == DATA
    assert server.asked == ["/good", "/good"]


def test_other_bytes_are_not_taken(server: Server, cache: Path) -> None:
    with pytest.raises(InputError) as caught:
        fetched(server.url("/good"), WRONG)
    assert str(caught.value) == (
        f"error: the base image {server.url('/good')} is not the one that the profile pins\n"
        f"  its sha256 is     {SHA256}\n  the profile says  {WRONG}\n"
        "hint: if the new one is meant, correct `sha256` in the profile; else do not trust it")
    assert kept(cache) == []


def test_a_transfer_that_breaks_off_is_not_taken(server: Server, cache: Path) -> None:
    with pytest.raises((ToolError, InputError)):
        fetched(server.url("/short"))
    assert kept(cache) == []


@pytest.mark.parametrize(("path", "words"), [("/none", "Not Found"), ("/slow", "timed out")])
def test_a_server_that_does_not_deliver(path: str, words: str, server: Server, cache: Path,
                                        monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(download, "SECONDS_OF_SILENCE", 1)
    with pytest.raises(ToolError, match=words) as caught:
        fetched(server.url(path))
    assert f"cannot fetch the base image from {server.url(path)}: " in caught.value.what
    assert kept(cache) == []


def test_a_dead_server(cache: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ToolError, match="Connection refused"):
        fetched(f"http://127.0.0.1:{port}/good")
    assert kept(cache) == []


def test_a_path_is_checked_and_left_where_it_is(tmp_path: Path) -> None:
    path = tmp_path / "base.qcow2"
    path.write_bytes(DATA)
    assert pinned_file("the base image", str(path), None, SHA256, Silent()) == path
    with pytest.raises(InputError, match="is not the one that the profile pins"):
        pinned_file("the base image", str(path), None, WRONG, Silent())
    with pytest.raises(InputError, match=r"the base image /nonexistent is not there"):
        pinned_file("the base image", "/nonexistent", None, SHA256, Silent())
    assert path.read_bytes() == DATA
