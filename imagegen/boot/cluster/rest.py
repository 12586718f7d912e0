"""A few lines of REST: JSON over verified TLS with a bearer token."""

from __future__ import annotations

import json
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from http import HTTPStatus
from http.client import HTTPResponse

from imagegen.boot.cluster.model import Object
from imagegen.common.errors import ToolError

_SECONDS = 30


class ApiError(ToolError):
    """The API server refused a request; `status` is HTTP's."""

    def __init__(self, status: int, what: str) -> None:
        super().__init__(what)
        self.status = status


@dataclass(frozen=True, slots=True)
class Rest:
    """A client of one API server. `alive` raises when the server behind it is gone."""

    url: str
    ca_pem: str = field(repr=False)
    token: str = field(repr=False)
    alive: Callable[[], None]

    def get(self, path: str) -> Object:
        """What lies at a path. Raises ApiError."""
        return self.send("GET", path)

    def find(self, path: str) -> Object | None:
        """What lies at a path, or None where nothing does."""
        try:
            return self.get(path)
        except ApiError as error:
            if error.status == HTTPStatus.NOT_FOUND:
                return None
            raise

    def post(self, path: str, body: Object) -> Object:
        """Create an object in a collection."""
        return self.send("POST", path, body)

    def put(self, path: str, body: Object) -> Object:
        """Replace what lies at a path."""
        return self.send("PUT", path, body)

    def delete(self, path: str) -> None:
        """Remove what lies at a path."""
        self.send("DELETE", path)

    def place(self, collection: str, body: Object) -> Object:
        """Create an object, or replace the one of its name."""
        path = f"{collection}/{body['metadata']['name']}"
        found = self.find(path)
        if found is None:
            return self.post(collection, body)
        version = {"resourceVersion": found["metadata"]["resourceVersion"]}
        return self.put(path, body | {"metadata": body["metadata"] | version})

    def send(self, method: str, path: str, body: Object | None = None) -> Object:
        """One request; the reply's JSON. Raises ApiError with the server's own message."""
        self.alive()
        try:
            with self._open(method, path, body) as reply:
                found: Object = json.load(reply)
                return found
        except urllib.error.HTTPError as error:
            self.alive()
            raise ApiError(error.code, f"{method} {path}: {_message(error)}") from None
        except OSError as error:
            self.alive()
            raise ToolError(f"the API server at {self.url} does not answer {method} {path}: "
                            f"{getattr(error, 'reason', error)}") from None

    def ready(self) -> str | None:
        """None when the server is ready, else what it says."""
        self.alive()
        try:
            with self._open("GET", "/readyz", None, seconds=5):
                return None
        except urllib.error.HTTPError as error:
            return error.read().decode(errors="replace")
        except OSError as error:
            return str(getattr(error, "reason", error))

    def _open(
        self, method: str, path: str, body: Object | None, seconds: float = _SECONDS
    ) -> HTTPResponse:
        request = urllib.request.Request(self.url + path, method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/json")
        if body is not None:
            request.data = json.dumps(body).encode()
            request.add_header("Content-Type", "application/json")
        # a proxy of the user's has no business between us and loopback
        opener = urllib.request.build_opener(
            urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=self._tls()))
        reply: HTTPResponse = opener.open(request, timeout=seconds)
        return reply

    def _tls(self) -> ssl.SSLContext:
        return ssl.create_default_context(cadata=self.ca_pem)


def _message(error: urllib.error.HTTPError) -> str:
    """The Status object's message, else HTTP's own words."""
    try:
        return f"{error.code}: {json.load(error)['message']}"
    except (ValueError, KeyError, TypeError):
        return f"{error.code} {error.reason}"
