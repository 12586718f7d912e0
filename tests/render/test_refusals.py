"""R17: what render refuses, check refuses, with the same exit code."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path

import pytest

from imagegen.knowledge.datasources import CARRIERS, Datasource
from tests.profile.test_wrong import NAMES, WRONG
from tests.profiles import as_yaml, changed
from tests.verbs import called


def both(profile: Path, out: Path) -> tuple[int, int]:
    return called("check", str(profile)).code, called("render", str(profile), "-o", str(out)).code


@pytest.mark.parametrize("group", range(8))
def test_the_whole_wrong_corpus(group: int, tmp_path: Path,
                                monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(WRONG)
    for name in NAMES[group::8]:
        checked, rendered = both(Path(f"{name}.yaml"), tmp_path / name)
        assert (name, checked) == (name, rendered)


def noise(size: int, seed: int = 0) -> str:
    """Text that no compression makes much smaller."""
    data = b"".join(hashlib.sha256(f"{seed} {n}".encode()).digest() for n in range(size // 32 + 1))
    return base64.b64encode(data[:size]).decode()


@pytest.mark.parametrize("kind", ["script", "cloud-config"])
@pytest.mark.parametrize("datasource", [one for one in Datasource if CARRIERS[one].limit])
def test_parts_of_every_size(datasource: Datasource, kind: str, tmp_path: Path) -> None:
    limit = CARRIERS[datasource].limit or 0
    codes = set()
    for share in (0.3, 0.6, 0.9, 1.5, 2.5):
        texts = [noise(int(limit * share / 4), n) for n in range(4)]
        parts = [{"name": f"{n}.x", "kind": kind, "content": f"#!/bin/sh\n: {text}\n"
                  if kind == "script" else f"runcmd: [['true', {text}]]\n"}
                 for n, text in enumerate(texts)]
        profile = tmp_path / "p.yaml"
        profile.write_bytes(as_yaml(changed({"cloudInit": {
            "datasource": datasource.value, "parts": parts}})))
        checked, rendered = both(profile, tmp_path / "out")
        assert checked == rendered
        codes.add(checked)
    assert codes == {0, 2}


def test_the_sentence_is_the_same(tmp_path: Path) -> None:
    profile = tmp_path / "p.yaml"
    profile.write_bytes(as_yaml(changed({"cloudInit": {"datasource": "ec2", "parts": [
        {"name": "a.sh", "kind": "script", "content": f"#!/bin/sh\n: {noise(40_000)}\n"}]}})))
    said = called("check", str(profile))
    assert "ec2 carries at most 16384" in said.out and "hint: bake" in said.out
    assert said.code == 2
