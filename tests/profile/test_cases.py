"""The field cases that speak of a profile or of what is rendered from it, each with its kind.

H12's half for input is the order of the seal: tests/bake/packer and the guests prove it.
"""

from __future__ import annotations

import re
import subprocess

import pytest
import yaml

from imagegen.profile.check import check_bytes
from imagegen.render.render import render
from tests.profile.cases import found, node_file, rendering, said
from tests.profiles import as_yaml, changed

SERVICE = "usr/lib/systemd/system/kube-proxy.service"
CONFIG = "etc/kubernetes/kube-proxy.yaml"


def config(changes: dict[str, object]) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(node_file(rendering(changes), CONFIG))
    return loaded


@pytest.mark.parametrize(("ranges", "warned"), [
    (["::1/128", "127.0.0.1/32"], True), (["127.0.0.0/8"], True), (["::1/128"], True),
    (["127.0.0.0/8", "192.0.2.0/24"], False), ([], False)])
def test_h02_node_ports_on_loopback_only(ranges: list[str], warned: bool) -> None:
    got = found({"kubeProxy.config.nodePortAddresses": ranges})
    assert got == [("kube-proxy-node-ports-loopback", "warning")] * warned


@pytest.mark.parametrize(("path", "line", "winner"), [
    # a: 99-sysctl.conf is what /etc/sysctl.conf is linked as; ours sorts behind it
    ("/etc/sysctl.d/99-sysctl.conf", "net.ipv4.ip_forward=0", "99-zz-imagegen-ipvs.conf sorts"),
    ("/etc/sysctl.d/99-kubernetes-cri.conf", "net.ipv4.ip_forward = 0", "99-zz-imagegen-ipvs.conf"),
    # b
    ("/etc/sysctl.conf", "net.ipv4.ip_forward=0", "after `sysctl --system` by hand"),
    # d: slashes, and a name that sorts last
    ("/etc/sysctl.d/zz-local.conf", "net/ipv4/ip_forward = 0", "/etc/sysctl.d/zz-local.conf sorts"),
    ("/etc/sysctl.d/zz-local.conf", "-net.ipv4.ip_forward = 0", "zz-local.conf sorts"),
    ("/usr/lib/sysctl.d/99-zzz.conf", "net.bridge.bridge-nf-call-iptables=0", "99-zzz.conf sorts"),
])
def test_h05_a_file_that_sets_a_needed_sysctl(path: str, line: str, winner: str) -> None:
    changes = {"os.files": [{"path": path, "content": f"# hardening 2016\n; old\n{line}\n"}]}
    assert found(changes) == [("node-sysctl-file", "error")]
    assert winner in said(changes)


@pytest.mark.parametrize("line", ["# net.ipv4.ip_forward = 0", "; net.ipv4.ip_forward=0",
                                  "net.ipv4.ip_forward = 1", "net/ipv4/ip_forward=1", ""])
def test_h05_comments_and_the_same_value_are_well(line: str) -> None:
    assert found({"os.files": [{"path": "/etc/sysctl.d/zz-local.conf",
                                "content": f"{line}\n"}]}) == []


def test_h05_ours_sorts_behind_the_distributions_file() -> None:
    names = [path.rpartition("/")[2] for path in rendering({}).tree.files if "/sysctl.d/" in path]
    assert [name for name in names if name > "99-sysctl.conf"] == names != []


PADDED = "ip_vs \nip_vs_rr \nip_vs_wrr \nip_vs_sh \nip_vs_sh \n{}\nipt_set \nipip \n"


@pytest.mark.parametrize(("name", "rules"), [
    ("nf_conntrack_ipv4", [("module-gone", "error")]),
    ("nf-conntrack-ipv4 ", [("module-gone", "error")]),
    ("nf_conntrack_ipv6", [("module-gone", "error")]),
    ("# nf_conntrack_ipv4", []), ("nf_conntrack", []), ("nf-conntrack  ", [])])
def test_h06_a_module_that_the_kernel_lost(name: str, rules: list[tuple[str, str]]) -> None:
    assert found({"os.files": [{"path": "/etc/modules-load.d/ipvs.conf",
                                "content": PADDED.format(name)}]}) == rules
    if not name.startswith("#"):
        assert found({"os.modules": [name.strip()]}) == rules


@pytest.mark.parametrize(("distribution", "release"), [
    ("debian", "11"), ("debian", "12"), ("debian", "13"), ("rocky", "8"), ("rocky", "9")])
