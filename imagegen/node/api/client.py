"""The few requests that the check makes to an API server: verified TLS, one time limit for all.

Lists come in pages, so that a large cluster's is never whole in memory.
"""

from __future__ import annotations

import http.client
import io
import json
import os
import socket
import ssl
import time
from urllib.parse import quote

from ..model import CannotTell
from .kubeconfig import Refused

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from typing import Any

    from .kubeconfig import Access

PAGE = 500  # objects in one answer, as kubectl asks for
LIMIT = 64 << 20  # bytes of one answer
PART = 1 << 16
RBAC = ("Apply the tree's cluster/check-rbac.yaml with kubectl, or bind this user to "
        "the ClusterRole imagegen-check.")
JSON = "application/json"


class NotFound(CannotTell):
    """Nothing lies at that path."""


class _Expired(CannotTell):
    """The list has changed too much since its first page."""


class _Stream(io.RawIOBase):
    """What a socket brings; for every byte no longer is waited than there is time left."""

    def __init__(self, sock: ssl.SSLSocket, left: Callable[[], float]) -> None:
        super().__init__()
        self._sock, self._left = sock, left

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:  # noqa: ANN401 - as io has it
        self._sock.settimeout(self._left())
        return self._sock.recv_into(buffer)


class _Socket:
    """The part of a socket that http.client needs: a reader of its own would wait for each byte
    as long as for the first."""

    def __init__(self, sock: ssl.SSLSocket, left: Callable[[], float]) -> None:
        self._sock, self._left = sock, left
        self.close = sock.close

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Stream(self._sock, self._left))

    def sendall(self, data: bytes) -> None:
        self._sock.settimeout(self._left())
        self._sock.sendall(data)


class _Connection(http.client.HTTPSConnection):
    """Verifies another name than the address, where the kubeconfig gives one.

    `left` gives the seconds that are left, and raises socket.timeout where none are.
    """

    def __init__(self, access: Access, context: ssl.SSLContext, left: Callable[[], float]) -> None:
        super().__init__(access.host, access.port, context=context)
        self._name, self._tls, self._left = access.server_name, context, left

    def connect(self) -> None:
        """No proxy of the environment's is asked."""
        raw = socket.create_connection((self.host, self.port), self._left())
        self.sock = _Socket(self._tls.wrap_socket(raw, server_hostname=self._name), self._left)


class Client:
    """One API server, asked until `seconds` from now; each method raises CannotTell.

    Refused where waiting would not help: a wrong credential (401), a missing permission (403).
    """

    def __init__(self, access: Access, seconds: float,
                 clock: Callable[[], float] = time.monotonic) -> None:
        self._access, self._clock = access, clock
        self._seconds, self._deadline = seconds, clock() + seconds
        self._where = f"https://{access.host}:{access.port}"
        self._connection = _Connection(access, _context(access), self._left)

    def close(self) -> None:
        """Hang up."""
        self._connection.close()

    def get(self, path: str) -> dict[str, Any]:
        """The object at a path. Raises NotFound."""
        return self.send("GET", path)

    def items(
        self, path: str, selector: str, start: Callable[[], None]
    ) -> Iterator[dict[str, Any]]:
        """Every object of a list; `start` is called before the first, once more if it expires."""
        for last in (False, True):
            start()
            try:
                yield from self._items(path, selector)
                return
            except _Expired:
                if last:
                    raise

    def _items(self, path: str, selector: str) -> Iterator[dict[str, Any]]:
        query, more = f"{path}?limit={PAGE}&labelSelector={quote(selector)}", ""
        while True:
            page = self.send("GET", query + (f"&continue={quote(more)}" if more else ""))
            yield from page.get("items") or ()
            more = (page.get("metadata") or {}).get("continue") or ""
            if not more:
                return

    def send(self, method: str, path: str, body: dict[str, Any] | None = None,
             kind: str = JSON) -> dict[str, Any]:
        """One request; the answer's JSON object."""
        try:
            status, data = self._answer(method, path, body, kind)
            said = json.loads(data) if data else {}
        except ssl.SSLCertVerificationError as error:
            raise CannotTell(f"{self._where}: its certificate is not trusted: "
                             f"{error.verify_message}") from None
        except (OSError, http.client.HTTPException) as error:
            raise CannotTell(f"{self._where}: {self._said(error)}") from None
        except (ValueError, RecursionError):
            raise CannotTell(f"{self._where}{path}: the answer is not JSON") from None
        if not isinstance(said, dict):
            raise CannotTell(f"{self._where}{path}: the answer is no object")
        if status >= 300:
            raise self._trouble(status, method, path, said)
        return said

    def _answer(self, method: str, path: str, body: dict[str, Any] | None,
                kind: str) -> tuple[int, bytes]:
        headers = {"Accept": JSON, "User-Agent": "imagegen-check"}
        if self._access.token:
            headers["Authorization"] = f"Bearer {self._access.token}"
        if body is not None:
            headers["Content-Type"] = kind
        self._connection.request(method, self._access.prefix + path,
                                 None if body is None else json.dumps(body).encode(), headers)
        reply = self._connection.getresponse()
        data = bytearray()
        while part := reply.read(PART):
            data += part
            if len(data) > LIMIT:
                raise OSError(f"an answer of more than {LIMIT} bytes")
        return reply.status, bytes(data)

    def _left(self) -> float:
        left = self._deadline - self._clock()
        if left <= 0:
            raise socket.timeout
        return left

    def _said(self, error: Exception) -> str:
        if isinstance(error, socket.timeout):
            return f"no answer within {self._seconds:g} s"
        return getattr(error, "strerror", None) or str(error) or type(error).__name__

    def _trouble(self, status: int, method: str, path: str, said: dict[str, Any]) -> CannotTell:
        message = said.get("message")
        words = f"{self._where}: {method} {path.partition('?')[0]} gives {status}"
        words += f": {message[:300]}" if isinstance(message, str) else ""
        if status == 401:
            return Refused(words, "Its credential is wrong or too old: give the node a new one.")
        if status == 403:
            return Refused(words, RBAC)
        return {404: NotFound, 410: _Expired}.get(status, CannotTell)(words)


def _context(access: Access) -> ssl.SSLContext:
    """Trusts the cluster's own authority only."""
    try:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        context.load_verify_locations(cadata=access.authority)
        if access.certificate:
            with _Secret(access.certificate + b"\n" + access.key) as path:
                context.load_cert_chain(path)
    except (OSError, ValueError) as error:
        raise Refused(f"the kubeconfig's certificates cannot be used: {error}",
                      "Mend the file.") from None
    return context


class _Secret:
    """Bytes as a path that no disk ever sees: ssl reads a key from a file only."""

    def __init__(self, data: bytes) -> None:
        self._file = os.memfd_create("imagegen-check")
        os.write(self._file, data)

    def __enter__(self) -> str:
        return f"/proc/self/fd/{self._file}"

    def __exit__(self, *_: object) -> None:
        os.close(self._file)
