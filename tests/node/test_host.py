"""Programs and pages, asked of real ones."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from imagegen.node import http
from imagegen.node.host import Elsewhere, Host
from imagegen.node.model import CannotTell
from tests.processes import children

NAME = b"kubeproxy_sync_proxy_rules_last_timestamp_seconds"
LINES = (b"# TYPE a gauge\na 1\n# TYPE x gauge\n" + NAME + b'{f="4"} 1.7e9\n' + NAME
         + b'{f="6"} 1.8e9\n# TYPE z gauge\nz 1\n')


class Metrics(BaseHTTPRequestHandler):
    """Serves a mode, and metrics whose far end it counts."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path in ("/proxyMode", "/metrics") else 404)
        self.end_headers()
        if self.path == "/proxyMode":
            self.wfile.write(b"ipvs")
        if self.path == "/metrics":
            self.wfile.write(LINES)
            self.wfile.flush()
            self.server.more.wait(5)  # type: ignore[attr-defined]
            self.wfile.write(b"end 1\n")

    def log_message(self, *_: object) -> None:
        """Silent."""


@pytest.fixture
def server() -> Iterator[HTTPServer]:
    made = HTTPServer(("127.0.0.1", 0), Metrics)
    made.more = threading.Event()  # type: ignore[attr-defined]
    thread = threading.Thread(target=made.serve_forever)
    thread.start()
    yield made
    made.more.set()  # type: ignore[attr-defined]
    made.shutdown()
    thread.join()
    made.server_close()


def test_a_page(server: HTTPServer) -> None:
    address = f"127.0.0.1:{server.server_port}"
    assert Host().http(address, "/proxyMode") == (200, b"ipvs")
    assert Host().http(address, "/nothing")[0] == 404


def test_it_reads_no_further_than_the_lines_that_it_needs(server: HTTPServer) -> None:
    """The server holds the rest back until the answer has been heard."""
    status, body = Host().http(f"127.0.0.1:{server.server_port}", "/metrics", NAME)
    assert status == 200
    assert body.count(NAME) == 2
    assert b"end 1" not in body


def test_nobody_answers() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(CannotTell, match="Connection refused"):
        Host().http(f"127.0.0.1:{port}", "/")


def test_somebody_is_silent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(
        CannotTell, match="no answer within"
    ):
        Host().http(f"127.0.0.1:{silent.getsockname()[1]}", "/")


@pytest.mark.parametrize("address", ["", "127.0.0.1", "127.0.0.1:http:x", "127.0.0.1:70000"])
def test_no_address(address: str) -> None:
    with pytest.raises((CannotTell, OverflowError)):
        Host().http(address, "/")


def test_not_http() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        def answer() -> None:
            connection, _ = server.accept()
            connection.recv(1000)
            connection.sendall(b"SSH-2.0-OpenSSH\r\n")
            connection.close()

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(CannotTell, match="not HTTP"):
            Host().http(f"127.0.0.1:{server.getsockname()[1]}", "/")
        thread.join()


def test_a_programs_output_and_code() -> None:
    code, text = Host().output(["sh", "-c", "echo out; echo err >&2; exit 3"])
    assert (code, text) == (3, b"out\nerr\n")
    assert Host().output(["sh", "-c", "cat; kill -9 $$"])[0] == -9


def test_a_large_output() -> None:
    assert len(Host().output(["head", "-c", "1000000", "/dev/zero"])[1]) == 1_000_000


def test_no_such_program() -> None:
    with pytest.raises(CannotTell, match="cannot be run: No such file"):
        Host().output(["/no/such/program"])


def test_a_program_that_does_not_end_is_killed_with_what_it_started() -> None:
    before = set(children())
    with pytest.raises(CannotTell, match="did not finish within 0"):
        Host().output(["sh", "-c", "sleep 600 & sleep 600"], timeout=0.2)
    assert set(children()) <= before


def test_a_dead_root_is_asked_nothing() -> None:
    elsewhere = Elsewhere()
    for ask in (elsewhere.addresses, lambda: elsewhere.probe("rr", ("IPv4",)),
                elsewhere.sets, elsewhere.ipvs_timeouts, elsewhere.ipvs_info,
                elsewhere.service_flags,
                lambda: elsewhere.in_set("KUBE-EXTERNAL-IP", "TCP", bytes(4), 1),
                lambda: elsewhere.http("127.0.0.1:1", "/"),
                lambda: elsewhere.affinity("127.0.0.1", 1)):
        with pytest.raises(CannotTell):
            ask()
