"""The check's client against a small API server over TLS."""

from __future__ import annotations

import socket
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from imagegen.common.run import need, run
from imagegen.node.api.client import PAGE, Client
from imagegen.node.api.kubeconfig import Refused, access
from imagegen.node.model import CannotTell
from tests.node.api.server import Server, serving

ITEMS = "/api/v1/services"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    with serving(tmp_path) as one:
        one.lists[ITEMS] = [{"n": n} for n in range(2 * PAGE + 1)]
        yield one


def read(path: str) -> bytes | None:
    return Path(path).read_bytes() if Path(path).exists() else None


def client(server: Server, user: dict[str, str] | None = None, seconds: float = 20.0) -> Client:
    return Client(access(server.kubeconfig(**user or {}), "/etc/x", read), seconds)


def listed(one: Client) -> list[int]:
    found: list[int] = []
    for item in one.items(ITEMS, "!a,!b", found.clear):
        found.append(item["n"])
    return found


def test_a_list_comes_in_pages(server: Server) -> None:
    assert listed(client(server)) == list(range(2 * PAGE + 1))
    assert [path for _, path, _, _ in server.asked] == [
        f"{ITEMS}?limit={PAGE}&labelSelector=%21a%2C%21b{more}"
        for more in ("", f"&continue={PAGE}", f"&continue={2 * PAGE}")]


def test_a_list_that_expires_is_read_once_more(server: Server) -> None:
    server.expire_once = True
    assert listed(client(server)) == list(range(2 * PAGE + 1))


def test_a_client_certificate_from_files_or_data(server: Server) -> None:
    ca, key = server.certificates.ca, server.certificates.ca.with_name("client.key")
    made = {"client-certificate": str(key.with_suffix(".pem")), "client-key": str(key)}
    for argv in (("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out",
                  str(key)),
                 ("req", "-new", "-key", str(key), "-subj", "/CN=n1", "-out", f"{key}.csr"),
                 ("x509", "-req", "-in", f"{key}.csr", "-CA", str(ca), "-CAkey",
                  str(ca.with_name("ca.key")), "-set_serial", "7", "-out",
                  made["client-certificate"])):
        run([need("openssl", "openssl"), *argv])
    data = {f"{name}-data": b64encode(Path(path).read_bytes()).decode()
            for name, path in made.items()}
    for user in (made, data):
        assert len(listed(client(server, user))) == 2 * PAGE + 1


@pytest.mark.parametrize(("status", "remedy"), [(401, "credential"), (403, "rbac.yaml")])
def test_what_waiting_does_not_mend(server: Server, status: int, remedy: str) -> None:
    server.statuses[ITEMS] = status, {"message": 'cannot list resource "services"'}
    with pytest.raises(Refused, match=f"gives {status}: cannot list resource") as refused:
        listed(client(server))
    assert remedy in refused.value.remedy


@pytest.mark.parametrize(("status", "said"), [(500, "gives 500"), (404, "gives 404"),
                                              (429, "gives 429"), (302, "gives 302")])
def test_what_it_may(server: Server, status: int, said: str) -> None:
    server.statuses[ITEMS] = status, {"message": ["odd"]}
    with pytest.raises(CannotTell, match=said) as trouble:
        listed(client(server))
    assert not isinstance(trouble.value, Refused)


@pytest.mark.parametrize("raw", [b"<html>", b"[1]", b"\xff", b"[" * 100_000, b""])
def test_an_answer_that_is_none(server: Server, raw: bytes) -> None:
    server.raw = raw
    if raw:
        with pytest.raises(CannotTell, match="the answer is no"):
            listed(client(server))
    else:
        assert listed(client(server)) == []


def test_a_wrong_token(server: Server) -> None:
    with pytest.raises(Refused, match="gives 401: Unauthorized"):
        listed(client(server, {"token": "another"}))


def test_a_server_of_another_authority(server: Server, tmp_path: Path) -> None:
    from imagegen.boot.cluster.certificates import make_certificates

    (tmp_path / "other").mkdir()
    ca = server.certificates.ca
    ca.write_bytes(make_certificates(tmp_path / "other", ("127.0.0.1",)).ca.read_bytes())
    with pytest.raises(CannotTell, match="its certificate is not trusted"):
        listed(client(server))


def test_a_server_of_another_name(server: Server) -> None:
    found = access(server.kubeconfig(), "/etc/x", read)
    found.server_name = "kube.example"
    with pytest.raises(CannotTell, match=r"its certificate is not trusted.*kube\.example"):
        listed(Client(found, 20.0))


def test_the_limit_holds_for_a_body_that_drips(server: Server) -> None:
    server.slow = 0.02
    with pytest.raises(CannotTell, match=r"no answer within 0\.5 s"):
        listed(client(server, seconds=0.5))


def test_nobody_listens(server: Server) -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        server.port = gone.getsockname()[1]
    with pytest.raises(CannotTell, match="Connection refused"):
        listed(client(server))
