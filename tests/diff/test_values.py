"""How values are shown: lists element by element, long texts from where they differ, warnings."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagegen.diff.text import _value_lines
from tests.diff.sides import image_manifest, written
from tests.diff.test_diff import QUICKSTART, compared, profile
from tests.verbs import ROOT, called

OLD, NEW = {"kubeProxy.version": "1.20.2"}, {"kubeProxy.version": "1.34.4"}


def lines(old: Any, new: Any) -> list[str]:
    return list(_value_lines("", "x", old, new))


def test_sets_that_a_newer_kube_proxy_has_are_named(tmp_path: Path) -> None:
    """They stand behind the first 160 characters of the list."""
    said = called("diff", str(profile(tmp_path, "a.yaml", OLD)),
                  str(profile(tmp_path, "b.yaml", NEW))).out
    assert "      sets:\n        + KUBE-HEALTH-CHECK-NODE-PORT bitmap:port\n" in said
    assert "        - nat KUBE-FIREWALL KUBE-MARK-DROP\n" in said
    assert "KUBE-LOOP-BACK hash:ip,port,ip" not in said, "both have it"


@pytest.mark.parametrize(("old", "new", "shown"), [
    (["a", "b"], ["a", "c"], ["x:", "  - b", "  + c"]),
    (["a", "b"], ["b", "a"], ["x: in another order", "  - b", "  + b"]),
    (["a"], ["a", "a"], ["x:", "  + a"]),
    ([], [1, 2], ["x:", "  + 1", "  + 2"]),
    ([{"path": "/a", "content": "1"}], [{"path": "/a", "content": "2"}], ["x[0].content: 1 -> 2"]),
    ({"a": [1], "b": 2}, {"a": [1, 3], "b": 2}, ["x.a:", "  + 3"]),
    ({"a": {"b": 1}}, {"a": {}}, ["x.a.b: 1 -> unset"]),
    (None, ["a"], ['x: unset -> ["a"]']),
    ("a\nb", "a\nc", ['x: "a\\nb" -> "a\\nc"']),
    ("0" * 64, "0" * 63 + "1", [f"x: …{'0' * 31} -> …{'0' * 30}1"]),
    ([["p", "q"]], [["p", "r"]], ["x:", '  - ["p", "q"]', '  + ["p", "r"]']),
])
def test_only_what_differs_is_shown(old: Any, new: Any, shown: list[str]) -> None:
    assert lines(old, new) == shown


@pytest.mark.parametrize("wrapped", [lambda text: text, lambda text: [text],
                                     lambda text: [{"content": text}], lambda text: {"a": text},
                                     lambda text: ["same", text, "same"]])
def test_two_long_values_never_look_alike(wrapped: Any) -> None:
    old, new = wrapped("s" * 500 + "old"), wrapped("s" * 500 + "new")
    said = "\n".join(lines(old, new))
    assert "old" in said and "new" in said
    assert len(max(said.splitlines(), key=len)) < 400


def test_a_feature_gate_that_imagegen_adds_is_shown(tmp_path: Path) -> None:
    """1.40 and newer need KubeProxyIPVS; the file's digest alone does not say so."""
    old = profile(tmp_path, "a.yaml", {"kubeProxy.version": "1.37.2"})
    new = profile(tmp_path, "b.yaml", {"kubeProxy.version": "1.42.0"})
    found = {one["id"]: one for one in compared(old, new)["changes"]}
    assert found["kube-proxy.config.featureGates.KubeProxyIPVS"]["new"] == {"value": True}
    kubeadm = {"kubeProxy.runBy": "kubeadm"}
    old = profile(tmp_path, "a.yaml", {"kubeProxy.version": "1.37.2", **kubeadm})
    new = profile(tmp_path, "b.yaml", {"kubeProxy.version": "1.42.0", **kubeadm})
    found = {one["id"]: one for one in compared(old, new)["changes"]}
    assert found["kube-proxy.config.featureGates.KubeProxyIPVS"]["needs"] == "cluster"


def test_what_the_profile_asks_is_not_said_twice(tmp_path: Path) -> None:
    new = profile(tmp_path, "b.yaml", {"kubeProxy.config.ipvs.scheduler": "wlc"})
    found = compared(QUICKSTART, new)
    assert "kubeProxy.config.ipvs.scheduler" in {one["path"] for one in found["profile"]}
    assert not [one["id"] for one in found["changes"] if one["id"].startswith("kube-proxy.config")]


