"""H10's kind: what a part of the profile's own says, and cloud-init does not do.

Reports of the kind: cloud-init 916, 2355, 3714, 4023, 6042, 6225; coreos 707, 778, 1040;
FsCloudInit 2, 3; data-safe-haven 684; oracle-linux 156; elemental-toolkit 2429.
"""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from tests.profile.cases import ROCKY, found, rules


def part(config: object, kind: str = "cloud-config") -> dict[str, Any]:
    text = config if isinstance(config, str) else yaml.safe_dump(config)
    return {"cloudInit.parts": [{"name": "50-x.cfg", "kind": kind, "content": text}]}


def written(**entry: object) -> dict[str, Any]:
    return part({"write_files": [{"path": "/etc/node/x", "content": "x", **entry}]})


EFFECT = ["cloud-init-effect"]


@pytest.mark.parametrize(("entry", "told"), [
    ({}, []), ({"permissions": "0644"}, []), ({"encoding": "b64", "content": "eA=="}, []),
    ({"encoding": "gz+b64", "content": "eA=="}, []), ({"encoding": "base64url"}, EFFECT),
    ({"encoding": "b64", "content": "???"}, EFFECT), ({"path": "etc/x"}, EFFECT),
    ({"path": None}, EFFECT), ({"owner": "root:root"}, []), ({"owner": "root"}, []),
    ({"owner": "deploy:deploy"}, EFFECT), ({"owner": "root:deploy"}, EFFECT),
    ({"owner": "deploy:deploy", "defer": True}, []), ({"owner": "www-data:adm"}, []),
    ({"path": "/etc/kubernetes/kube-proxy.yaml"}, EFFECT),
    ({"path": "/etc/kubernetes/kube-proxy.kubeconfig"}, EFFECT),
    ({"path": "/etc/imagegen/node.env"}, EFFECT), ({"path": "/lib/imagegen/x"}, EFFECT),
    ({"path": "/etc/imagegen/proxy.env"}, []), ({"path": "/tmp/x"}, [])])
def test_h10_files_of_a_part(entry: dict[str, object], told: list[str]) -> None:
    assert rules(written(**entry)) == told


def test_h10_an_account_of_the_profile_s_or_a_package_s() -> None:
    entry = written(owner="deploy:deploy")
    user = {"os.users": [{"name": "deploy", "shell": "/usr/sbin/nologin"}]}
    assert found({**entry, **user}) == []
    assert found(entry) == [("cloud-init-effect", "error")]
    assert found({**entry, "os.packages": ["tree"]}) == [("cloud-init-effect", "warning")]
    assert found({**entry, **ROCKY}) == [("cloud-init-effect", "warning")]


@pytest.mark.parametrize(("config", "told"), [
    ({"runcmd": ["echo hello", ["sh", "-c", "true"], ["sleep", 1]]}, []),
    ("runcmd:\n  - echo: hello\n", EFFECT), ("runcmd:\n  - [echo, true]\n", EFFECT),
    ("runcmd:\n  - 5\n", EFFECT), ("runcmd: echo hello\n", EFFECT), ("runcmd:\n", EFFECT),
    ("bootcmd:\n  - {a: b}\n", EFFECT), ("write_files:\n  path: /etc/x\n", EFFECT),
    ("write_files: [x]\n", EFFECT), ("runcmd: [a]\nruncmd: [b]\n", EFFECT),
    ({"swap": {"filename": "/swap.img", "size": "1G"}}, ["node-swap"]),
    ({"mounts": [["/dev/vdb", "none", "swap", "sw", "0", "0"]]}, ["node-swap"]),
    ({"mounts": [["/dev/vdb", "/srv", "ext4"]]}, []),
    ({"runcmd": [["sysctl", "-w", "net.ipv4.ip_forward=0"]]}, ["sysctl-needed"]),
    ({"runcmd": ["sysctl -w net.ipv4.conf.all.forwarding=0"]}, ["sysctl-needed"]),
    ({"runcmd": ["sysctl -w net.ipv4.ip_forward=1 vm.swappiness=0"]}, []),
    ({"write_files": [{"path": "/etc/sysctl.d/zz.conf", "content": "net/ipv4/ip_forward = 0\n"}]},
     ["sysctl-needed"])])
def test_h10_what_a_part_does(config: object, told: list[str]) -> None:
    assert rules(part(config)) == told


def test_h10_swap_where_it_is_left() -> None:
    assert found({**part({"swap": {"filename": "/swap.img"}}), "os.swap": "leave"}) == []


@pytest.mark.parametrize(("kind", "content", "told"), [
    ("script", "#!/bin/sh\r\necho\r\n", ["cloud-init-part-form"]),
    ("script", "#!/bin/sh\necho\n", []), ("script", "echo\n", ["cloud-init-part-form"])])
def test_scripts(kind: str, content: str, told: list[str]) -> None:
    assert rules(part(content, kind)) == told
