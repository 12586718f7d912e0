"""The tree as Ignition lays it down: the real Ignition judges it, and nothing gets lost."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from typing import Any

import pytest

from imagegen.knowledge.distributions import Manager
from imagegen.render.ignition import EXTENSION, MARK
from imagegen.render.render import Rendering
from tests.distributions import ALL, PINNED, rendered
from tests.tools.ignition import verdict

TITLE = next(release.title for release in ALL if release.manager is Manager.NONE)
BREAKS = {
    "path": (b'"path": "/etc/', b'"path": "etc/', "path not absolute"),
    "version": (b'"version": "3.3.0"', b'"version": "3.9.0"', "unsupported config version"),
    "hash": (b'"hash": "sha256-', b'"hash": "sha3-', "unrecognized hash function"),
    "key": (b'"contents"', b'"content"', "unused key content"),
}


@pytest.fixture(scope="module")
def flatcar() -> Rendering:
    return rendered(TITLE)


def config(rendering: Rendering, name: str = "config.ign") -> dict[str, Any]:
    document: dict[str, Any] = json.loads(rendering.tree.files[f"ignition/{name}"].data)
    return document


def content(file: dict[str, Any]) -> bytes:
    head, _, data = file["contents"]["source"].partition(",")
    assert head == "data:;base64"
    packed = base64.b64decode(data, validate=True)
    return gzip.decompress(packed) if file["contents"].get("compression") == "gzip" else packed


@pytest.mark.parametrize("name", ["config.ign", "node.ign"])
def test_ignition_takes_it(flatcar: Rendering, name: str) -> None:
    assert verdict(flatcar.tree.files[f"ignition/{name}"].data) == (0, "")


@pytest.mark.parametrize("name", BREAKS)
def test_ignition_sees_what_is_broken(flatcar: Rendering, name: str) -> None:
    old, new, words = BREAKS[name]
    data = flatcar.tree.files["ignition/config.ign"].data
    assert old in data
    code, said = verdict(data.replace(old, new, 1))
    assert code == 1
    assert words in said


def test_every_file_of_the_tree_arrives_under_its_path(flatcar: Rendering) -> None:
    storage = config(flatcar)["storage"]
    files = {file["path"].removeprefix(EXTENSION): (content(file), file["mode"])
             for file in storage["files"] if file["contents"]["source"].startswith("data:")}
    links = {link["path"].removeprefix(EXTENSION): link["target"] for link in storage["links"]}
    node = flatcar.node.files
    assert files.pop(MARK.removeprefix(EXTENSION))[0].startswith(b"ID=flatcar\n")
    assert files == {f"/{path}": (file.data, file.mode) for path, file in node.items()
                     if file.link is None}
    assert links == {f"/{path}": file.link for path, file in node.items() if file.link is not None}


def test_nothing_is_laid_into_the_read_only_usr(flatcar: Rendering) -> None:
    storage = config(flatcar)["storage"]
    paths = [entry["path"] for kind in ("files", "links") for entry in storage[kind]]
    assert not [path for path in paths if path.startswith(("/usr/", "/lib/", "/bin/", "/sbin/"))]
    assert len(set(paths)) == len(paths)


def test_kube_proxy_comes_by_its_url_and_digest(flatcar: Rendering) -> None:
    remote, = (file for file in config(flatcar)["storage"]["files"]
               if file["contents"]["source"] == PINNED["url"])
    assert remote["path"] == f"{EXTENSION}/usr/local/bin/kube-proxy"
    assert remote["contents"]["verification"]["hash"] == f"sha256-{PINNED['sha256']}"


def test_a_node_pins_the_common_half(flatcar: Rendering) -> None:
    common, = config(flatcar, "node.ign")["ignition"]["config"]["merge"]
    data = flatcar.tree.files["ignition/config.ign"].data
    assert common["verification"]["hash"] == f"sha512-{hashlib.sha512(data).hexdigest()}"
    assert flatcar.image_name in common["source"]


def test_it_is_neither_baked_nor_seeded(flatcar: Rendering) -> None:
    assert not [p for p in flatcar.tree.files if p.startswith(("packer/", "cloud-init/"))]
