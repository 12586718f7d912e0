"""A run of the whole check tells its cluster, and never fails for it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.node import cli
from imagegen.node.api import look
from tests.node.api.server import serving

FACT = {"id": "a", "rule": "sysctl", "levels": ["kernel", "table"],
        "expect": {"key": "kernel.ostype", "value": "Linux"}}


def run(folder: Path, kubeconfig: Path, level: str) -> int:
    told: dict[str, Any] = {
        "format": 1, "profile": "p", "digest": "d", "facts": [FACT],
        "condition": {"kubeconfig": str(kubeconfig), "timeout": 20}}
    expectations = folder / "expectations.json"
    expectations.write_text(json.dumps(told))
    return cli.main(["run", "--level", level, "--expectations", str(expectations), "--no-wait",
                     "--output", str(folder / "verdict.json")])


def test_the_verdict_becomes_a_condition(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(cli, "deliver", lambda *_: None)  # this machine is no node
    monkeypatch.setattr(look, "node_name", lambda _: "n1")
    with serving(tmp_path) as server:
        kubeconfig = tmp_path / "kubeconfig"
        kubeconfig.write_bytes(server.kubeconfig())
        server.objects["/api/v1/nodes/n1"] = {"metadata": {"name": "n1"}, "status": {}}
        assert run(tmp_path, kubeconfig, "kernel") == 0
        assert server.asked == []
        assert run(tmp_path, kubeconfig, "table") == 0
        assert [one[0] for one in server.asked] == ["GET", "PATCH", "POST"]
    assert "the Node n1 has the condition IPVSReady True" in capsys.readouterr().err
    assert run(tmp_path, kubeconfig, "table") == 0
    assert "IPVSReady could not be set: https://127.0.0.1" in capsys.readouterr().err

    def broken(_: object) -> str:
        raise ImportError("no ssl")

    monkeypatch.setattr(look, "node_name", broken)
    assert run(tmp_path, kubeconfig, "table") == 0
    assert "could not be set: ImportError: no ssl" in capsys.readouterr().err
