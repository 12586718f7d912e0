"""A node's seed: what cloud-init is told, and the volume that carries it."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from imagegen.boot.node_seed import write_seed
from imagegen.boot.seed import NodeIdentity, node_seed, node_volume, seed_iso
from imagegen.common.errors import InputError
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.render.seed import SeedFile, node_files, node_user_data
from tests.profiles import as_yaml, changed, parsed
from tests.verbs import Said, called

NODE = NodeIdentity("node-1", address="10.0.2.15", level="kernel", api_servers=("10.0.2.2:6443",),
                    kubeconfig="apiVersion: v1\nkind: Config\n")


def config(node: NodeIdentity) -> dict[str, Any]:
    data = node_user_data(node)
    assert data.startswith(b"#cloud-config\n")
    loaded: dict[str, Any] = yaml.safe_load(data)
    return loaded


def written(node: NodeIdentity) -> dict[str, bytes]:
    """The files as cloud-init's write_files would write them."""
    return {entry["path"]: base64.b64decode(entry["content"]) if entry.get("encoding") == "b64"
            else entry["content"].encode() for entry in config(node)["write_files"]}


def test_what_a_node_is_told() -> None:
    files = written(NODE)
    assert files["/etc/imagegen/node.env"] == b"NODE_NAME=node-1\nNODE_ADDRESS=10.0.2.15\n"
    assert json.loads(files["/etc/imagegen/node.json"]) == {
        "level": "kernel", "apiServers": ["10.0.2.2:6443"]}
    assert files["/etc/kubernetes/kube-proxy.kubeconfig"] == b"apiVersion: v1\nkind: Config\n"
    told = config(NODE)
    assert told["hostname"] == "node-1" and told["manage_etc_hosts"] is True
    assert told["locale"] == "C.UTF-8" and "fqdn" not in told and "runcmd" not in told


def test_modes_are_strings_of_four_digits() -> None:
    modes = {entry["path"]: entry["permissions"] for entry in config(NODE)["write_files"]}
    assert modes["/etc/kubernetes/kube-proxy.kubeconfig"] == "0600"
    assert modes["/etc/imagegen/node.env"] == "0644"


def test_a_baked_node_is_told_little() -> None:
    assert len(node_user_data(replace(NODE, kubeconfig=None))) < 500


def test_several_lines_are_a_block_a_person_can_read() -> None:
    assert b"content: |\n    NODE_NAME=node-1\n" in node_user_data(NODE)


def test_without_an_address_dhcp_decides() -> None:
    node = replace(NODE, address=None, api_servers=(), kubeconfig=None)
    assert written(node) == {"/etc/imagegen/node.env": b"NODE_NAME=node-1\n",
                             "/etc/imagegen/node.json": b'{"level": "kernel"}\n'}


def test_the_host_has_the_node_s_name() -> None:
    assert NodeIdentity("a.b.c").host == "a.b.c" and NodeIdentity("a", hostname="b").host == "b"


def test_commands_travel_as_lists() -> None:
    node = replace(NODE, commands=(("echo", "a b; c"),))
    assert config(node)["runcmd"] == [["echo", "a b; c"]]


@pytest.mark.parametrize("change", [
    {"name": ""}, {"name": "a\nNODE_ADDRESS=1"}, {"name": "A"}, {"name": "a b"}, {"name": "-a"},
    {"name": "a" * 64}, {"hostname": "a\0"}, {"address": "10.0.2.15\n"}, {"address": "10.0.2"},
    {"address": "fe80::1%eth0"}, {"level": "bake"}, {"api_servers": ("10.0.2.2",)},
    {"api_servers": ("10.0.2.2:65536",)}, {"api_servers": ("10.0.2.2:1\n",)},
    {"instance_id": "a/b"}, {"instance_id": "a\n"}, {"kubeconfig_path": "etc/x"},
    {"kubeconfig_path": "/etc/x\n"}, {"files": (SeedFile("/a\0b", b""),)},
    {"kubeconfig": "\ud800"}, {"files": (SeedFile("/\ud800", b""),)}])
def test_what_a_seed_cannot_carry_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="for a node's seed"):
        replace(NODE, **change)


@pytest.mark.parametrize("server", ["[::1]:6443", "192.168.1.142:6443", "[fd00::2]:65535"])
def test_api_servers_of_both_families(server: str) -> None:
    assert replace(NODE, api_servers=(server,)).api_servers == (server,)


@given(text=st.text(st.characters(exclude_categories=["Cs"])))
def test_any_kubeconfig_arrives_byte_for_byte(text: str) -> None:
    node = replace(NODE, kubeconfig=text)
    assert written(node)["/etc/kubernetes/kube-proxy.kubeconfig"] == text.encode()


@given(data=st.binary(), mode=st.integers(0, 0o7777))
def test_any_file_arrives_byte_for_byte(data: bytes, mode: int) -> None:
    node = replace(NODE, files=(SeedFile("/srv/a b", data, mode),))
    assert written(node)["/srv/a b"] == data
    assert int(config(node)["write_files"][-1]["permissions"], 8) == mode


