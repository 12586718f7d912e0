"""H06's kind, and what else would be baked and never read, run or found.

Reports of the kind: kubespray 6934, 7176, 7710, 9294, 10379, 10382, 10602; kURL 5057; kubernetes
70304, 97052; photon 939; coreos 2518; systemd 13856. And of H12's kind: systemd 3361, 9609, 43526;
bento 1062, 1421; boxcutter 176; carthage 122; terraform-provider-esxi 54; bitnami 216; coreos 2166;
bosh-linux-stemcell-builder 122.
"""

from __future__ import annotations

import pytest

from tests.profile.cases import ROCKY, file, found, rules, said


@pytest.mark.parametrize(("path", "wanted"), [
    ("/etc/sysctl.d/99-k8s", ".conf"), ("/etc/modules-load.d/ipvs", ".conf"),
    ("/usr/lib/modprobe.d/x.txt", ".conf"), ("/etc/sudoers.d/k8s.conf", "without dots"),
    ("/etc/cron.d/job.sh", "without dots"),
    ("/etc/netplan/99-x.yml", ".yaml"), ("/etc/udev/rules.d/99-x.conf", ".rules"),
    ("/etc/systemd/network/10-eth0.conf", ".network"), ("/etc/cni/net.d/10-x.yaml", ".conflist"),
    ("/etc/apt/sources.list.d/x.conf", ".sources"), ("/etc/cloud/cloud.cfg.d/9.yaml", ".cfg"),
    ("/etc/ssh/sshd_config.d/x", ".conf"), ("/etc/kubernetes/manifests/x.bak", ".yaml")])
def test_a_name_that_the_folder_s_reader_passes_over(path: str, wanted: str) -> None:
    assert found(file(path, "x\n")) == [("node-file-unread", "error")]
    assert wanted in said(file(path, "x\n"))


@pytest.mark.parametrize("path", [
    "/etc/sysctl.d/10-x.conf", "/etc/sudoers.d/k8s", "/etc/cron.d/job", "/etc/netplan/99-x.yaml",
    "/etc/systemd/network/10-eth0.link", "/etc/systemd/network/10-x.network.d/a.conf",
    "/etc/cni/net.d/10-x.conflist", "/etc/node/x", "/usr/lib/udev/rules.d/99-x.rules",
    "/etc/NetworkManager/conf.d/x.conf", "/var/spool/cron.d/x.y"])
def test_a_name_that_is_read(path: str) -> None:
    assert found(file(path, "x\n")) == []


def test_a_file_that_is_not_read_sets_nothing() -> None:
    assert rules(file("/etc/sysctl.d/99-k8s", "net.ipv4.ip_forward = 0\n")) == ["node-file-unread"]


@pytest.mark.parametrize(("path", "content", "mode", "told"), [
    ("/usr/local/bin/x", "#!/bin/sh\r\necho\r\n", "0755", [("node-file-script", "error")]),
    ("/usr/local/bin/x", "#!/bin/sh\necho\n", "0644", [("node-file-script", "warning")]),
    ("/usr/local/bin/x", "#!/bin/sh\necho\n", "0755", []),
    ("/usr/local/bin/x.conf", "a = 1\n", "0644", []),
    ("/etc/cron.daily/x", "#!/bin/sh\n", "0644", [("node-file-script", "warning")]),
    ("/etc/sysconfig/modules/x.modules", "modprobe ipip\n", "0644",
     [("node-file-script", "warning")]),
    ("/etc/sysconfig/modules/x.modules", "modprobe ipip\n", "0755", []),
    ("/etc/node/x", "a\r\nb\r\n", "0644", []), ("/etc/node/x", "#!/bin/sh\n", "0644", [])])
def test_scripts(path: str, content: str, mode: str, told: list[tuple[str, str]]) -> None:
    assert found(file(path, content, mode=mode)) == told


@pytest.mark.parametrize(("path", "rule"), [
    ("/etc/iscsi/initiatorname.iscsi", "path-of-one-node"),
    ("/etc/nvme/hostnqn", "path-of-one-node"), ("/etc/hostid", "path-of-one-node"),
    ("/etc/credstore/system.machine_id", "path-of-one-node"),
    ("/var/lib/kubelet/pki/kubelet.crt", "path-of-one-node"), ("/etc/passwd", "path-of-system"),
    ("/etc/sudoers", "path-of-system"), ("/etc/cloud/cloud-init.disabled", "path-of-system"),
    ("/etc/machine-id", "path-fleeting"), ("/var/lib/dbus/machine-id", "path-fleeting"),
    ("/etc/ssh/ssh_host_rsa_key", "path-host-key")])
def test_h12_what_an_image_may_not_hold(path: str, rule: str) -> None:
    assert found(file(path, "x\n")) == [(rule, "error")]


@pytest.mark.parametrize("kind", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY",
                                  "ENCRYPTED PRIVATE KEY", "PGP PRIVATE KEY BLOCK"])
def test_a_private_key_is_no_file_of_an_image(kind: str) -> None:
    text = f"-----BEGIN {kind}-----\nAAAA\n-----END {kind}-----\n"
    assert rules(file("/etc/kubernetes/x.key", text)) == ["secret-private-key"]
    assert rules(file("/etc/kubernetes/x.crt", text.replace("PRIVATE", "PUBLIC"))) == []


