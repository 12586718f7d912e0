"""Which Go is taken, and what is said where none will do."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from imagegen.bake.kube import toolchain
from imagegen.common.errors import ToolError
from imagegen.common.run import run


def _go(folder: Path, version: str) -> str:
    """A stand-in that only tells a version."""
    folder.mkdir(parents=True)
    path = folder / "go"
    path.write_text(f"#!/bin/sh\necho go version {version} linux/amd64\n")
    path.chmod(0o755)
    return str(path)


def test_a_go_too_old_to_switch_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new = _go(tmp_path / "a", "go1.19.8"), _go(tmp_path / "b", "go1.21.0")
    monkeypatch.setattr(toolchain, "_candidates", lambda: iter([old, new]))
    assert toolchain.find_go() == new


def test_debians_own_go_alone_is_told_with_the_command_that_helps(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old = _go(tmp_path / "a", "go1.19.8")
    monkeypatch.setattr(toolchain, "_candidates", lambda: iter([old]))
    with pytest.raises(ToolError, match=r"Go 1\.21 or newer is not installed .*is 1\.19") as caught:
        toolchain.toolchain("go1.26.8")
    assert "apt-get install -t bookworm-backports golang-1.23-go" in caught.value.hint


def test_no_go_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(toolchain, "_candidates", lambda: iter([]))
    with pytest.raises(ToolError, match=r"Go 1\.21 or newer is not installed\n"):
        toolchain.toolchain("go1.26.8")


def test_the_path_comes_first(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    mine = _go(tmp_path / "bin", "go1.99.0")
    monkeypatch.setenv("PATH", f"{tmp_path}/bin:/usr/bin:/bin")
    assert next(toolchain._candidates()) == mine


def test_the_toolchain_is_the_exact_one_and_says_so() -> None:
    chain = toolchain.toolchain("go1.26.8")
    assert "go1.26.8 " in run([chain.go, "version"], env=chain.env).output


def test_what_changes_the_bytes_is_not_the_users_to_say(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"GOFLAGS": "-tags=x", "GOAMD64": "v3", "CGO_ENABLED": "1", "GOWORK": "/x",
                        "GOEXPERIMENT": "x", "SECRET_TOKEN": "x"}.items():
        monkeypatch.setenv(name, value)
    env = toolchain.toolchain("go1.26.8").env
    assert {"GOFLAGS", "GOEXPERIMENT", "SECRET_TOKEN"}.isdisjoint(env)
    assert (env["GOAMD64"], env["CGO_ENABLED"], env["GOWORK"]) == ("v1", "0", "off")


def test_the_users_module_proxy_is_passed_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOPROXY", "http://127.0.0.1:9/mine")
    assert toolchain.toolchain("go1.26.8").env["GOPROXY"] == "http://127.0.0.1:9/mine"


def test_a_dead_module_proxy_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("GOPROXY", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
        with pytest.raises(ToolError, match=r"go failed \(exit \d\).*\n(.*\n)*.*refused"):
            toolchain.toolchain("go1.22.12")
