"""`imagegen verify` through the command line with the real QEMU: green ends with 0, red with 1."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.verbs import called

pytestmark = pytest.mark.guest
TIMEOUT = "1200"


def test_verify_ends_with_0_where_the_node_is_green(quickstart_image: Path, tmp_path: Path) -> None:
    said = called("verify", str(quickstart_image), "--cluster", "local", "--json",
                  "--timeout", TIMEOUT, "--keep-log", str(tmp_path / "logs"))
    assert said.code == 0, said.out + said.err
    assert json.loads(said.out)["verdict"] == "green"
    assert any(path.stat().st_size for path in (tmp_path / "logs").iterdir())


def test_verify_ends_with_1_where_the_node_is_red(quickstart_image: Path, tmp_path: Path) -> None:
    """The cluster of another service range: the table is not what the image expects."""
    document = json.loads(quickstart_image.with_suffix(".manifest.json").read_text())["profile"]
    document["cluster"]["serviceCIDR"] = "10.111.0.0/16"
    (tmp_path / "other.yaml").write_text(json.dumps(document))
    said = called("verify", str(quickstart_image), "--cluster", "local", "--json",
                  "--timeout", TIMEOUT, "--profile", str(tmp_path / "other.yaml"))
    assert said.code == 1, said.out + said.err
    assert json.loads(said.out)["verdict"] == "red"
