"""Six kinds of old nodes: what of each comes along, what is told, and that no secret does."""

from __future__ import annotations

import importlib
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.adopt.adopt import Adopted, Wishes, adopt
from imagegen.adopt.tree import folder_files
from imagegen.plan.work_out import work_out
from imagegen.profile.load import parse_profile
from imagegen.render.render import render
from tests.adopt.nodes import (
    Content,
    filled,
    node,
    notes,
    only_placeholders,
    rendered_files,
    undated,
    with_sums,
    written,
)
from tests.adopt.shapes.keys import CA, ED25519

NAMES = ("debian_by_hand", "centos_packages", "rocky_by_dnf", "kubeadm_ubuntu", "rke2_agent",
         "kubespray_node", "the_hard_way")
# what stands in their files and must stand nowhere else
SECRETS = ("bm90IGEga2V5", "saltsalt", "verysecret", "user:word", "K10abc", "YWJj", "00112233",
           "token: abc")


def shape(name: str) -> tuple[dict[str, Content], Wishes]:
    module = importlib.import_module(f"tests.adopt.shapes.{name}")
    return module.FILES, module.WISHES


@cache
def adopted(name: str) -> Adopted:
    return node(*shape(name))


def os_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(adopted(name).text)["os"]
    return found


def config_of(name: str) -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(adopted(name).text)["kubeProxy"].get("config", {})
    return found


@pytest.mark.parametrize("name", NAMES)
def test_it_gives_a_profile_that_renders_and_comes_back(name: str) -> None:
    found = adopted(name)
    assert only_placeholders(found)
    assert parse_profile("a.yaml", filled(found)) == with_sums(found)
    once = render(found.profile)
    again = adopt(rendered_files(once), Wishes())
    assert undated(render(again.profile)) == undated(once)


@pytest.mark.parametrize("name", NAMES)
def test_no_secret_comes_along(name: str) -> None:
    files, _ = shape(name)
    assert any(secret in str(text) for text in files.values() for secret in SECRETS) or (
        name in ("kubeadm_ubuntu", "centos_packages", "kubespray_node"))
    found = adopted(name)
    for place in (found.text, notes(found)):
        assert [secret for secret in SECRETS if secret in place] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_folder_gives_the_same_as_a_tar(name: str, tmp_path: Path) -> None:
    files, wishes = shape(name)
    assert adopt(folder_files(written(tmp_path, files)), wishes).text == adopted(name).text


def told(name: str, *sentences: str) -> None:
    said = notes(adopted(name))
    for sentence in sentences:
        assert sentence in said, sentence


def test_a_debian_by_hand() -> None:
    os = os_of("debian_by_hand")
    assert os["users"][0] == {"name": "anna", "sshKeys": [ED25519], "groups": ["adm"],
                              "sudo": True}
    assert [user["name"] for user in os["users"]] == ["anna", "bert", "kept"]
    assert os["caCertificates"] == [{"name": "company-root-ca-2", "pem": CA}]
    assert os["proxy"]["noProxy"] == ["localhost", ".example.org", "192.0.2.0/24"]
    mirror, tools = os["packageMirrors"]
    assert mirror == {"url": "http://mirror.example.org/debian", "suites": ["bookworm"],
                      "components": ["main", "contrib"]}
    assert tools["key"].startswith("-----BEGIN PGP PUBLIC KEY BLOCK-----\n\nmDME")
    assert os["timeServers"] == ["ntp1.example.org", "ntp2.example.org"]
    assert os["kernelArguments"] == ["transparent_hugepage=never", "console=ttyS0"]
    assert os["modules"] == ["ipip", "nf_nat", "sch_fq"]
    assert {"name": "avahi-daemon.service", "state": "masked"} in os["units"]
    tune = next(unit for unit in os["units"] if unit["name"] == "tune.service")
    assert (tune["state"], "ExecStart=/usr/local/sbin/tune" in tune["content"]) == ("enabled", True)
    late = next(unit for unit in os["units"] if unit["name"] == "ssh.service")
    assert late["dropIns"] == [{"name": "a-late",
                                "content": "[Unit]\nAfter=network-online.target\n"}]
    assert [(file["path"], file.get("mode")) for file in os["files"]] == [
        ("/usr/local/sbin/tune", "0755"), ("/etc/default/tune", None)]


def test_what_a_debian_by_hand_is_told() -> None:
    told("debian_by_hand",
         "/etc/passwd:5 holds a password of kept: never carried over",
         "/home/anna/.ssh holds id_ed25519", "/etc holds shadow",
         "/etc/kubernetes/pki holds ca.key",
         "/usr/local/share/ca-certificates/with-key.crt holds a private key",
         "/home/bert/.ssh/authorized_keys:1 is no public key to carry over",
         "/root/.ssh/authorized_keys lets people log in as root",
         "/etc/apt/sources.list:4 names a mirror with a user or a password",
         "/etc/apt/apt.conf.d/99proxy:1 names another proxy than /etc/environment:1",
         "/etc/rc.local:3 does more than load modules",
         "/etc/systemd/system/backup.service:2 holds what looks like a password",
         "/etc/systemd/system/agent.service:2 runs /opt/agent/agent, a binary",
         "/etc/default/grub:3: resume=UUID=1234 speaks of the old machine's own disks",
         "/etc/fstab:2 swaps on /dev/sda5", "anna was in docker, which no base image has",
         "os.users[1].shell (bert)", "net.core.somaxconn = 1024 by /etc/sysctl.d/99-sysctl.conf:2")


