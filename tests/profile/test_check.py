"""All findings at once: traps, the model's errors and the lints, and no error of another error."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.common.errors import InputError, InputErrors
from imagegen.profile.check import check_bytes, check_file
from imagegen.profile.fields import Section, Unknown
from imagegen.profile.load import parse_profile
from imagegen.profile.model import Profile
from imagegen.profile.partial import understood
from imagegen.profile.problem import Severity
from tests.verbs import MINIMAL, PROFILES

HEAD = 'apiVersion: imagegen/v1alpha1\nkind: ClusterProfile\nmetadata: {name: node}\n'
PROXY = 'kubeProxy: {version: "1.34.4"}\n'


def rules(text: str) -> list[str]:
    """The rules of a profile's findings, in the order of its lines."""
    return [found.rule for found in check_bytes("p.yaml", text.encode()).findings]


def test_a_trap_a_wrong_value_and_a_lint_are_told_together() -> None:
    assert rules(HEAD + """\
os:
  release: "7"
  files:
    - {path: /etc/motd, content: x, mode: 0644}
    - {path: etc/x, content: x}
    - {path: /etc/motd, content: z}
cluster:
  apiServers: ["10.96.0.7:6443", nowhere]
kubeProxy: {version: "1.34.4", config: {ipvs: {strictARP: yes, scheduler: foo}}}
""") == ["distribution-unknown", "yaml-octal", "path-form", "path-twice",
         "cluster-api-server-in-services", "endpoint-form", "yaml-boolean", "not-a-choice"]


@pytest.mark.parametrize(("text", "expected"), [
    # the default service range is not what the user meant, and overlaps nothing
    ("cluster: {serviceCIDR: 10.250.0.1/16, podCIDR: 10.96.0.0/16}\n" + PROXY, ["cidr-host-bits"]),
    ("cluster: {serviceCIDR: on, podCIDR: 10.96.0.0/16}\n" + PROXY, ["yaml-boolean"]),
    # nor is the version that stands in for a missing one
    ("kubeProxy: {config: {ipvs: {scheduler: mh}}}\n", ["missing-key"]),
    ("kubeProxy: {version: 1.20, config: {ipvs: {scheduler: mh}}}\n", ["unquoted-text"]),
    # a section whose wrong value would make it contradict itself
    ('image: {base: {from: path, path: 5, sha256: "' + "a0" * 32 + '"}}\n' + PROXY,
     ["unquoted-text"]),
    ("os: {files: [{path: 0644, content: x}, {path: /etc/x, content: z}]}\n" + PROXY,
     ["yaml-octal"]),
])
def test_no_error_follows_from_another(text: str, expected: list[str]) -> None:
    assert rules(HEAD + text) == expected


def test_places_are_the_document_s_though_items_are_left_out() -> None:
    text = HEAD + PROXY + """\
os:
  modules:
    - "bad name"
    - fine
    - nf_conntrack_ipv4
"""
    found = check_bytes("p.yaml", text.encode()).findings
    assert [(each.rule, each.where and each.where.line) for each in found] == [
        ("module-form", 7), ("module-gone", 9)]


def test_a_value_that_is_not_known_cannot_be_read() -> None:
    partial = understood({"apiVersion": "imagegen/v1alpha1", "kind": "ClusterProfile",
                          "metadata": {"name": "node"}, "kubeProxy": {"version": "soon"},
                          "cluster": {"serviceCIDR": 5}}, set())
    assert partial.profile is not None
    assert partial.profile.cluster.pod_cidr == "10.244.0.0/16"
    with pytest.raises(Unknown, match="service_cidr"):
        partial.profile.cluster.api_service  # noqa: B018  # reading it is the test
    with pytest.raises(Unknown, match="version"):
        partial.profile.kube_proxy.version  # noqa: B018


def test_what_all_profiles_share_is_not_touched() -> None:
    """The model's defaults are one object each: a wrong profile must not take from the next."""
    check_bytes("p.yaml", (HEAD + PROXY + "image: {base: {from: path, url: 5}}\n").encode())
    check_bytes("p.yaml", (HEAD + PROXY + "cluster: 5\nimage: {base: 5}\n").encode())
    for section in (Profile, *Section.__subclasses__()):
        for info in section.model_fields.values():
            if isinstance(info.default, Section):
                assert set(info.default.__dict__) == set(type(info.default).model_fields)
    assert parse_profile("p.yaml", MINIMAL).image.base.url is None


