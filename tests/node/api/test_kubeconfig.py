"""Kubeconfigs as they are written in the field, and those that are refused with a sentence."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagegen.node.api.kubeconfig import Access, Refused, access
from imagegen.node.api.yaml import parse
from imagegen.node.model import CannotTell
from imagegen.render.cloudinit import kubeconfig as rendered

PEM = "-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"
DATA = base64.b64encode(PEM.encode()).decode()
FILES = {"/etc/kubernetes/pki/ca.crt": PEM.encode(), "/etc/kubernetes/kube-proxy.token": b"t0k\n",
         "/etc/kubernetes/c.crt": b"C", "/etc/kubernetes/c.key": b"K"}
WHERE = "/etc/kubernetes/x.kubeconfig"
# as kubeadm and client-go write it: lists at the key's own indentation
KUBEADM = f"""\
apiVersion: v1
clusters:
- cluster:
    certificate-authority-data: {DATA}
    server: https://192.0.2.1:6443
  name: kubernetes
contexts:
- context:
    cluster: kubernetes
    user: system:node:n1
  name: system:node:n1@kubernetes
current-context: system:node:n1@kubernetes
kind: Config
preferences: {{}}
users:
- name: system:node:n1
  user:
    client-certificate: c.crt
    client-key: /etc/kubernetes/c.key
"""


def read(text: str) -> Access:
    return access(text.encode(), WHERE, FILES.get)


def test_kubeadms() -> None:
    found = read(KUBEADM)
    assert (found.host, found.port, found.server_name) == ("192.0.2.1", 6443, "192.0.2.1")
    assert found.authority == PEM
    assert (found.certificate, found.key, found.token) == (b"C", b"K", "")


def test_imagegens_own() -> None:
    found = read(rendered("https://[fd00::1]:6443", PEM.encode()))
    assert (found.host, found.port, found.token) == ("fd00::1", 6443, "t0k")


def changed(change: dict[str, Any], where: str = "user") -> str:
    document = yaml.safe_load(KUBEADM)
    document[f"{where}s"][0][where] |= change
    return json.dumps(document)


def test_json_with_a_name_to_verify() -> None:
    found = read(changed({"tls-server-name": "kube.example"}, "cluster"))
    assert found.server_name == "kube.example"


@pytest.mark.parametrize(("change", "where", "said"), [
    ({"exec": {"command": "aws"}}, "user", "starts no credential plugin (exec)"),
    ({"auth-provider": {"name": "gcp"}}, "user", "starts no credential plugin (auth-provider)"),
    ({"username": "u", "password": "p"}, "user", "username is not honoured"),
    ({"as": "admin"}, "user", "as is not honoured"),
    ({"client-key": None}, "user", "one is missing"),
    ({"client-key-data": "%"}, "user", "client-key-data is not base64"),
    ({"token": "a\nb"}, "user", "the token is no line of text"),
    ({"token": 5}, "user", "token is no text"),
    ({"proxy-url": "http://p:1"}, "cluster", "proxy-url is not honoured"),
    ({"insecure-skip-tls-verify": True}, "cluster", "cannot verify"),
    ({"certificate-authority-data": None}, "cluster", "names no certificate-authority"),
    ({"server": "http://192.0.2.1"}, "cluster", "is no https:// address"),
    ({"server": "https://[::1"}, "cluster", "is no https:// address"),
    ({"server": None}, "cluster", "server is missing"),
    ({"cluster": "other"}, "context", "there is no cluster 'other' under clusters"),
])
def test_what_is_refused(change: dict[str, Any], where: str, said: str) -> None:
    with pytest.raises(Refused) as refused:
        read(changed(change, where))
    assert said in str(refused.value)
    assert refused.value.remedy


def test_a_file_that_is_not_there_may_still_come() -> None:
    with pytest.raises(CannotTell, match=r"/etc/kubernetes/gone\.crt") as missing:
        read(changed({"client-certificate": "gone.crt"}))
    assert not isinstance(missing.value, Refused)


@pytest.mark.parametrize("text", [
    "a: &x 1\nb: *x\n", "a: !!str 1\n", "a: |\n  x\n", "a: >-\n  x\n", "a: {b: 1}\n", "a: [1]\n",
    "a: x\n  y\n", "a: 'x\n  y'\n", 'a: "x\\x41"\n', "a:\n\tb: 1\n", "a: 1\na: 2\n", "? a\n: b\n",
    "a: b: c\n", "--- \na: 1\n--- \nb: 1\n", "%YAML 1.1\n---\na: 1\n", "a: 1\n...\n", "a\n",
    'a: "\\ud83d\\ude00"\n', "a:\n    b: 1\n  c: 2\n", "<<: 1\n", "a: 1\n- b\n",
    "- " * 50 + "a\n", "a: x\u2028b\n",
])
def test_other_yaml_is_refused_by_its_line(text: str) -> None:
    with pytest.raises(ValueError, match=r"^line \d+ .*kubectl config view --raw --flatten"):
        parse(text)


def bare(value: object) -> object:
    """PyYAML's loader of texts only, with null as we have it."""
    if isinstance(value, dict):
        return {key: bare(one) for key, one in value.items()}
    if isinstance(value, list):
        return [bare(one) for one in value]
    return None if value in ("", "~", "null", "Null", "NULL") else value


# without the two texts that PyYAML's BaseLoader does not tell from null
TEXTS = st.text(st.characters(codec="ascii", exclude_categories=["Cc"]), min_size=1, max_size=40
                ).filter(lambda text: bare(text) is not None)
KEYS = st.from_regex(r"[a-z][-a-z0-9]{0,8}", fullmatch=True).filter(
    lambda key: yaml.safe_load(key) == key)
TREES = st.dictionaries(KEYS, st.recursive(
    st.none() | TEXTS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        KEYS, inner, max_size=3), max_leaves=8), min_size=1, max_size=4)


@given(TREES, st.booleans())
def test_what_a_program_writes_is_read_as_it_was(tree: dict[str, Any], quoted: bool) -> None:
    text = yaml.safe_dump(tree, width=1 << 20, default_style='"' if quoted else None)
    if "!!null" in text:
        return  # only a hand asks for it so
    assert parse(text) == tree


LINES = st.lists(st.tuples(st.sampled_from(("", "  ", "    ", "- ", "  - ", "- - ", "-")),
                           st.sampled_from(("a:", "b:", "'c':", '"d":', "", "x", "#", "a: b")),
                           st.sampled_from(("", " ", " x", " 'y'", ' "z"', " {}", " []", " ~", " #",
                                            " 'it''s' # c", " x # c", " x#c", " a: b", " &a", " |",
                                            ' "\\n"', " -", " - x", ' "', " '", " x:", " :x", " ?")
                                           )), min_size=1, max_size=6)


@given(LINES)
def test_nothing_is_read_otherwise_than_yaml_means_it(parts: list[tuple[str, str, str]]) -> None:
    text = "".join("".join(part) + "\n" for part in parts)
    try:
        found = parse(text)
    except ValueError:
        return
    meant = yaml.load(text, yaml.BaseLoader)
    assert bare(found) == bare(meant), text


@given(st.text(max_size=200) | st.binary(max_size=200).map(lambda data: data.decode("latin-1")))
def test_any_text_is_read_or_refused(text: str) -> None:
    with pytest.raises(CannotTell):
        access(text.encode("utf-8", "replace"), WHERE, FILES.get)
