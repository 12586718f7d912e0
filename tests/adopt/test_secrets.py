"""What is taken for a secret, and what only speaks of one."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.adopt.secrets import secret_in
from imagegen.adopt.tree import folder_files
from tests.adopt.nodes import Content, written
from tests.adopt.shapes.keys import CA, ED25519, PRIVATE


@pytest.mark.parametrize("text", [
    PRIVATE, "PASSWORD=hunter2", "export DB_PASSWORD='hunter2'", "Environment=API_KEY=abc123",
    "curl -u user:word https://user:word@example.org/", "token: abcdef", "  client-key-data: YWJj",
    "u:$6$salt$hash:1:", "kubeadm join --token abcdef.0123456789abcdef", "secret_key = x1",
    '"auth": "dXNlcjp3b3Jk"', "AKIAABCDEFGHIJKLMNOP", "passphrase: x", "ACCESS-TOKEN=1"])
def test_a_secret(text: str) -> None:
    found = secret_in(f"# first\n{text}\n")
    assert found is not None
    assert found[0] == 2


@pytest.mark.parametrize("text", [
    CA, ED25519, "# password=commented", "--kubeconfig=/etc/kubernetes/kubelet.conf",
    "TokenFile=/var/run/secrets/token", "PASSWORD=$SECRET", "password=", "Description=Tokens",
    "EnvironmentFile=/etc/app/credentials.env", "automountServiceAccountToken: false",
    "https://example.org:8443/path", "http://[2001:db8::1]:3128", "After=authd.service",
    "Description=Authentication: the daemon", "passwd -l root", "u:x:1000:1000::/home/u:/bin/sh"])
def test_no_secret(text: str) -> None:
    assert secret_in(f"# first\n{text}\n") is None


def test_a_folders_keys_are_not_read(tmp_path: Path) -> None:
    secrets: dict[str, Content] = dict.fromkeys((
        "/etc/shadow", "/etc/gshadow-", "/etc/kubernetes/pki/ca.key",
        "/etc/kubernetes/kube-proxy.kubeconfig", "/opt/kubernetes/ssl/kube-proxy-key.pem"), "x")
    files = folder_files(written(tmp_path, {**secrets, "/etc/hosts": "x"}))
    assert [files.read(path) for path in secrets] == [None] * len(secrets)
    assert (files.read("/etc/hosts"), files.there("/etc/shadow")) == (b"x", True)
