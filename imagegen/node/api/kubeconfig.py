"""A kubeconfig, read without a library: its current context's server and credentials.

What the check cannot honour (an `exec` plugin, a proxy, no verification) is refused with a
sentence; it never goes on with less than the file asks for. Fields: kubernetes
client-go/tools/clientcmd/api/v1/types.go.
"""

from __future__ import annotations

import base64
import json
import os
from urllib.parse import urlsplit

from ..model import CannotTell
from .yaml import WAY_OUT, parse

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    Read = Callable[[str], "bytes | None"]

LIMIT = 1 << 20  # bytes
CLUSTER = ("server", "certificate-authority", "certificate-authority-data", "tls-server-name",
           "disable-compression", "extensions", "insecure-skip-tls-verify")
USER = ("client-certificate", "client-certificate-data", "client-key", "client-key-data", "token",
        "tokenFile", "extensions")


class Refused(CannotTell):
    """Waiting does not mend it; `remedy` says what does."""

    def __init__(self, said: str, remedy: str = "") -> None:
        super().__init__(said)
        self.remedy = remedy


class Access:
    """How the API server is reached; certificates and keys are PEM, the key never printed."""

    __slots__ = ("authority", "certificate", "host", "key", "port", "prefix", "server_name",
                 "token")

    def __init__(self, server: str, authority: str, server_name: str, certificate: bytes,
                 key: bytes, token: str) -> None:
        parts = urlsplit(server)
        self.host, self.port = parts.hostname or "", parts.port or 443
        self.prefix = parts.path.rstrip("/")
        self.authority, self.server_name = authority, server_name or self.host
        self.certificate, self.key, self.token = certificate, key, token


def access(data: bytes, where: str, read: Read) -> Access:
    """The current context's. `read` gives a named file's bytes. Raises Refused."""
    top = _document(data, where)
    context = _named(top, "contexts", "context", _text(top, "current-context", where), where)
    cluster = _named(top, "clusters", "cluster", _text(context, "cluster", where), where)
    user = _named(top, "users", "user", _text(context, "user", where), where)
    _honoured(cluster, CLUSTER, where)
    _honoured(user, USER, where)
    if cluster.get("insecure-skip-tls-verify") not in (None, False, "false"):
        raise Refused(f"{where}: insecure-skip-tls-verify: the check talks to no server that it "
                      "cannot verify", "Put certificate-authority-data in its place.")
    folder = os.path.dirname(where)

    def pem(holder: dict[str, Any], name: str) -> bytes:
        return _pem(holder, name, folder, where, read)

    return Access(
        _server(cluster, where), _ascii(pem(cluster, "certificate-authority"), where),
        _maybe(cluster, "tls-server-name", where), *_pair(pem(user, "client-certificate"),
                                                          pem(user, "client-key"), where),
        _token(user, folder, where, read))


def _document(data: bytes, where: str) -> dict[str, Any]:
    if len(data) > LIMIT:
        raise Refused(f"{where} is no kubeconfig: it is larger than {LIMIT} bytes")
    try:
        text = data.decode()
        top = json.loads(text) if text.lstrip().startswith("{") else parse(text)
    except (ValueError, RecursionError) as error:
        raise Refused(f"{where}: {error}", "Mend the file.") from None
    if not isinstance(top, dict):
        raise Refused(f"{where} is no kubeconfig", "Mend the file.")
    return top


def _named(top: dict[str, Any], plural: str, single: str, name: str, where: str) -> dict[str, Any]:
    entries = top.get(plural)
    for entry in entries if isinstance(entries, list) else ():
        if isinstance(entry, dict) and entry.get("name") == name:
            inner = entry.get(single)
            if isinstance(inner, dict):
                return inner
    raise Refused(f"{where}: there is no {single} {name!r} under {plural}",
                  f"Name one in the file, or {WAY_OUT}.")


def _text(holder: dict[str, Any], name: str, where: str) -> str:
    value = _maybe(holder, name, where)
    if not value:
        raise Refused(f"{where}: {name} is missing", "Mend the file.")
    return value


def _maybe(holder: dict[str, Any], name: str, where: str) -> str:
    value = holder.get(name)
    if value is not None and not isinstance(value, str):
        raise Refused(f"{where}: {name} is no text", "Mend the file.")
    return value or ""


def _honoured(holder: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    for name in holder:
        if name in ("exec", "auth-provider"):
            raise Refused(f"{where}: the check starts no credential plugin ({name})",
                          "Give it a kubeconfig with a token, a tokenFile or a client certificate.")
        if name not in known:
            raise Refused(f"{where}: {name} is not honoured by the check",
                          "Give it a kubeconfig without this field.")


def _server(cluster: dict[str, Any], where: str) -> str:
    server = _text(cluster, "server", where)
    try:
        parts = urlsplit(server)
        good = parts.scheme == "https" and parts.hostname and parts.port != 0
    except ValueError:
        good = False
    if not good:
        raise Refused(f"{where}: server {server!r} is no https:// address",
                      "Credentials go over verified TLS only.")
    return server


def _pem(holder: dict[str, Any], name: str, folder: str, where: str, read: Read) -> bytes:
    """`NAME-data` comes before `NAME`, as in client-go."""
    inline, path = _maybe(holder, f"{name}-data", where), _maybe(holder, name, where)
    if inline:
        try:
            return base64.b64decode(inline, validate=True)
        except ValueError:
            raise Refused(f"{where}: {name}-data is not base64", "Mend the file.") from None
    return _file(os.path.join(folder, path), read) if path else b""


def _file(path: str, read: Read) -> bytes:
    data = read(path)
    if data is None:
        raise CannotTell(f"{path}, which the kubeconfig names, is not there")
    return data


def _ascii(data: bytes, where: str) -> str:
    if b"BEGIN" not in data:
        raise Refused(f"{where} names no certificate-authority, or one that is not PEM",
                      "Add certificate-authority-data: the check trusts the cluster's own only.")
    return data.decode("ascii", "replace")


def _pair(certificate: bytes, key: bytes, where: str) -> tuple[bytes, bytes]:
    if bool(certificate) != bool(key):
        raise Refused(f"{where}: of client-certificate and client-key one is missing",
                      "Mend the file.")
    return certificate, key


def _token(user: dict[str, Any], folder: str, where: str, read: Read) -> str:
    """`tokenFile` comes before `token`, as in client-go."""
    path = _maybe(user, "tokenFile", where)
    token = (_file(os.path.join(folder, path), read).decode("ascii", "replace") if path
             else _maybe(user, "token", where)).strip()
    if not token.isprintable() or not token.isascii():
        raise Refused(f"{where}: the token is no line of text", "Mend the file.")
    return token
