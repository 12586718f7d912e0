"""How the tree comes to the disk: whole, at once, and never over something that is not ours."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagegen.common import files as common_files
from imagegen.common.errors import InputError
from imagegen.common.files import sha256_file
from imagegen.render.render import render
from imagegen.render.tree import Tree, TreeFile
from tests.profiles import GOOD, changed, parsed, rendered
from tests.render.test_determinism import tree
from tests.verbs import PROFILES, ROOT, called

MANIFEST = b'{"imagegen": "0", "imageName": "x", "files": {}}'
# a render that stops in the middle of its writing, says so and waits
STOPS = """
import sys, time
from imagegen.common import files
put, count = files._put, 0
def slow(*args):
    global count
    count += 1
    put(*args)
    if count == 10:
        print("half", flush=True)
        time.sleep(600)
files._put = slow
from imagegen.__main__ import main
sys.argv = ["imagegen", "render", sys.argv[1], "-o", sys.argv[2]]
main()
"""


@pytest.mark.parametrize("name", GOOD)
def test_the_manifest_lists_every_file_with_its_bytes_and_mode(name: str, tmp_path: Path) -> None:
    rendered(name).tree.write(tmp_path / "out")
    listed = json.loads((tmp_path / "out/manifest.json").read_text())["files"]
    there = {path: entry for path, entry in tree(tmp_path / "out").items()
             if entry[0] != "folder" and path != "manifest.json"}
    assert set(listed) == set(there)
    for path, (kind, mode, data) in there.items():
        if kind == "link":
            assert listed[path]["link"] == data.decode()
        else:
            assert listed[path]["sha256"] == sha256_file(tmp_path / "out" / path)
            assert listed[path]["mode"] == f"{mode:04o}"


def test_every_file_that_names_the_digest_or_the_image_names_the_same(tmp_path: Path) -> None:
    said = called("render", str(PROFILES / "quickstart.yaml"), "-o", str(tmp_path / "out"))
    manifest = json.loads((tmp_path / "out/manifest.json").read_text())
    digest, name = manifest["digest"], manifest["imageName"]
    assert re.fullmatch("[0-9a-f]{64}", digest)
    assert name == f"quickstart-{digest[:12]}"
    assert said.out.endswith(f"image {name}\n")
    node = tmp_path / "out/node"
    assert f'DIGEST="{digest}"\n' in (node / "etc/imagegen-release").read_text()
    told = json.loads((node / "usr/lib/imagegen/expectations.json").read_text())
    assert told["digest"] == digest
    variables = json.loads((tmp_path / "out/packer/node.auto.pkrvars.json").read_text())
    assert variables["name"] == name
    facts = {fact["id"] for fact in manifest["facts"]}
    assert facts == {fact["id"] for fact in told["facts"]}
    assert {"sysctl.net.ipv4.ip_forward", "module.ip_vs", "package.ipset", "ipvs.mode",
            "unit.kube-proxy.service", "file.kube-proxy.yaml"} <= facts


@pytest.mark.parametrize("changes", [
    {"os.sysctls": {"vm.swappiness": "1"}}, {"metadata.description": "x"},
    {"image.diskGib": 8}, {"check.timeout": "30s"}, {"kubeProxy.version": "1.34.5"},
    {"cloudInit.parts": [{"name": "a", "kind": "cloud-config",
                          "content": "#cloud-config\nruncmd: [[touch, /run/a]]\n"}]}])
def test_the_digest_is_another_for_another_input(changes: dict[str, Any]) -> None:
    digests = {json.loads(render(parsed(changed(one))).tree.files["manifest.json"].data)["digest"]
               for one in ({}, changes)}
    assert len(digests) == 2


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_an_interrupted_write_leaves_the_old_tree(number: int, tmp_path: Path) -> None:
    profile, out = PROFILES / "quickstart.yaml", tmp_path / "out"
    called("render", str(PROFILES / "recipe.yaml"), "-o", str(out))
    before = tree(out)
    child = subprocess.Popen([sys.executable, "-c", STOPS, str(profile), str(out)],
                             stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)})
    assert child.stdout is not None
    assert child.stdout.readline() == b"half\n"
    child.send_signal(number)
    code = child.wait(60)
    child.stdout.close()
    assert code == (-9 if number == signal.SIGKILL else 130)
    assert tree(out) == before
    if number == signal.SIGTERM:
        assert list(tmp_path.iterdir()) == [out]


def test_a_full_disk_leaves_the_old_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    called("render", str(PROFILES / "recipe.yaml"), "-o", str(out))
    before = tree(out)

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device", str(out))

    monkeypatch.setattr(common_files, "_put", full)
    said = called("render", str(PROFILES / "quickstart.yaml"), "-o", str(out))
    assert (said.code, said.err.splitlines()[0]) == (3, f"error: the disk is full ({out})")
    assert tree(out) == before
    assert list(tmp_path.iterdir()) == [out]


@pytest.mark.parametrize("exchange", [True, False])
def test_a_new_tree_takes_the_place_of_the_old(exchange: bool, tmp_path: Path,
                                               monkeypatch: pytest.MonkeyPatch) -> None:
    if not exchange:
        monkeypatch.setattr(common_files, "_swapped", lambda *_: False)
    for name in ("recipe", "quickstart"):
        rendered(name).tree.write(tmp_path / "out")
    rendered("quickstart").tree.write(tmp_path / "other")
    assert tree(tmp_path / "out") == tree(tmp_path / "other")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["other", "out"]


def test_both_are_exchanged_in_one_step(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        (tmp_path / name / name).touch()
    assert common_files._swapped(tmp_path / "one", tmp_path / "two")
    assert (tmp_path / "one/two").exists() and (tmp_path / "two/one").exists()
    assert not common_files._swapped(tmp_path / "one", tmp_path / "none")


def foreign(kind: str, out: Path) -> None:
    """Something of somebody else's, where the tree should go."""
    if kind == "file":
        out.write_text("mine")
        return
    out.mkdir()
    (out / "thesis.txt").write_text("mine")
    contents = {"other-manifest": b'{"name": "a web application"}', "broken-manifest": b"{",
                "list-manifest": b"[]", "folder": None}[kind]
    if contents is not None:
        (out / "manifest.json").write_bytes(contents)