@pytest.mark.parametrize(("addresses", "shown"), [
    (None, ({"value": "every address of the node"}, {"value": "the node's primary addresses"})),
    (["192.0.2.0/24"], None)])
def test_a_default_of_another_mode_is_shown(addresses: list[str] | None, shown: object,
                                            tmp_path: Path) -> None:
    asked = {"kubeProxy.config.nodePortAddresses": addresses} if addresses else {}
    old = profile(tmp_path, "a.yaml", asked)
    new = profile(tmp_path, "b.yaml", {"kubeProxy.config.mode": "nftables", **asked})
    found = {one["id"]: (one["old"], one["new"]) for one in compared(old, new)["changes"]}
    assert found.get("kube-proxy.default.nodePortAddresses") == shown


@pytest.mark.parametrize("sides", [("1.34.4", "1.37.2"), ("1.37.2", "1.34.4"),
                                   ("1.37.2", "1.37.2")])
def test_the_sunset_is_said_whichever_side_has_it(sides: tuple[str, str], tmp_path: Path) -> None:
    old, new = (profile(tmp_path, f"{at}.yaml", {"kubeProxy.version": version})
                for at, version in enumerate(sides))
    said = called("diff", str(old), str(new))
    wanted = sum(version == "1.37.2" for version in sides)
    assert said.err.count("warning[kubernetes-ipvs-deprecated]: IPVS mode is deprecated") == wanted
    assert "hint: nothing has to change now; plan the move: `mode: nftables`" in said.err
    found = compared(old, new)
    assert [one["rule"] for one in found["warnings"]] == ["kubernetes-ipvs-deprecated"] * wanted
    assert all(re.search(r"/[01]\.yaml:\d+:\d+$", one["place"]) for one in found["warnings"])


def test_an_images_profile_is_judged_as_well(tmp_path: Path) -> None:
    manifest = image_manifest("quickstart")
    manifest["profile"]["kubeProxy"]["version"] = "1.37.2"
    old = written(tmp_path / "old", json.dumps(manifest).encode())
    assert [one["rule"] for one in compared(old, QUICKSTART)["warnings"]] == [
        "kubernetes-ipvs-deprecated"]


def shell(script: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """A real bash, whose `<(…)` gives a pipe that can be read once."""
    program = f'imagegen() {{ "{sys.executable}" -m imagegen "$@"; }}; cd "{folder}"; {script}'
    return subprocess.run(["bash", "-c", program], capture_output=True, text=True, check=False,
                          env={"PATH": "/usr/bin:/bin", "PYTHONPATH": str(ROOT)})


@pytest.mark.parametrize(("script", "code", "out"), [
    ("imagegen diff a.yaml <(cat b.yaml)", 1, "kubeProxy.version: 1.34.4 -> 1.34.5"),
    ("imagegen diff <(cat a.yaml) <(cat b.yaml)", 1, "kubeProxy.version: 1.34.4 -> 1.34.5"),
    ("imagegen diff - b.yaml < a.yaml", 1, "standard input (profile) -> b.yaml (profile)"),
    ("cat b.yaml | imagegen diff a.yaml -", 1, "a.yaml (profile) -> standard input (profile)"),
    ("cat v.json | imagegen diff v.json -", 0, "no difference"),
    ("imagegen diff - - < a.yaml", 2, ""),
    ("imagegen check <(cat a.yaml)", 0, "nothing found"),
    ("imagegen check - < a.yaml", 0, "nothing found"),
    ("imagegen render <(cat a.yaml) -o out1", 0, "out1: "),
    ("imagegen render - -o out2 < a.yaml", 0, "out2: "),
    ("imagegen explain scheduler --profile <(cat a.yaml)", 0, "In this profile"),
    ("imagegen explain scheduler --profile - < a.yaml", 0, "In this profile"),
    ("imagegen doctor render --profile <(cat a.yaml)", 0, "no other program"),
    ("imagegen seed <(cat a.yaml) --name n1 --server https://192.0.2.1:6443 -o n1.img", 0,
     "n1.img"),
])
def test_a_profile_may_come_by_a_pipe(script: str, code: int, out: str, tmp_path: Path) -> None:
    from tests.diff.sides import verdict

    profile(tmp_path, "a.yaml", {"kubeProxy.version": "1.34.4"})
    profile(tmp_path, "b.yaml", {"kubeProxy.version": "1.34.5"})
    verdict(tmp_path / "v.json", a="ok")
    done = shell(script, tmp_path)
    assert done.returncode == code, done.stderr
    assert out in done.stdout
