"""The helper that judges sentences finds each fault that it is for."""

from __future__ import annotations

import pytest

from tests.sentences import faults_of_sentences, literals_of_python


@pytest.mark.parametrize("text", [
    "Install ipvsadm. install it with `apt-get install ipvsadm`.", "`update-grub`",
    "Run `update-grub`", "restart kube-proxy.", "Remove `a`. `systemctl daemon-reload`."])
def test_no_sentence(text: str) -> None:
    assert faults_of_sentences(text)


@pytest.mark.parametrize("text", [
    "Restart kube-proxy.", "Run `a; b. c`, and reboot. Where that fails, build the image anew.",
    "Take net.ipv4.ip_forward out of /etc/sysctl.d/99-local.conf."])
def test_sentences(text: str) -> None:
    assert faults_of_sentences(text) == []


@pytest.mark.parametrize("text", [
    "mhPort False", "argv ['/usr/bin/kube-proxy']", "beside []", "sha256 None", "{'a': 1}",
    "it says 'abc'", r"b\x00c"])
def test_python(text: str) -> None:
    assert literals_of_python(text)


@pytest.mark.parametrize("text", [
    "the profile's scheduler", "[fd00::1]:443 -> [2001:db8::1]:6443", "kube-proxies' sets",
    "`excludeCIDRs: [\"192.0.2.1/32\"]`", "Nonesuch, Trueness"])
def test_no_python(text: str) -> None:
    assert literals_of_python(text) == []
