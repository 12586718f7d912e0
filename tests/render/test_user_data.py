"""The real cloud-init judges every user-data that we write."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from imagegen.render.packer import build_meta_data, build_user_data
from tests.profiles import GOOD, USER_DATA, rendered
from tests.render import parsers
from tests.tools.cloudinit import known_keys, modules, problems, schema_verdict

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIExampleExampleExampleExampleExampleExampleExa x"
BROKEN = {
    "type": b"#cloud-config\nwrite_files: 5\n",
    "inner-key": b"#cloud-config\nwrite_files: [{path: /x, perms: '0644'}]\n",
    "number-for-mode": b"#cloud-config\nwrite_files: [{path: /x, permissions: 0644}]\n",
    "not-yaml": b"#cloud-config\n\ta: [\n",
    "no-header": b"hostname: node-1\n",
}


def documents() -> dict[str, bytes]:
    """Every user-data by name."""
    found = {f"{name}-{kind}": rendered(name).tree.files[f"cloud-init/{kind}/user-data"].data
             for name, kind in USER_DATA}
    return {**found, "build": build_user_data(KEY)}


DOCUMENTS = documents()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_cloud_init_takes_it(name: str, tmp_path: Path) -> None:
    done = schema_verdict(DOCUMENTS[name], tmp_path)
    assert (done.code, "Valid cloud-config" in done.output) == (0, True), done.output
    assert "deprecat" not in done.output.lower()


@pytest.mark.parametrize("name", DOCUMENTS)
def test_the_schema_made_strict_takes_it(name: str) -> None:
    assert problems(DOCUMENTS[name]) == []


@pytest.mark.parametrize("name", BROKEN)
def test_cloud_init_refuses_what_is_broken(name: str, tmp_path: Path) -> None:
    assert schema_verdict(BROKEN[name], tmp_path).code != 0


def test_the_strict_schema_refuses_a_key_that_cloud_init_lets_pass(tmp_path: Path) -> None:
    typo = b"#cloud-config\nruncmds: [[true]]\n"
    assert schema_verdict(typo, tmp_path).code == 0
    assert problems(typo) == ["unknown key runcmds"]
    assert {"runcmd", "write_files", "hostname"} <= known_keys()


def listed(document: bytes) -> list[str]:
    config = yaml.safe_load(document)
    return [name for stage in ("init", "config", "final")
            for name in config[f"cloud_{stage}_modules"]]


@pytest.mark.parametrize("name", ["build", "node"])
def test_cloud_init_has_every_module_that_is_listed(name: str) -> None:
    path = "node/etc/cloud/cloud.cfg.d/90-imagegen.cfg"
    document = build_user_data(KEY) if name == "build" else rendered("recipe").tree.files[path].data
    assert listed(document)
    assert {module.replace("_", "-") for module in listed(document)} <= modules()
    assert "write-file" not in modules()


@pytest.mark.parametrize("name", GOOD)
def test_a_baked_node_is_told_little(name: str) -> None:
    """It is one node's own: EC2 takes 16 KB, and a baked node needs less than a tenth."""
    assert len(DOCUMENTS[f"{name}-baked"]) < 1600


@pytest.mark.parametrize("name", [name for name, kind in USER_DATA if kind == "full"])
def test_full_carries_the_same_files_as_the_image(name: str) -> None:
    config = yaml.load(DOCUMENTS[f"{name}-full"], Loader=yaml.CSafeLoader)
    files = rendered(name).tree.files
    carried = parsers.full_files(DOCUMENTS[f"{name}-full"])
    assert carried == parsers.tar_files(files["packer/node.tar"].data)
    assert "/usr/lib/imagegen/expectations.json" in carried
    # the list travels with the files, and the build's own step installs it
    assert "packages" not in config and config["runcmd"][0][0] == "sh"
    scripts = {entry["path"].rpartition("/")[2] for entry in config["write_files"]}
    assert {"packages.sh", "system.sh", "first-boot.sh"} <= scripts
    masked = [command[3] for command in config["bootcmd"] if command[:2] == ["ln", "-sfn"]]
    assert f"/{'etc/systemd/system/ipvsadm.service'}" in masked


@pytest.mark.parametrize("name", DOCUMENTS)
def test_modes_stay_texts(name: str) -> None:
    """H10: a bare 0600 is the number 384, and comes back as another mode."""
    again = yaml.safe_load(yaml.safe_dump(yaml.load(DOCUMENTS[name], Loader=yaml.CSafeLoader)))
    for entry in again["write_files"]:
        assert isinstance(entry["permissions"], str)
        assert len(entry["permissions"]) == 4 and int(entry["permissions"], 8) <= 0o777


def test_the_builds_meta_data_is_the_builds() -> None:
    assert yaml.safe_load(build_meta_data()) == {"instance-id": "imagegen-build",
                                                 "local-hostname": "imagegen-build"}
