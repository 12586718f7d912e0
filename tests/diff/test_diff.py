"""`imagegen diff`: what changes on a node, what brings it there, and how verdicts differ."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.diff.sides import FINDING, image, image_manifest, tree, verdict, written
from tests.profiles import as_yaml, changed, document
from tests.verbs import PROFILES, Said, called, process

QUICKSTART = PROFILES / "quickstart.yaml"


def profile(folder: Path, name: str, changes: dict[str, Any], base: str = "quickstart") -> Path:
    return written(folder / name, as_yaml(changed(changes, base)))


def compared(old: Path, new: Path, *options: str) -> dict[str, Any]:
    said = called("diff", str(old), str(new), "--format", "json", *options)
    assert said.err == ""
    found: dict[str, Any] = json.loads(said.out)
    assert said.code == (0 if found["same"] else 1)
    return found


def groups(found: Mapping[str, Any]) -> dict[str, str]:
    """Fact -> what its change needs."""
    return {change["id"]: change["needs"] for change in found["changes"]}


def test_no_difference_is_exit_code_0(tmp_path: Path) -> None:
    same = profile(tmp_path, "same.yaml", {})
    said = called("diff", str(QUICKSTART), str(same))
    assert (said.code, said.err) == (0, "")
    assert said.out == f"{QUICKSTART} (profile) -> {same} (profile): no difference\n"


def test_a_difference_is_exit_code_1_in_a_process_as_well(tmp_path: Path) -> None:
    sysctls = {**document("quickstart")["os"]["sysctls"], "net.core.somaxconn": "1024"}
    other = profile(tmp_path, "other.yaml", {"os.sysctls": sysctls})
    said = process("diff", str(QUICKSTART), str(other))
    assert (said.code, said.err) == (1, "")
    assert "\n\nneeds a new image:\n" in said.out
    assert "  + sysctl.net.core.somaxconn  key: net.core.somaxconn, value: 1024\n" \
        "      the profile asks for it\n" in said.out


def test_a_changed_value_shows_only_what_differs(tmp_path: Path) -> None:
    sides = [profile(tmp_path, f"{value}.yaml", {"os.sysctls": {"vm.swappiness": value}})
             for value in ("1", "10")]
    found = compared(*sides)
    change = next(one for one in found["changes"] if one["id"] == "sysctl.vm.swappiness")
    assert change == {"id": "sysctl.vm.swappiness", "change": "changed", "needs": "image",
                      "reason": "the profile asks for it", "old": {"value": "1"},
                      "new": {"value": "10"}}
    assert found["profile"] == [{"path": "os.sysctls.vm.swappiness", "old": "1", "new": "10"}]


@pytest.mark.parametrize(("changes", "needs"), [
    # a seed can name other API servers: node.json has them
    ({"cluster.apiServers": ["192.0.2.7:6443"]},
     {"ipvs.api-service": "seed", "seed.user-data": "seed"}),
    # the check's time is baked with its expectations
    ({"check.timeout": "30s"}, {"check.timeoutSeconds": "image"}),
    ({"image.buildCpus": 4, "image.buildMemoryMib": 2048},
     {"build.cpus": "nothing", "build.memory": "nothing"}),
    ({"image.diskGib": 8}, {"build.disk_size": "image"}),
    ({"metadata.description": "x"}, {"release.description": "image"}),
    ({"os.modules": ["nf_nat"]}, {"module.nf_nat": "image",
                                  "file.etc/modules-load.d/imagegen-ipvs.conf": "image"}),
])
def test_what_a_change_needs(changes: dict[str, Any], needs: dict[str, str],
                             tmp_path: Path) -> None:
    assert groups(compared(QUICKSTART, profile(tmp_path, "new.yaml", changes))) == needs


def test_what_kubeadm_is_told_is_the_clusters(tmp_path: Path) -> None:
    """No image and no seed carries it, so neither has to be made again."""
    sides = [profile(tmp_path, f"{domain}.yaml", {"kubeProxy.runBy": "kubeadm",
                                                  "cluster.dnsDomain": domain})
             for domain in ("cluster.local", "k8s.example.org")]
    found = compared(*sides, "--files")
    assert groups(found) == {"cluster.kubeadm/kubeadm.yaml": "cluster"}
    shown = next(one for one in found["files"] if one["path"] == "kubeadm/kubeadm.yaml")
    assert "+  dnsDomain: k8s.example.org\n" in shown["diff"]


def test_the_unit_goes_where_kubeadm_runs_kube_proxy(tmp_path: Path) -> None:
    found = groups(compared(QUICKSTART, profile(tmp_path, "new.yaml",
                                                {"kubeProxy.runBy": "kubeadm"})))
    assert {"unit.kube-proxy.service", "binary.kube-proxy", "check.kubeProxy.unit"} <= set(found)
    assert not [name for name in found if name.startswith(("ipvs.", "module.", "sysctl."))]


def test_a_seed_cannot_take_back_what_the_image_names(tmp_path: Path) -> None:
    old = profile(tmp_path, "old.yaml", {"cluster.apiServers": ["192.0.2.1:6443"]})
    assert groups(compared(old, QUICKSTART))["ipvs.api-service"] == "image"
    moved = {"cluster.apiServers": ["192.0.2.1:6443"], "cluster.apiServicePort": 6443}
    assert groups(compared(QUICKSTART, profile(tmp_path, "new.yaml", moved)))[
        "ipvs.api-service"] == "image"


def test_a_field_that_no_fact_shows_is_still_told(tmp_path: Path) -> None:
    other = profile(tmp_path, "o.yaml", {"image.base.mirror": "http://mirror.example/debian"})
    said = called("diff", str(QUICKSTART), str(other))
    assert said.code == 1
    assert "no fact of a node differs" in said.out
    assert "  image.base.mirror: http://deb.debian.org/debian -> http://mirror" in said.out


def test_all_kinds_of_one_profile_are_the_same(tmp_path: Path) -> None:
    kinds = [QUICKSTART, tree(tmp_path / "tree", "quickstart"),
             tmp_path / "tree/manifest.json", *image(tmp_path, "quickstart")]
    for old in kinds:
        for new in kinds:
            assert compared(old, new)["same"], (old, new)


def test_the_kind_is_read_from_the_content(tmp_path: Path) -> None:
    """Whatever the files are called."""
    odd = written(tmp_path / "tree.json", QUICKSTART.read_bytes())
    _, manifest = image(tmp_path, "quickstart")
    manifest = manifest.rename(tmp_path / "profile.yaml")
    judged = verdict(tmp_path / "image.qcow2")
    kinds = [compared(odd, side)["new"]["kind"] for side in (odd, manifest, judged)]
    assert kinds == ["profile", "image", "verdict"]


def test_images_show_the_versions_of_their_packages(tmp_path: Path) -> None:
    old = image_manifest("quickstart")
    new = {**old, "packages": {"ipset": "7.22-1", "jq": "1.7"},
           "inputs": {**old["inputs"], "base": "c" * 64}}
    sides = [written(tmp_path / name, json.dumps(one).encode())
             for name, one in (("old", old), ("new", new))]
    found = {one["id"]: (one["old"], one["new"]) for one in compared(*sides)["changes"]}
    assert found == {"installed.ipset": ({"version": "7.17-1"}, {"version": "7.22-1"}),
                     "installed.jq": ({}, {"version": "1.7"}),
                     "input.base": ({"sha256": "b" * 64}, {"sha256": "c" * 64})}
    # a profile knows of no versions, so beside one they are no difference
    assert compared(QUICKSTART, sides[1])["same"]


def test_files_are_shown_on_request(tmp_path: Path) -> None:
    other = profile(tmp_path, "o.yaml", {
        "kubeProxy.config.ipvs.scheduler": "wlc",
        "os.files": [{"path": "/etc/motd", "content": "hello"}]})
    assert compared(QUICKSTART, other)["files"] == []
    said = called("diff", "--files", str(QUICKSTART), str(other)).out
    assert "\n-  scheduler: rr\n+  scheduler: wlc\n" in said
    assert "\n--- /dev/null\n+++ new/node/etc/motd\n@@ -0,0 +1 @@\n+hello\n" \
        "\\ No newline at end of file\n" in said
    paths = {file["path"] for file in compared(QUICKSTART, other, "--files")["files"]}
    assert {"node/etc/motd", "node/etc/kubernetes/kube-proxy.yaml"} <= paths
    assert not {path for path in paths if "release" in path or "expectations" in path}


def test_what_is_no_text_is_told_in_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch
                                               ) -> None:
    from imagegen.render import render as rendering

    old = tree(tmp_path / "old", "quickstart")
    monkeypatch.setattr(rendering, "check_archive", lambda: b"\xff\x00")
    diffs = {file["path"]: file["diff"] for file in compared(old, QUICKSTART, "--files")["files"]}
    assert diffs["node/usr/lib/imagegen/ipvs-check.pyz"].endswith("bytes -> 2 bytes\n")


def test_verdicts_show_the_results_that_changed_red_first(tmp_path: Path) -> None:
    old = verdict(tmp_path / "old", a="ok", b="red", c="ok", d="ok", e="warning")
    new = verdict(tmp_path / "new", a="ok", b="ok", c="warning", d="red", f="ok")
    said = called("diff", str(old), str(new))
    rows = [line.split()[:2] for line in said.out.splitlines() if line.startswith("  ")
            and not line.startswith("      ")]
    assert rows == [["~", "d"], ["~", "c"], ["-", "e"], ["~", "b"], ["+", "f"]]
    assert "(verdict of n1: red, level table)" in said.out
    assert "~ d  result: ok -> red" in said.out
    assert "remedy: unset -> mend it" in said.out
    assert said.code == 1


def test_the_same_verdict_again_is_no_difference(tmp_path: Path) -> None:
    """Other seconds, another boot: the facts were judged alike."""
    sides = [verdict(tmp_path / str(n), {"seconds": {"uptime": n, "waited": n, "check": n}})
             for n in (1, 2)]
    assert compared(*sides)["same"]


def test_another_level_is_a_difference(tmp_path: Path) -> None:
    sides = [verdict(tmp_path / level, {"level": level}) for level in ("kernel", "table")]
    assert [one["id"] for one in compared(*sides)["changes"]] == ["level"]


def test_a_verdict_beside_a_profile_shows_the_promises_not_kept(tmp_path: Path) -> None:
    judged = verdict(tmp_path / "v", {"level": "bake"}, **{
        "package.ipset": "ok", "package.ipvsadm": "red", "package.old": "ok"})
    found = {one["id"]: one for one in compared(QUICKSTART, judged)["changes"]}
    assert "package.ipset" not in found
    assert found["package.ipvsadm"]["new"]["result"] == "red"
    assert found["package.old"]["change"] == "added"
    assert found["package.conntrack"]["change"] == "removed"
    # the sysctls are proven on a booted node, so a verdict of level bake owes nothing there
    assert not [name for name in found if name.startswith("sysctl.")]


def refused(*argv: str | Path) -> Said:
    said = called("diff", *map(str, argv))
    assert (said.code, said.out) == (2, "")
    assert said.err.startswith("error")
    return said


def test_wrong_input_is_said_in_a_sentence(tmp_path: Path) -> None:
    cases = {
        "none": "cannot read", "empty-folder": "has no manifest.json", "other.json": "neither a "
        "verdict nor a manifest", "lone.qcow2": "is an image without a manifest beside it",
        "lines": "holds 2 lines of JSON", "wrong.yaml": "is not a key of",
        "liar": "says green", "text": "must be a mapping",
    }
    (tmp_path / "empty-folder").mkdir()
    written(tmp_path / "other.json", b'{"a": 1}')
    written(tmp_path / "lone.qcow2", b"QFI\xfb and more")
    written(tmp_path / "lines", verdict(tmp_path / "one").read_bytes() * 2)
    written(tmp_path / "wrong.yaml", QUICKSTART.read_bytes() + b"colour: red\n")
    written(tmp_path / "text", b"hello")
    verdict(tmp_path / "liar", {"verdict": "green"}, a="red")
    for name, words in cases.items():
        assert words in refused(tmp_path / name, QUICKSTART).err, name
        assert words in refused(QUICKSTART, tmp_path / name).err, name


def test_a_tree_that_was_changed_by_hand_is_refused(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", "quickstart")
    unit = folder / "node/usr/lib/systemd/system/kube-proxy.service"
    unit.write_bytes(unit.read_bytes() + b"# mine\n")
    assert f"{unit} was changed after it was rendered" in refused(folder, QUICKSTART).err
    unit.unlink()
    assert f"cannot read {unit}" in refused(folder, QUICKSTART).err


def test_a_manifest_that_reaches_out_of_its_tree_is_refused(tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", "quickstart")
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["files"]["node/../../secret"] = {"sha256": "0" * 64, "mode": "0644"}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert "lies elsewhere" in refused(folder, QUICKSTART).err


@pytest.mark.parametrize("damage", [{"facts": [1]}, {"facts": None}, {"files": []},
                                    {"files": {"a": 1}}, {"facts": [{"id": "a"}]}])
def test_a_damaged_manifest_is_refused(damage: dict[str, Any], tmp_path: Path) -> None:
    folder = tree(tmp_path / "tree", "quickstart")
    manifest = json.loads((folder / "manifest.json").read_text())
    for kind in (manifest, image_manifest("quickstart")):
        broken = written(folder / "broken", json.dumps({**kind, **damage}).encode())
        assert "cannot be read" in refused(broken, QUICKSTART).err


def test_an_image_of_another_version_is_compared_by_its_facts(tmp_path: Path) -> None:
    """Its profile may no longer be one, or render to other bytes: then contents are not shown."""
    manifest = image_manifest("quickstart")
    manifest["profile"]["colour"] = "red"
    old = written(tmp_path / "old", json.dumps(manifest).encode())
    found = compared(old, QUICKSTART, "--files")
    assert (found["changes"], found["files"]) == ([], [])
    assert [one["path"] for one in found["profile"]] == ["colour"]


def test_nothing_of_a_side_plays_with_the_terminal(tmp_path: Path) -> None:
    finding = {**FINDING, "id": "a\x1b[2J\nb", "result": "red"}
    judged = verdict(tmp_path / "v", {"findings": [finding], "verdict": "red"})
    said = called("diff", str(verdict(tmp_path / "w")), str(judged))
    assert "\x1b" not in said.out
    assert "a\\x1b[2J" in said.out
