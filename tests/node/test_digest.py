"""Digests without hashlib, and with it where this Python has nothing else."""

from __future__ import annotations

import hashlib
import subprocess
import sys

import pytest

from imagegen.node import digest

SMALL = b"0123456789" * 999


@pytest.mark.parametrize("names", [digest.OWN, (), ("_no_such_module",)])
def test_a_digest_is_hashlibs(names: tuple[str, ...], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digest, "OWN", names)
    for size in (0, digest.LARGE):
        made = digest.sha256(SMALL, size)
        made.update(b"more")
        assert made.hexdigest() == hashlib.sha256(SMALL + b"more").hexdigest()
        assert digest.sha256(SMALL, size).digest() == hashlib.sha256(SMALL).digest()


@pytest.mark.parametrize("module", ["cli", "identity", "rules.machine", "rules.file"])
def test_what_every_boot_imports_brings_no_openssl(module: str) -> None:
    done = subprocess.run(
        [sys.executable, "-I", "-c",
         f"import sys; sys.path[:0] = {sys.path!r}\n"
         f"import imagegen.node.{module}; print(*sorted(sys.modules))"],
        capture_output=True, text=True, check=True)
    assert not {"hashlib", "_hashlib", "ssl"} & set(done.stdout.split())
