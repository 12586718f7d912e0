"""The user's own parts of user-data: H10's forms of a mode, and what would be lost in silence."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
import yaml

from imagegen.common.errors import InputError
from imagegen.profile.cloud_init import CloudInit, Part, PartKind
from imagegen.profile.lints.cloud_init import parts
from imagegen.profile.problem import Problem, Severity
from imagegen.render.cloudinit import own_parts
from imagegen.render.render import render
from tests.profiles import changed, parsed


def found(*given: tuple[str, str, str]) -> list[Problem]:
    """The findings about parts of (name, kind, content), warnings among them."""
    own = tuple(Part(name=name, kind=PartKind(kind), content=text) for name, kind, text in given)
    profile = parsed(changed({})).model_copy(update={"cloud_init": CloudInit(parts=own)})
    return list(parts(profile))


def config(text: str) -> list[tuple[str, Severity]]:
    return [(problem.rule, problem.severity) for problem in found(("a.cfg", "cloud-config", text))]


def file(rest: str) -> str:
    return f"#cloud-config\nwrite_files:\n  - {{path: /etc/a, content: x, {rest}}}\n"


WRONG = [("cloud-init-permissions", Severity.ERROR)]
ODD = [("cloud-init-permissions-spelling", Severity.WARNING)]


@pytest.mark.parametrize(("rest", "expected"), [
    ("permissions: '0644'", []), ('permissions: "0000"', []),
    ("permissions: 0644", WRONG), ("permissions: 644", WRONG), ("permissions: '384'", WRONG),
    ("permissions: 0o644", ODD), ("permissions: '4755'", ODD), ("permissions: '644'", ODD),
    ("permissions: true", WRONG), ("permissions: '-1'", WRONG), ("permissions: [1]", WRONG),
    ("permissions: null", WRONG), ("permissions: ' ٠٦٤٤'", WRONG), ("permissions: 0.5", WRONG),
    ("perms: '0600'", [("cloud-init-file-key", Severity.ERROR)]),
])
def test_every_form_of_a_mode(rest: str, expected: list[tuple[str, Severity]]) -> None:
    assert config(file(rest)) == expected


@pytest.mark.parametrize(("given", "written"), [
    ("0o644", "0644"), ("'644'", "0644"), ("'4755'", "4755"), ("'0600'", "0600")])
def test_a_mode_comes_out_as_four_quoted_digits(given: str, written: str) -> None:
    own = (Part(name="a.cfg", kind=PartKind.CLOUD_CONFIG, content=file(f"permissions: {given}")),)
    profile = parsed(changed({})).model_copy(update={"cloud_init": CloudInit(parts=own)})
    text = own_parts(profile)[0].content
    assert f"permissions: '{written}'" in text
    for _ in range(2):
        data = yaml.safe_load(text)
        assert data["write_files"][0]["permissions"] == written
        text = yaml.safe_dump(data)


@pytest.mark.parametrize(("text", "rule"), [
    ("hostname: x", "cloud-init-part-key"), ("merge_how: x", "cloud-init-part-key"),
    ("packages: [vim]", "cloud-init-part-unheeded"), ("runcmds: []", "cloud-init-part-unheeded"),
    ("- a", "cloud-init-part-form"), ("a: [", "cloud-init-part-form"),
    ("", "cloud-init-part-form"), ("1: 2", "cloud-init-part-form"),
    ("## template: jinja\n#cloud-config\nruncmd: []", "cloud-init-part-form"),
    ("[" * 5000, "cloud-init-part-form"), ("a: 2026-99-99", "cloud-init-part-form"),
])
def test_what_cloud_init_would_drop_is_refused(text: str, rule: str) -> None:
    assert config(text) == [(rule, Severity.ERROR)]


def test_scripts_and_names() -> None:
    assert found(("a.sh", "script", "#!/bin/sh\n"), ("b", "boothook", "x")) == []
    assert [p.rule for p in found(("a.sh", "script", "echo"))] == ["cloud-init-part-form"]
    twice = found(("a", "boothook", "x"), ("a", "boothook", "y"))
    assert [(p.rule, p.path) for p in twice] == [
        ("cloud-init-part-name", ("cloudInit", "parts", 1, "name"))]


def with_script(size: int, datasource: str) -> Any:
    """A profile with a script that no compression makes smaller."""
    noise = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(size // 32))
    text = "#!/bin/sh\n: " + base64.b64encode(noise).decode() + "\n"
    return parsed(changed({"cloudInit": {"datasource": datasource, "parts": [
        {"name": "a.sh", "kind": "script", "content": text}]}}))


def test_what_ec2_cannot_carry_is_refused_with_what_to_bake() -> None:
    with pytest.raises(InputError, match="ec2 carries at most 16384") as refused:
        render(with_script(16_384, "ec2"))
    assert "os.files" in refused.value.hint
    assert render(with_script(16_384, "azure")).tree.files


def test_what_ec2_can_carry_compressed_is_compressed() -> None:
    files = render(with_script(14_000, "ec2")).tree.files
    small = files["cloud-init/baked/user-data.gz"].data
    assert len(small) <= 16_384 < len(files["cloud-init/baked/user-data"].data)
    assert "gzip" in files["cloud-init/README.md"].data.decode()