def test_one_error_is_raised_alone_and_several_together() -> None:
    with pytest.raises(InputError) as one:
        parse_profile("p.yaml", HEAD.encode())
    assert (type(one.value), one.value.rule) == (InputError, "missing-key")
    with pytest.raises(InputErrors) as many:
        parse_profile("p.yaml", (HEAD + "os: 5\n").encode())
    assert len(many.value.errors) == 2


def test_a_file_that_cannot_be_read_is_a_finding() -> None:
    checked = check_file(PROFILES / "none.yaml")
    assert [found.rule for found in checked.findings] == ["file-unreadable"]
    assert checked.profile is None


def test_a_good_file_has_a_profile() -> None:
    checked = check_file(PROFILES / "quickstart.yaml")
    assert checked.profile is not None and checked.sound() is checked.profile
    assert not checked.errors
    assert all(found.severity is Severity.WARNING for found in checked.findings)


@pytest.mark.parametrize(("text", "hint"), [
    ("cluster: {servceCIDR: 10.250.0.0/16}\n", "did you mean `serviceCIDR`?"),
    ("cluster: {SERVICE_CIDR: 10.250.0.0/16}\n", "did you mean `serviceCIDR`?"),
    ("cluster: {serviceSubnet: 10.250.0.0/16}\n", "did you mean `serviceCIDR`?"),
    ("serviceCIDR: 10.250.0.0/16\n", "it belongs under `cluster`"),
    ("os: {podSubnet: 10.250.0.0/16}\n", "it belongs under `cluster`, as `podCIDR`"),
    ("cluster: {description: x}\n", "it belongs under `metadata`"),
    ("image: {apiVersion: v1}\n", "it belongs at the top"),
    ("os: {files: [{path: /x, content: z, perms: '0600'}]}\n", "did you mean `mode`?"),
    ("os: {files: [{path: /x, content: z, qqq: 1}]}\n", "known here: content"),
])
def test_a_wrong_key_is_told_where_it_belongs(text: str, hint: str) -> None:
    found = check_bytes("p.yaml", (HEAD + PROXY + text).encode()).findings
    assert [each.rule for each in found] == ["unknown-key"]
    assert found[0].hint.startswith(hint)


def test_the_section_nearest_to_a_wrong_key_is_proposed() -> None:
    text = HEAD + 'kubeProxy: {version: "1.34.4", config: {scheduler: rr}}\n'
    assert check_bytes("p.yaml", text.encode()).findings[0].hint == (
        "it belongs under `kubeProxy.config.ipvs`")


def test_what_a_wrong_key_was_meant_to_be_is_not_missing_and_not_judged() -> None:
    assert rules(HEAD + 'kube_proxy: {version: "1.34.4"}\n') == ["unknown-key"]
    # the range that stands there by default is not the one that was meant
    assert rules(HEAD + PROXY + "cluster: {servceCIDR: 10.250.0.0/16, podCIDR: 10.96.0.0/16}\n") \
        == ["unknown-key"]
    assert rules(HEAD + "kubeProxy: {version: '1.26.9', scheduler: mh}\n") == ["unknown-key"]


def test_an_unreadable_file_among_several_is_a_finding(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    """click would end with a usage error before any file is read, and print no JSON."""
    import json
    import os

    from tests.verbs import PROFILES, called

    shut = tmp_path / "shut.yaml"
    shut.write_text("")
    opened, access = Path.open, os.access
    monkeypatch.setattr(os, "access", lambda path, *more, **extra: (
        Path(path) != shut and access(path, *more, **extra)))

    def open_it(path: Path, *more: object, **extra: object) -> object:
        if path == shut:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *more, **extra)  # type: ignore[call-overload]

    monkeypatch.setattr(Path, "open", open_it)
    said = called("check", "--format", "json", str(shut), str(PROFILES / "quickstart.yaml"))
    assert said.code == 2 and "Usage" not in said.err
    assert "file-unreadable" in said.out and json.loads(said.out)