@pytest.mark.parametrize("kind", ["folder", "file", "other-manifest", "broken-manifest",
                                  "list-manifest"])
def test_what_imagegen_did_not_write_stays(kind: str, tmp_path: Path) -> None:
    out = tmp_path / "out"
    foreign(kind, out)
    before = tree(out) if out.is_dir() else out.read_text()
    said = called("render", str(PROFILES / "quickstart.yaml"), "-o", str(out))
    assert said.code == 2
    assert said.err.startswith(f"error: {out} is there already and was not written by imagegen\n")
    assert (tree(out) if out.is_dir() else out.read_text()) == before


def test_an_empty_folder_is_filled_but_not_from_within(tmp_path: Path,
                                                       monkeypatch: pytest.MonkeyPatch) -> None:
    out = tmp_path / "out"
    out.mkdir()
    assert called("render", str(PROFILES / "quickstart.yaml"), "-o", str(out)).code == 0
    before = tree(out)
    monkeypatch.chdir(out / "node")
    for name in ("..", str(out)):
        said = called("render", str(PROFILES / "recipe.yaml"), "-o", name)
        assert (said.code, said.err) == (
            2, f"error: {out} is the folder that you are in, and would be replaced\n"
               "hint: go elsewhere first, or choose another folder with -o\n")
    assert tree(out) == before


def test_through_a_link_the_folder_behind_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    for _ in range(2):
        Tree({"manifest.json": TreeFile(MANIFEST)}).write(tmp_path / "link")
    assert (tmp_path / "link").is_symlink()
    assert (tmp_path / "real/manifest.json").read_bytes() == MANIFEST
    assert sorted(path.name for path in tmp_path.iterdir()) == ["link", "real"]


