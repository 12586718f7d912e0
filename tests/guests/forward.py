"""A real http proxy on this machine for guests: it fetches what it is asked, or falls silent."""

from __future__ import annotations

import shutil
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from imagegen.boot.cluster.model import GUEST_VIEW

SECONDS = 120


class Forward(ThreadingHTTPServer):
    """`silent` is set when it is to answer nothing more; `asked` are the URLs that it was asked."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.silent = threading.Event()
        self.closing = threading.Event()
        self.asked: list[str] = []

    @property
    def guest_url(self) -> str:
        """The proxy as a guest on QEMU's user network sees it."""
        return f"http://{GUEST_VIEW}:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: Forward

    def do_GET(self) -> None:
        """Fetch, and hand on."""
        self.server.asked.append(self.path)
        if self.server.silent.is_set():
            # as a machine that hangs: the connection stands, and nothing comes
            self.server.closing.wait()
            return
        with suppress(BrokenPipeError, ConnectionResetError):
            self._hand_on()

    def _hand_on(self) -> None:
        wanted = ("If-Modified-Since", "Range", "If-Range", "User-Agent", "Accept")
        headers = {name: value for name, value in self.headers.items() if name in wanted}
        try:
            request = urllib.request.Request(self.path, headers=headers)
            answer = urllib.request.urlopen(request, timeout=SECONDS)
        except urllib.error.HTTPError as error:
            answer = error
        with answer:
            self.send_response(answer.status or 502)
            for name in ("Content-Length", "Content-Type", "Last-Modified", "Content-Range"):
                if value := answer.headers.get(name):
                    self.send_header(name, value)
            self.end_headers()
            shutil.copyfileobj(answer, self.wfile)

    def log_message(self, format: str, *args: object) -> None:
        """Nothing on the tests' own output."""


@contextmanager
def forward() -> Iterator[Forward]:
    """A proxy for as long as the context lives."""
    with Forward() as server:
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield server
        finally:
            server.closing.set()
            server.shutdown()