@pytest.mark.parametrize(("argument", "told"), [
    ("systemd.machine_id=4f1d0c2a9b7e4d318c55aa10e2b6f703", True), ("systemd.hostname=node", True),
    ("cloud-init=disabled", True), ("initcall_blacklist=ip_vs_init", True),
    ("systemd.mask=systemd-sysctl.service", True), ("systemd.mask=kube-proxy.service", True),
    ("systemd.mask=fstrim.timer", False), ("ipv6.disable=1", False), ("net.ifnames=0", False),
    ("cloud-init=enabled", False), ("ip_vs.conn_tab_bits=20", False)])
def test_h12_arguments_that_take_a_node_away(argument: str, told: bool) -> None:
    changes = {"os.kernelArguments": [argument]}
    assert found(changes) == [("node-kernel-argument-breaks", "error")] * told


@pytest.mark.parametrize(("name", "release", "rule"), [
    ("nf_nat_ipv4", "12", "module-gone"), ("nf-nat-ipv4", "12", "module-gone"),
    ("ip_conntrack", "12", "module-gone"), ("ipt_set", "12", "module-gone"),
    ("ipt_MASQUERADE", "13", "module-gone"), ("overlayfs", "12", "module-gone"),
    ("nf_conntrack_proto_gre", "12", "module-gone"), ("ip_vs_twos", "12", "module-too-new"),
    ("ip_vs_twos", "13", None), ("ip_vs_mh", "12", None), ("nf_nat", "12", None),
    ("br-netfilter", "12", None), ("tcp_bbr", "11", None), ("iptable_nat", "12", None)])
def test_h06_modules_by_kernel(name: str, release: str, rule: str | None) -> None:
    assert rules({"os.modules": [name], "os.release": release}) == ([rule] if rule else [])


def test_h06_an_enterprise_kernel_is_not_judged_by_its_number() -> None:
    """EL8's 4.18 is below 5.1, and what Red Hat ported back is not known for each module."""
    el8 = {**ROCKY, "os.release": "8"}
    assert rules({**el8, "os.modules": ["nf_conntrack_ipv4"]}) == ["module-gone"]
    assert rules({**el8, "os.modules": ["nf_nat_ipv4"]}) == []
    assert rules({**ROCKY, "os.modules": ["nf_nat_ipv4"]}) == ["module-gone"]


@pytest.mark.parametrize(("path", "text", "told"), [
    ("/etc/modules", "nf_conntrack_ipv4\n", ["module-gone"]),
    ("/etc/modules", "ipip numifbs=1\n", []),
    ("/etc/modules-load.d/a.conf", "ipip numifbs=1\n", ["node-modules-line"]),
    ("/etc/modules-load.d/a.conf", "nf_nat # needed\n", ["node-modules-line"]),
    ("/etc/modules-load.d/a.conf", "; old\n# old\n\nipip \n", []),
    # modprobe finds these by their aliases
    ("/etc/modules-load.d/a.conf", "ipt_set\nip_conntrack\n", []),
    ("/etc/sysconfig/modules/a.modules", "#!/bin/sh\nmodprobe -- nf_conntrack_ipv4\n",
     ["module-gone"]),
    ("/etc/sysconfig/modules/a.modules", "#!/bin/sh\n/sbin/modprobe -q ipip\n# modprobe x\n", [])])
def test_h06_files_that_load_modules(path: str, text: str, told: list[str]) -> None:
    assert rules(file(path, text, mode="0755")) == told


@pytest.mark.parametrize(("name", "here", "told"), [
    ("nfs-utils", {}, "write nfs-common"), ("conntrack-tools", {}, "write conntrack"),
    ("epel-release", {}, "there is nothing like it"), ("NetworkManager", {}, "networkmanager"),
    ("nfs-common", ROCKY, "write nfs-utils"), ("conntrack", ROCKY, "write conntrack-tools"),
    ("apt-transport-https", ROCKY, "there is nothing like it")])
def test_packages_by_their_family_s_names(name: str, here: dict[str, object], told: str) -> None:
    changes = {**here, "os.packages": [name]}
    assert found(changes) == [("package-of-another-family", "error")]
    assert told in said(changes)


@pytest.mark.parametrize(("name", "here"), [
    ("nfs-common", {}), ("conntrack", {}), ("chrony", {}), ("g++", {}), ("libc6", {}),
    ("NetworkManager", ROCKY), ("perl-Data-Dumper", ROCKY), ("nfs-utils", ROCKY),
    ("iptables", ROCKY), ("python3.11", ROCKY)])
def test_packages_as_their_family_has_them(name: str, here: dict[str, object]) -> None:
    assert found({**here, "os.packages": [name]}) == []


@pytest.mark.parametrize("more", [{}, {"os.units": [{"name": "firewalld.service",
                                                     "state": "masked"}]}])
def test_a_package_that_drives_out_cloud_init(more: dict[str, object]) -> None:
    """On Debian 13 they conflict, and masking the unit is no way out."""
    changes = {"os.release": "13", "os.packages": ["ufw", "firewalld"], **more}
    assert ("package-drives-out", "error") in found(changes)
    assert "firewalld drives out cloud-init" in said(changes)
    assert ("package-drives-out", "error") not in found({**changes, "os.release": "12"})


def test_packages_that_fight_with_kube_proxy() -> None:
    for name in ("firewalld", "ufw", "iptables-persistent"):
        assert found({"os.packages": [name]}) == [("package-fights-kube-proxy", "warning")]
    masked = {"os.units": [{"name": "firewalld.service", "state": "masked"}]}
    assert found({"os.packages": ["firewalld"], **masked}) == []
    # the family's own, which imagegen masks
    assert found({**ROCKY, "os.packages": ["firewalld"]}) == []
