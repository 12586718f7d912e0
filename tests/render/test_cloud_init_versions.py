"""The oldest to the newest cloud-init read what we write for it: MIME, gzip, and every document."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.knowledge.cloud_config import FILE_KEYS, HEEDED
from imagegen.knowledge.datasources import CARRIERS, Datasource, Form
from imagegen.profile.cloud_init import Part, PartKind
from imagegen.render.deflate import gzip_bytes
from imagegen.render.packer import build_user_data
from imagegen.render.render import render
from imagegen.render.seed import NodeData, node_user_data
from imagegen.render.userdata import assembled, carried
from tests.profiles import USER_DATA, changed, parsed, rendered
from tests.tools.cloudinit import VERSIONS, read_by, schema

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa x"
PARTS = [
    {"name": "50-own.cfg", "kind": "cloud-config", "content":
        "# a comment, and é\nwrite_files:\n  - {path: /etc/own, content: é, permissions: '0600'}\n"
        "runcmd: [[touch, /run/own]]\nmounts: [[/dev/vdb, /data]]\n"},
    {"name": "60-own.sh", "kind": "script", "content": "#!/bin/sh\necho \"é ${x} {{ y }}\"\n"},
    {"name": "70-own", "kind": "boothook", "content": "#!/bin/sh\n\ttrue\n--imagegen--\n\n"},
]
WITH_PARTS = changed({"cloudInit.parts": PARTS}, "quickstart")


@cache
def documents() -> dict[str, bytes]:
    """Every kind of user-data that we write, by name."""
    found = {f"{name}-{kind}": rendered(name).tree.files[f"cloud-init/{kind}/user-data"].data
             for name, kind in USER_DATA}
    tree = render(parsed(WITH_PARTS)).tree.files
    found |= {f"parts-{kind}": tree[f"cloud-init/{kind}/user-data"].data
              for kind in ("baked", "full")}
    found["build"] = build_user_data(KEY)
    found["seed"] = node_user_data(NodeData("n1", kubeconfig="é\r\n", commands=(("true",),)))
    return found | {f"{name}.gz": gzip.compress(data, mtime=0) for name, data in found.items()}


@pytest.fixture(scope="module", params=VERSIONS)
def read(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
         ) -> tuple[str, dict[str, dict[str, Any]]]:
    """A version, and what it made of each document."""
    folder = tmp_path_factory.mktemp("read")
    found = read_by(request.param, list(documents().values()), folder)
    return request.param, dict(zip(documents(), found, strict=True))


def test_every_version_takes_every_document(read: tuple[str, dict[str, Any]]) -> None:
    version, found = read
    for name, seen in found.items():
        assert seen["version"].startswith(version)
        assert (name, seen["problems"]) == (name, [])


def test_gzip_is_read_as_what_it_holds(read: tuple[str, dict[str, Any]]) -> None:
    _, found = read
    for name, seen in found.items():
        if not name.endswith(".gz"):
            assert seen == found[f"{name}.gz"], name
    config = yaml.safe_load(documents()["quickstart-baked"])
    assert found["quickstart-baked"]["config"] == config


@pytest.mark.parametrize("kind", ["baked", "full"])
def test_parts_are_added_and_take_nothing_away(kind: str, read: tuple[str, dict[str, Any]]) -> None:
    _, found = read
    own, both = found[f"quickstart-{kind}"]["config"], found[f"parts-{kind}"]["config"]
    assert both["write_files"][-1] == {"path": "/etc/own", "content": "é", "permissions": "0600"}
    if kind == "baked":
        assert both["write_files"][:-1] == own["write_files"]
    assert both["runcmd"] == [*own.get("runcmd", []), ["touch", "/run/own"]]
    assert both["mounts"] == [["/dev/vdb", "/data"]]
    assert both["hostname"] == own["hostname"]
    assert found[f"parts-{kind}"]["scripts"] == {
        "text/x-shellscript 60-own.sh": PARTS[1]["content"],
        "text/cloud-boothook 70-own": PARTS[2]["content"]}


@pytest.mark.parametrize("version", VERSIONS)
def test_what_is_broken_is_seen(version: str, tmp_path: Path) -> None:
    """A wrong type; and without the way of merging, a part takes imagegen's files away."""
    mime = documents()["parts-baked"]
    wrong, lost = read_by(version, [b"#cloud-config\nwrite_files: 5\n",
                                    mime.replace(b"Merge-Type", b"X-Other")], tmp_path)
    assert any("write_files" in words for words in wrong["problems"])
    assert [entry["path"] for entry in lost["config"]["write_files"]] == ["/etc/own"]


