"""The digest follows every input, and nothing that would be a secret gets in."""

from __future__ import annotations

import shutil
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from imagegen.bake.base import BaseSpec, spec
from imagegen.common.errors import InputError

OTHER: dict[str, Any] = {
    "distribution": "other", "release": "13", "suite": "trixie",
    "mirror": "http://mirror.example/debian", "security_mirror": "",
    "packages": ("linux-image-cloud-amd64",), "disk_gib": 5,
}  # fmt: skip


@pytest.mark.parametrize("name", sorted(OTHER))
def test_every_field_changes_the_digest(name: str) -> None:
    changed = replace(BaseSpec(), **{name: OTHER[name]})
    assert changed.digest() != BaseSpec().digest()
    assert changed.uuid("root") != BaseSpec().uuid("root")


def test_no_field_is_forgotten() -> None:
    # the architecture has one value only
    assert {field.name for field in fields(BaseSpec)} == {*OTHER, "architecture"}


def test_the_digest_stays_the_same() -> None:
    assert BaseSpec().digest() == BaseSpec().digest()
    assert len(BaseSpec().digest()) == 64


def test_a_changed_recipe_changes_the_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Path(spec.__file__).parent
    copied = tmp_path / "base"
    shutil.copytree(here, copied)
    before = BaseSpec().digest()
    monkeypatch.setattr(spec, "__file__", str(copied / "spec.py"))
    assert BaseSpec().digest() == before
    with (copied / "stock.py").open("a") as file:
        file.write("# changed\n")
    after = BaseSpec().digest()
    assert after != before
    monkeypatch.setattr(spec, "RECIPE", spec.RECIPE + 1)
    assert BaseSpec().digest() != after


def test_parts_of_a_disk_have_different_uuids() -> None:
    assert BaseSpec().uuid("root") != BaseSpec().uuid("esp")


def test_archives() -> None:
    assert [suite for _, suite in BaseSpec().archives()] == [
        "bookworm", "bookworm-updates", "bookworm-security",
    ]  # fmt: skip
    assert BaseSpec(suite="sid", security_mirror="").archives() == (
        ("http://deb.debian.org/debian", "sid"),
    )


@pytest.mark.parametrize(
    "mirror",
    ["ftp://deb.debian.org/debian", "deb.debian.org", "", "http://user:hunter2@host/debian",
     "http://host/debian main\ndeb http://evil/ x", "http://host/[trusted=yes]", "http:///debian"],
)  # fmt: skip
def test_a_mirror_that_is_refused(mirror: str) -> None:
    with pytest.raises(InputError) as caught:
        BaseSpec(mirror=mirror)
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("wrong", [{"disk_gib": 1}, {"disk_gib": 4096}, {"architecture": "arm64"}])
def test_a_disk_or_machine_that_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InputError):
        BaseSpec(**wrong)