def test_a_centos_with_packages() -> None:
    os = os_of("centos_packages")
    assert config_of("centos_packages") == {"ipvs": {"scheduler": "lc"},
                                            "iptables": {"masqueradeAll": True}}
    # EL 8 reads /etc/sysconfig/modules by itself
    assert (os["packages"], "ipvsModulesFile" in os) == (["chrony", "nfs-utils", "socat"], False)
    assert os["timeServers"] == ["ntp.example.org", "192.0.2.7"]
    assert os["proxy"] == {"http": "http://proxy.example.org:3128"}
    assert os["kernelArguments"] == ["crashkernel=auto", "user_namespace.enable=1"]
    facts = {fact.id for fact in work_out(adopted("centos_packages").profile, b"").facts}
    assert "module.ip_vs_lc" in facts
    told("centos_packages", "the node runs centos 7", "asks for nf_conntrack_ipv4",
         "/etc/rc.local:4 does more than load modules", "/etc/chrony.conf:2 authenticates",
         "/etc/yum.repos.d/kubernetes.repo:3 names a repository of your own", "--master=")
    assert "no file of the old node loads ip_vs_lc" not in notes(adopted("centos_packages"))


def test_the_arguments_alone_where_the_unit_is_not_there() -> None:
    files, wishes = shape("centos_packages")
    bare = {path: text for path, text in files.items() if not path.endswith(".service")}
    found = node(bare, wishes)
    assert yaml.safe_load(found.text)["kubeProxy"]["config"]["ipvs"] == {"scheduler": "lc"}
    assert "the unit that reads /etc/kubernetes/proxy is not among the files" in notes(found)


def test_a_rocky_by_dnf() -> None:
    os = os_of("rocky_by_dnf")
    assert (os["distribution"], os["release"]) == ("rocky", "9")
    assert os["packages"] == ["chrony", "nfs-utils"]
    assert os["users"] == [{"name": "ops", "sshKeys": [f'from="192.0.2.0/24" {ED25519}'],
                            "sudo": True}]
    assert os["files"] == [{"path": "/etc/default/kubelet",
                            "content": "KUBELET_EXTRA_ARGS=--max-pods=200\n"}]
    assert os["kubelet"]["program"] == "/usr/bin/kubelet"
    assert os["timeServers"] == ["2.rocky.pool.ntp.org"]
    assert os["containerd"] == {"package": "containerd.io",
                                "sandboxImage": "registry.example.org/pause:3.9"}
    assert os["proxy"] == {"https": "http://proxy.example.org:3128",
                           "noProxy": ["10.0.0.0/8", ".svc"]}
    told("rocky_by_dnf", "/etc/sysconfig/kubelet: --node-ip=192.0.2.10 is one node's own",
         "/etc/containerd/config.toml:5 sets config_path",
         "add Docker's by a script in os.hooks.before",
         "no base image of rocky 9 is made from a mirror", "write its sha256 here")
    assert "--max-pods=200 is not carried over" not in notes(adopted("rocky_by_dnf"))


def test_a_node_of_kubeadms() -> None:
    os, config = os_of("kubeadm_ubuntu"), config_of("kubeadm_ubuntu")
    assert config["ipvs"] == {"scheduler": "sh", "strictARP": True}
    assert (os["swap"], os["containerd"]) == ("leave", {})
    assert [one["url"] for one in os["packageMirrors"]] == [
        "http://archive.ubuntu.com/ubuntu", "https://pkgs.k8s.io/core:/stable:/v1.34/deb/"]
    told("kubeadm_ubuntu", "the version 1.34.4 is that of the image in",
         "a DaemonSet runs kube-proxy (/etc/kubernetes/dumps/kube-proxy.yaml)",
         "/var/lib/kubelet/config.yaml is not carried over", "/etc/fstab:1 swaps on /swap.img")


def test_an_agent_of_rke2() -> None:
    assert config_of("rke2_agent") == {"ipvs": {"strictARP": True}, "conntrack": {"maxPerCore": 0}}
    assert yaml.safe_load(adopted("rke2_agent").text)["kubeProxy"]["version"] == "1.28.9"
    files, _ = shape("rke2_agent")
    bare = {path: text for path, text in files.items() if "pod-manifests" not in path}
    found = node(bare, Wishes(kubernetes="1.28.9"))
    assert yaml.safe_load(found.text)["kubeProxy"]["config"] == {"ipvs": {"strictARP": True}}
    assert "RKE2 runs kube-proxy inside itself (/etc/rancher/rke2/config.yaml)" in notes(found)


def test_a_node_of_kubesprays() -> None:
    os, config = os_of("kubespray_node"), config_of("kubespray_node")
    assert config["ipvs"] == {"strictARP": True, "excludeCIDRs": ["192.0.2.100/32"]}
    assert os["kubelet"]["configFile"] == "/etc/kubernetes/kubelet-config.yaml"
    assert os["containerd"] == {"sandboxImage": "registry.k8s.io/pause:3.10"}
    told("kubespray_node", "/etc/containerd/config.toml:2 sets root", "--hostname-override=node3")


def test_a_worker_the_hard_way() -> None:
    os = os_of("the_hard_way")
    assert os["kubelet"]["sha256"].startswith("589d82b2")
    assert os["kubelet"]["kubeconfig"] == "/var/lib/kubelet/kubeconfig"
    told("the_hard_way", "the old node was in iptables mode", "node-key.pem",
         "/etc/systemd/system/etcd.service:2 runs /usr/local/bin/etcd", "--register-node=true")
