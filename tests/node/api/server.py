"""A small API server over TLS: objects in lists with pages, a token, and what was asked."""

from __future__ import annotations

import json
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

from imagegen.boot.cluster.certificates import Certificates, make_certificates

TOKEN = "a-token"
Object = dict[str, Any]


class Server:
    """`lists` by path; `statuses` a path's refusal; `slow` seconds before each byte of a body."""

    def __init__(self, certificates: Certificates) -> None:
        self.certificates = certificates
        self.lists: dict[str, list[Object]] = {}
        self.objects: dict[str, Object] = {}
        self.statuses: dict[str, tuple[int, object]] = {}
        self.expire_once = False
        self.raw: bytes | None = None
        self.slow = 0.0
        self.asked: list[tuple[str, str, Any, str]] = []
        self.port = 0

    def kubeconfig(self, **user: str) -> bytes:
        cluster = {"server": f"https://127.0.0.1:{self.port}",
                   "certificate-authority": str(self.certificates.ca)}
        return json.dumps({
            "current-context": "c", "contexts": [{"name": "c", "context": {"cluster": "c",
                                                                           "user": "u"}}],
            "clusters": [{"name": "c", "cluster": cluster}],
            "users": [{"name": "u", "user": user or {"token": TOKEN}}]}).encode()

    def answer(self, method: str, target: str, body: Any) -> tuple[int, object]:
        url = urlsplit(target)
        query = parse_qs(url.query)
        if url.path in self.statuses:
            return self.statuses[url.path]
        if method != "GET":
            return 200, body
        if url.path in self.objects:
            return 200, self.objects[url.path]
        if url.path not in self.lists:
            return 404, {"message": "the server could not find the requested resource"}
        start = int(query.get("continue", ["0"])[0])
        if start and self.expire_once:
            self.expire_once = False
            return 410, {"message": "The provided continue parameter is too old"}
        return 200, self._page(url.path, start, int(query["limit"][0]))

    def _page(self, path: str, start: int, limit: int) -> Object:
        items = self.lists[path]
        more = {"continue": str(start + limit)} if start + limit < len(items) else {}
        return {"metadata": more, "items": items[start : start + limit]}


@contextmanager
def serving(folder: Path) -> Iterator[Server]:
    """A server on loopback, whose certificate names 127.0.0.1 and localhost."""
    server = Server(make_certificates(folder, ("127.0.0.1",)))
    http = ThreadingHTTPServer(("127.0.0.1", 0), _handler(server))
    http.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(server.certificates.certificate, server.certificates.key)
    context.load_verify_locations(server.certificates.ca)
    context.verify_mode = ssl.CERT_OPTIONAL
    http.socket = context.wrap_socket(http.socket, server_side=True)
    server.port = http.server_address[1]
    thread = threading.Thread(target=http.serve_forever, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        http.shutdown()
        http.server_close()


def _handler(server: Server) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _act(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = json.loads(self.rfile.read(size)) if size else None
            kind = self.headers.get("Content-Type") or ""
            certificate = self.connection.getpeercert()
            server.asked.append((self.command, self.path, body, kind))
            known = certificate or self.headers.get("Authorization") == f"Bearer {TOKEN}"
            status, said = (server.answer(self.command, self.path, body) if known
                            else (401, {"message": "Unauthorized"}))
            data = json.dumps(said).encode() if server.raw is None else server.raw
            self.send_response(status)
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            for at in range(len(data)) if server.slow else ():
                time.sleep(server.slow)
                self.wfile.write(data[at : at + 1])
            if not server.slow:
                self.wfile.write(data)

        do_GET = do_PATCH = do_POST = _act

        def log_message(self, *_: object) -> None:
            pass

    return Handler