@pytest.mark.parametrize("text", ["{{ v1.x }}\n${a} %s\n", " leading\n", "trailing \n\n\n", "---\n",
                                  "#cloud-config\n", "\n", "- a: 'b\"\n", "x" * 10240 + "\n"])
def test_hostile_text_arrives_byte_for_byte(text: str) -> None:
    assert written(replace(NODE, kubeconfig=text))[NODE.kubeconfig_path] == text.encode()


def test_the_volume_carries_the_seed(tmp_path: Path) -> None:
    volume = node_volume(tmp_path / "seed.iso", replace(NODE, network_config=b"version: 2\n"))
    assert volume.stat().st_mode & 0o777 == 0o600
    run(["xorriso", "-osirrox", "on", "-indev", str(volume),
         "-extract", "/", str(tmp_path / "out")])
    found = {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    assert found == {**node_seed(NODE), "network-config": b"version: 2\n"}
    assert yaml.safe_load(found["meta-data"]) == {
        "instance-id": "imagegen-node-1", "local-hostname": "node-1"}
    listing = run(["xorriso", "-indev", str(volume), "-pvd_info"]).output
    assert "Volume Id    : cidata" in listing
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []


def test_a_volume_of_files(tmp_path: Path) -> None:
    (tmp_path / "x").write_bytes(b"\0" * 5000)
    seed_iso(tmp_path / "seed.iso", {"user-data": tmp_path / "x", "meta-data": b""})
    run(["xorriso", "-osirrox", "on", "-indev", str(tmp_path / "seed.iso"),
         "-extract", "/user-data", str(tmp_path / "y")])
    assert (tmp_path / "y").read_bytes() == b"\0" * 5000


def test_every_file_has_an_absolute_path() -> None:
    assert all(file.path.startswith("/") for file in node_files(NODE))


def test_another_datasource_gets_its_own_form(tmp_path: Path) -> None:
    """vSphere takes text only, and EC2 at most 16 KB."""
    out = tmp_path / "user-data"
    seed: dict[str, Any] = {"name": "n1", "hostname": "", "address": None, "server": "https://192.0.2.1:6443",
            "ca": None, "token": None, "full": False}
    write_seed(parsed(changed({"cloudInit.datasource": "vmware"})), out, Silent(), **seed)
    assert base64.b64decode(out.read_bytes()).startswith(b"#cloud-config\nhostname: n1\n")
    assert out.stat().st_mode & 0o777 == 0o600
    url = {"from": "url", "url": "https://example.org/kube-proxy", "sha256": "a0" * 32}
    large = parsed(changed({"cloudInit.datasource": "ec2", "kubeProxy.binary": url}))
    with pytest.raises(InputError, match="ec2 carries at most 16384"):
        write_seed(large, out, Silent(), **{**seed, "full": True})
    with pytest.raises(InputError, match="kube-proxy comes from no URL"):
        write_seed(parsed(changed({"cloudInit.datasource": "gce"})), out, Silent(),
                   **{**seed, "full": True})


@pytest.mark.parametrize(("services", "pods", "address", "good"), [
    ("10.96.0.0/16", "10.244.0.0/16", "192.0.2.15", True),
    ("10.96.0.0/16", "10.244.0.0/16", "2001:db8::15", False),
    ("fd00:10:96::/112", "fd00:10:244::/56", "192.0.2.15", False),
    ("fd00:10:96::/112", "fd00:10:244::/56", "2001:db8::15", True),
    ("fd00:10:96::/112", "fd00:10:244::/56", "0.0.0.0", True),
    ("fd00:10:96::/112,10.96.0.0/16", "fd00:10:244::/56,10.244.0.0/16", "192.0.2.15", True),
])
def test_a_nodes_address_is_of_a_family_that_services_have(
    services: str, pods: str, address: str, good: bool, tmp_path: Path,
) -> None:
    profile = parsed(changed({"cluster.serviceCIDR": services, "cluster.podCIDR": pods}))
    seed: dict[str, Any] = {"name": "n1", "hostname": "", "server": "https://k8s.example.org:6443",
                            "ca": None, "token": None, "full": False, "address": address}
    if good:
        write_seed(profile, tmp_path / "seed.iso", Silent(), **seed)
        assert (tmp_path / "seed.iso").is_file()
        return
    with pytest.raises(InputError, match=f"the node's address {address} is IPv"):
        write_seed(profile, tmp_path / "seed.iso", Silent(), **seed)


def test_a_node_name_that_no_host_can_have() -> None:
    name = ".".join(["a" * 40] * 3)
    assert NodeIdentity(name).host == "a" * 40


@pytest.mark.parametrize(("name", "hostname", "host"), [
    ("n1", "", "n1"), ("n1.example.org", "", "n1.example.org"),
    ("n1.example.org", "n1", "n1"), ("n1", "n1.example.org", "n1.example.org")])
def test_the_host_is_called_exactly_so(name: str, hostname: str, host: str) -> None:
    node = NodeIdentity(name, hostname=hostname)
    said = config(node)
    # what cloud-init's set_hostname takes: the whole where that is preferred, else the first part
    assert (said["fqdn"] if said["prefer_fqdn_over_hostname"] else said["hostname"]) == host
    assert said["hostname"] == host.partition(".")[0]
    assert yaml.safe_load(node_seed(node)["meta-data"])["local-hostname"] == host


def seeded(tmp_path: Path, *argv: str, **changes: Any) -> Said:
    """`imagegen seed` of a small profile, through the command line."""
    (tmp_path / "p.yaml").write_bytes(as_yaml(changed(changes)))
    return called("seed", str(tmp_path / "p.yaml"), "--name", "n1", "-o", str(tmp_path / "seed"),
                  *argv)


SERVER = ("--server", "https://192.0.2.1:6443")


def test_the_options_of_seed_reach_the_seed(tmp_path: Path,
                                            monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "ca.pem").write_text(
        "-----BEGIN CERTIFICATE-----\nYQ==\n-----END CERTIFICATE-----\n")
    monkeypatch.setenv("PROXY_TOKEN", "secret-token")
    said = seeded(tmp_path, *SERVER, "--hostname", "host.example.org", "--ca",
                  str(tmp_path / "ca.pem"), "--token", "env:PROXY_TOKEN",
                  **{"cloudInit.datasource": "ec2"})
    assert (said.code, said.err) == (0, "")
    assert said.out == (f"{tmp_path / 'seed'}: the user-data of the node n1; aws ec2 run-instances "
                        "--user-data fileb://FILE\n")
    told = yaml.safe_load((tmp_path / "seed").read_bytes())
    assert (told["fqdn"], told["prefer_fqdn_over_hostname"]) == ("host.example.org", True)
    files = {entry["path"]: entry["content"] for entry in told["write_files"]}
    assert files["/etc/kubernetes/kube-proxy.token"] == "secret-token"
    assert files["/etc/imagegen/node.env"] == "NODE_NAME=n1\n"
    assert "certificate-authority-data" in files["/etc/kubernetes/kube-proxy.kubeconfig"]
    assert (tmp_path / "seed").stat().st_mode & 0o777 == 0o600


def test_a_seed_for_a_stock_image_carries_all(tmp_path: Path) -> None:
    binary = {"kubeProxy.binary": {"from": "url", "url": "https://e.org/p", "sha256": "ab" * 32},
              "cloudInit.datasource": "gce"}
    assert seeded(tmp_path, *SERVER, "--full", **binary).code == 0
    full = (tmp_path / "seed").read_bytes()
    # gce carries it as text, packed where it is large
    full = full if full.startswith(b"#") else gzip.decompress(base64.b64decode(full))
    assert seeded(tmp_path, *SERVER, **binary).code == 0
    small = (tmp_path / "seed").read_bytes()
    assert b"first-boot.sh" in full and b"first-boot.sh" not in small
    assert len(small) < 3000 < len(full)


def test_a_seed_without_credentials_is_said_to_be_so(tmp_path: Path) -> None:
    said = seeded(tmp_path, *SERVER, **{"cloudInit.datasource": "ec2"})
    assert said.code == 0
    assert "note: without --ca " in said.err and "note: without --token " in said.err
    pod = {"cloudInit.datasource": "ec2", "kubeProxy.runBy": "kubeadm"}
    assert "without --" not in seeded(tmp_path, **pod).err


def test_a_volume_is_attached(tmp_path: Path) -> None:
    said = seeded(tmp_path, *SERVER)
    assert said.out == f"{tmp_path / 'seed'}: attach it to the node n1 as a disk or CD\n"


@pytest.mark.parametrize(("argv", "words"), [
    (("--server", "x:6443"), "`x:6443` is no URL"), (("--server", "ftp://x"), "no URL"),
    (("--server", ""), "no URL"), (("--server", "https://a b"), "no URL"),
    ((*SERVER, "--name", "N_1"), "`N_1` is no node name for a node's seed\nhint: lower-case"),
    ((*SERVER, "--hostname", "N"), "is no host name"),
    ((*SERVER, "--ca", "EMPTY"), "holds no certificate"), ((*SERVER, "--ca", "."), "cannot read"),
    ((*SERVER, "--ca", "KEY"), "holds a private key"),
    ((*SERVER, "--token", "env:NO_TOKEN"), "no secret at"),
    ((*SERVER, "--token", "file:EMPTY"), "holds no token"),
    ((*SERVER, "--token", "file:KEY"), "holds no token"),
])
def test_what_no_node_could_use_is_refused(argv: tuple[str, ...], words: str, tmp_path: Path,
                                           monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("EMPTY").touch()
    Path("KEY").write_text("-----BEGIN CERTIFICATE-----\n-----BEGIN PRIVATE KEY-----\n")
    said = seeded(tmp_path, *argv)
    assert said.code == 2 and words in said.err, said.err
    assert not (tmp_path / "seed").exists()