def test_h06_the_release_names_the_module(distribution: str, release: str) -> None:
    """EL8's 4.18 has it ported back, so the kernel's number does not decide."""
    changes: dict[str, object] = {"os.distribution": distribution, "os.release": release}
    if distribution != "debian":
        changes["image.base"] = {"from": "path", "path": "/x.qcow2", "sha256": "a0" * 32}
    text = node_file(rendering(changes), "etc/modules-load.d/imagegen-ipvs.conf")
    assert "nf_conntrack" in text.split() and "nf_conntrack_ipv4" not in text.split()


@pytest.mark.parametrize("name", ["rr", "wrr", "lc", "wlc", "lblc", "lblcr", "dh", "sh", "sed",
                                  "nq", "mh", "fo", "ovf", ""])
def test_h07_every_scheduler_brings_its_module(name: str) -> None:
    text = node_file(rendering({
        "kubeProxy.config.ipvs.scheduler": name,
        "os.modules": ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"]}),
        "etc/modules-load.d/imagegen-ipvs.conf")
    assert text.split().count(f"ip_vs_{name or 'rr'}") == 1


@pytest.mark.parametrize("name", ["foo", "ftp", "ip_vs_rr", "RR"])
def test_h07_what_is_no_scheduler_is_refused(name: str) -> None:
    assert found({"kubeProxy.config.ipvs.scheduler": name}) == [("not-a-choice", "error")]


BOTH = "10.244.0.0/16,fd00:10:244::/56"


@pytest.mark.parametrize(("value", "rule"), [
    (["10.244.0.0/16", "fd00:10:244::/56"], "cluster-cidr-list"),
    ("10.1.2.0/23,10.1.4.0/22", "cluster-cidr-families"),
    ("10.244.0.0/16, fd00:10:244::/56", "cluster-cidr-blank"),
    ("10.244.0.7/16", "cidr-host-bits"), ("10.244.0.0", "cidr-prefix")])
def test_h09_what_is_no_cluster_cidr(value: object, rule: str) -> None:
    assert found({"kubeProxy.config.clusterCIDR": value}) == [(rule, "error")]


def test_h09_one_range_of_each_family_is_one_text() -> None:
    assert config({"kubeProxy.config.clusterCIDR": BOTH})["clusterCIDR"] == BOTH


@pytest.mark.parametrize(("mode", "taken"), [
    ("'0644'", True), ("0644", False), ("644", False), ("'384'", False), ("0o644", False),
    ("'4755'", False), ("'644'", False)])
def test_h10_a_files_mode(mode: str, taken: bool) -> None:
    text = as_yaml(changed({})).decode() + (
        f"os:\n  files:\n    - path: /etc/a\n      content: x\n      mode: {mode}\n")
    checked = check_bytes("p.yaml", text.encode())
    assert (checked.profile is not None) is taken
    if checked.profile:
        user_data = render(checked.profile).tree.files["cloud-init/full/user-data"].data.decode()
        modes = re.findall(r"permissions: (.*)", user_data)
        assert modes and all(re.fullmatch(r"'0[0-7]{3}'", mode) for mode in modes)


def test_h10_a_key_of_cloud_inits_is_told_by_ours() -> None:
    changes = {"os.files": [{"path": "/etc/g", "content": "x", "permissions": "0600"}]}
    assert found(changes) == [("unknown-key", "error")]
    assert "`mode`" in said(changes)


VALUE = "it's ${ss} $${ALREADY} %{H} ${} $HOME {{ x }} {% y %} \"q\" a\\b"


def test_h11_what_templates_would_take_for_theirs_survives() -> None:
    """In a file, and in the release file that shells source."""
    rendered = rendering({"os.files": [{"path": "/etc/a", "content": VALUE + "\n"}],
                          "metadata.description": VALUE})
    assert node_file(rendered, "etc/a") == VALUE + "\n"
    release = rendered.tree.files["node/etc/imagegen-release"].data
    done = subprocess.run(["sh", "-c", 'eval "$1"; printf %s "$DESCRIPTION"', "sh",
                           release.decode()], capture_output=True, text=True, check=True)
    assert done.stdout == VALUE


def test_h11_a_secret_in_a_proxy_is_refused() -> None:
    """The value of the report: it would lie in the image for all who can read it."""
    proxy = "http://svc:pa${ss}w'd@proxy.example:3128"
    got = found({"os.proxy": {"https": proxy}})
    assert got and all(severity == "error" for _, severity in got)
    assert "pa${ss}" not in said({"os.proxy": {"https": proxy}}).partition("\n")[0]