def test_a_parent_that_is_a_file(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    said = called("render", str(PROFILES / "quickstart.yaml"), "-o", str(tmp_path / "file/out"))
    assert said.code == 2
    assert said.err.startswith("error: ") and "file" in said.err


def test_two_trees_of_the_same_files_have_the_same_digest() -> None:
    one = Tree({"a": TreeFile(b"1"), "b": TreeFile(b"2", 0o755)})
    other = Tree({"b": TreeFile(b"2", 0o755), "a": TreeFile(b"1")})
    assert one.digest() == other.digest()
    for different in (TreeFile(b"1", 0o600), TreeFile(b"3"), TreeFile(link="1")):
        assert Tree({**one.files, "a": different}).digest() != one.digest()
    with pytest.raises(InputError):
        one.write(Path("/etc"))


def test_what_the_manifest_does_not_name_stays(tmp_path: Path) -> None:
    out, argv = tmp_path / "out", ("render", str(PROFILES / "quickstart.yaml"), "-o")
    assert called(*argv, str(out)).code == 0
    image = out / "packer/output/quickstart.qcow2"
    (out / "packer/inputs").mkdir()
    (out / "packer/inputs/base.qcow2").symlink_to("/srv/images/base.qcow2")
    image.parent.mkdir(mode=0o700)
    image.write_bytes(b"baked")
    image.chmod(0o600)
    (out / "node/notes").mkdir()
    (out / "notes.txt").write_text("mine\n")
    number = image.stat().st_ino
    for name in ("quickstart", "recipe"):
        assert called("render", str(PROFILES / f"{name}.yaml"), "-o", str(out)).code == 0
        assert (image.stat().st_ino, image.read_bytes()) == (number, b"baked")
        assert (image.stat().st_mode & 0o777, image.parent.stat().st_mode & 0o777) == (0o600, 0o700)
        assert str((out / "packer/inputs/base.qcow2").readlink()) == "/srv/images/base.qcow2"
        assert (out / "notes.txt").read_text() == "mine\n" and (out / "node/notes").is_dir()
    manifest = json.loads((out / "manifest.json").read_text())
    mine = {"packer/inputs/base.qcow2", "packer/output/quickstart.qcow2", "notes.txt"}
    there = {path for path, entry in tree(out).items() if entry[0] != "folder"}
    assert there == {*manifest["files"], "manifest.json", *mine}


@pytest.mark.parametrize("change", ["edited", "link", "folder"])
def test_a_change_of_a_rendered_file_is_not_lost(change: str, tmp_path: Path) -> None:
    out, argv = tmp_path / "out", ("render", str(PROFILES / "quickstart.yaml"), "-o")
    assert called(*argv, str(out)).code == 0
    file = out / "packer/README.md"
    file.unlink()
    if change == "edited":
        file.write_text("my own words\n")
    elif change == "link":
        file.symlink_to("elsewhere")
    else:
        (file / "inner").mkdir(parents=True)
    before = tree(out)
    said = called(*argv, str(out))
    assert said.code == 2 and "packer/README.md" in said.err, said.err
    assert tree(out) == before and list(tmp_path.iterdir()) == [out]


def test_a_tar_on_standard_output(tmp_path: Path) -> None:
    profile = str(PROFILES / "quickstart.yaml")
    assert called("render", profile, "-o", str(tmp_path / "out")).code == 0
    (tmp_path / "tar").mkdir()
    done = subprocess.run([sys.executable, "-m", "imagegen", "render", profile, "-o", "-"],
                          cwd=ROOT, capture_output=True, check=True)
    subprocess.run(["tar", "-x", "-C", str(tmp_path / "tar")], input=done.stdout, check=True)
    of = {kind: {path: entry for path, entry in tree(tmp_path / kind).items()
                 if entry[0] != "folder"} for kind in ("out", "tar")}
    assert of["out"] == of["tar"] and b"image quickstart-" in done.stderr
    assert not (ROOT / "-").exists()