def test_the_same_parts_give_the_same_bytes() -> None:
    parts = [Part(name="a", kind=PartKind.SCRIPT, content="#!/bin/sh\n")]
    assert assembled(b"x", parts) == assembled(b"x", parts) != assembled(b"y", parts)
    assert assembled(b"x", []) == b"x"


# what no compression makes smaller
NOISE = b"".join(hashlib.sha256(str(n).encode()).digest() for n in range(20_000))
EDGES = {Datasource.EC2: 16_384, Datasource.AZURE: 65_535, Datasource.GCE: 262_144,
         Datasource.OPENSTACK: 49_149, Datasource.VMWARE: 49_149}


@pytest.mark.parametrize("datasource", EDGES)
def test_each_limit_is_where_it_is(datasource: Datasource) -> None:
    limit = EDGES[datasource]
    fits, more = carried(datasource, NOISE[:limit]), carried(datasource, NOISE[:limit + 1])
    assert fits is not None and fits.form is CARRIERS[datasource].forms[0]
    assert more is None
    text = b"a" * (limit * 3)
    packed = carried(datasource, text)
    assert packed is not None and packed.form is CARRIERS[datasource].forms[1]
    data = base64.b64decode(packed.data) if packed.form.text else packed.data
    assert gzip.decompress(data) == text


def test_what_is_packed_is_not_packed_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only GCE's limit lies above the archive's own bytes, so only there is compression tried."""
    full, tried = documents()["quickstart-full"], []
    monkeypatch.setattr("imagegen.render.userdata.gzip_bytes",
                        lambda data: tried.append(data) or gzip_bytes(data))
    assert {one for one in EDGES if carried(one, full) is not None} == {Datasource.GCE}
    assert len(tried) <= 1


def test_nocloud_has_no_limit() -> None:
    found = carried(Datasource.NOCLOUD, NOISE)
    assert found is not None and (found.form, found.data) == (Form.PLAIN, NOISE)


def known(version: str) -> dict[str, set[str]]:
    """cloud-init's module -> the top-level keys of its schema."""
    definitions = schema(version)["$defs"]
    return {name: set(part.get("properties", {})) for name, part in definitions.items()
            if name.startswith("cc_")}


def test_every_heeded_key_is_read_by_a_module_of_the_baked_node() -> None:
    config = yaml.safe_load(rendered("quickstart").tree.files[
        "node/etc/cloud/cloud.cfg.d/90-imagegen.cfg"].data)
    listed = {f"cc_{name.replace('-', '_')}" for stage in ("init", "config", "final")
              for name in config[f"cloud_{stage}_modules"]}
    read = {key for module, keys in known("26.2").items() if module in listed for key in keys}
    # told to the distribution's class and not to a module
    assert HEEDED - read == {"groups", "user", "users", "merge_how"} & (HEEDED - read)
    assert "packages" not in read and "ntp" not in read


def test_the_keys_of_a_file_are_cloud_inits() -> None:
    items = schema("26.2")["$defs"]["cc_write_files"]["properties"]["write_files"]["items"]
    assert set(items["properties"]) == FILE_KEYS


@pytest.mark.parametrize("datasource", Datasource)
def test_a_node_asks_its_datasource_and_imagegens_own(datasource: Datasource) -> None:
    binary = {"from": "url", "url": "https://example.org/kube-proxy", "sha256": "a0" * 32}
    files = render(parsed(changed({"cloudInit.datasource": datasource.value,
                                   "kubeProxy.binary": binary}))).tree.files
    listed = yaml.safe_load(files["node/etc/cloud/cloud.cfg.d/90-imagegen.cfg"].data)
    names = listed["datasource_list"]
    assert names[0] == "NoCloud" and names[-1] == "None"
    assert set(CARRIERS[datasource].names) <= set(names)
    carries_full = datasource in (Datasource.NOCLOUD, Datasource.GCE)
    assert ("cloud-init/full/user-data" in files) is carries_full
    told = files["cloud-init/README.md"].data.decode()
    assert ("There is no `full/` here" in told) is not carries_full
    assert "from no URL" not in told
    assert json.loads(files["manifest.json"].data)["files"]["cloud-init/README.md"]


def test_a_datasource_carries_no_program() -> None:
    """Only a seed volume has room for kube-proxy; a stock image would wait for it in vain."""
    files = render(parsed(changed({"cloudInit.datasource": "gce"}))).tree.files
    assert "cloud-init/full/user-data" not in files
    assert "kube-proxy comes from no URL" in files["cloud-init/README.md"].data.decode()
