"""The seed that makes a stock image a node brings every program that has no URL."""

from __future__ import annotations

from pathlib import Path

import pytest

from imagegen.bake.inputs import Pinned
from imagegen.boot import full
from imagegen.boot.seed import NodeIdentity
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.render.cloudinit import brought, without_a_program
from tests.distributions import PINNED
from tests.profiles import changed, parsed, rendered
from tests.verbs import ROOT


def test_the_kubelet_lies_beside_kube_proxy(tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "program"
    program.write_bytes(b"kube-proxy")
    monkeypatch.setattr(full, "find_kube_proxy", lambda *_: Pinned(program, "ab" * 32))
    volume = full.full_volume(rendered("full-node"), Silent())
    volume(tmp_path / "seed.iso", NodeIdentity("node-1"))
    kubelet = (ROOT / "tests/guests/kubelet.sh").read_bytes()
    for name, data in (("kube-proxy", b"kube-proxy"), ("kubelet", kubelet)):
        run(["xorriso", "-osirrox", "on", "-indev", str(tmp_path / "seed.iso"), "-extract",
             f"/{name}", str(tmp_path / name)])
        assert (tmp_path / name).read_bytes() == data


def test_a_way_without_a_volume_lacks_a_program() -> None:
    kubelet = {"version": "1.34.4", "sha256": "ab" * 32, "from": "path", "path": "/k"}
    ec2 = {"cloudInit.datasource": "ec2", "kubeProxy.binary": PINNED}
    assert without_a_program(parsed(changed(ec2))) == ""
    lacking = parsed(changed({**ec2, "os.kubelet": kubelet}))
    assert brought(lacking) == ("kubelet",)
    assert without_a_program(lacking) == (
        "ec2 carries user-data only, and kubelet comes from no URL")
