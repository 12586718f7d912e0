"""Nodes as people had them: H05 to H08 and their kind, each with its notes and its profile."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

from imagegen.adopt.adopt import Adopted, Wishes
from imagegen.common.errors import InputError
from imagegen.plan.work_out import work_out
from tests.adopt.nodes import Content, node, notes, started

IPVS = ("--proxy-mode=ipvs",)
CRI = "net.bridge.bridge-nf-call-iptables  = 1\nnet.ipv4.ip_forward                 = 1\n"
HARDENED = "# hardening 2016\nnet.ipv4.ip_forward=0\n"


def data(adopted: Adopted) -> dict[str, Any]:
    """The document without what every profile of a node says: its distribution, the ranges."""
    loaded: dict[str, Any] = yaml.safe_load(adopted.text)
    system = {key: value for key, value in loaded.pop("os").items()
              if key not in ("distribution", "release")}
    return {**loaded, **({"os": system} if system else {})}


def config(adopted: Adopted) -> dict[str, Any]:
    found: dict[str, Any] = data(adopted)["kubeProxy"].get("config", {})
    return found


def with_files(files: dict[str, Content]) -> Adopted:
    return node({**started(*IPVS), **files})


# H05: who won, and over whom
def test_the_file_that_won_is_named_and_the_one_that_lost() -> None:
    adopted = with_files({"/etc/sysctl.d/99-kubernetes-cri.conf": CRI, "/etc/sysctl.conf": HARDENED,
                          "/etc/sysctl.d/99-sysctl.conf": "-> ../sysctl.conf"})
    assert "net.ipv4.ip_forward = 0 by /etc/sysctl.d/99-sysctl.conf:2 won over 1 by " \
        "/etc/sysctl.d/99-kubernetes-cri.conf:2" in notes(adopted)
    assert "/etc/sysctl.d/99-sysctl.conf:2 sets net.ipv4.ip_forward = 0, and a node in IPVS mode " \
        "needs 1" in notes(adopted)
    assert "os" not in data(adopted)
    facts = {fact.id: fact for fact in work_out(adopted.profile, b"").facts}
    assert facts["sysctl.net.ipv4.ip_forward"].proof.expect["value"] == "1"


def test_sysctl_conf_without_its_link_is_noticed() -> None:
    adopted = with_files({"/etc/sysctl.d/99-kubernetes-cri.conf": CRI,
                          "/etc/sysctl.conf": HARDENED})
    assert "at a boot systemd-sysctl reads /etc/sysctl.d only" in notes(adopted)
    assert "net.ipv4.ip_forward = 1 by /etc/sysctl.d/99-kubernetes-cri.conf:2 won over 0 by " \
        "/etc/sysctl.conf:2; `sysctl --system` has it the other way round" in notes(adopted)


def test_slashes_are_the_same_key_and_keep_their_spelling() -> None:
    adopted = with_files({"/etc/sysctl.d/99-kubernetes-cri.conf": CRI,
                          "/etc/sysctl.d/zz-local.conf": "net/ipv4/ip_forward = 0\n"
                          "; a comment\n-net/core/somaxconn = 1024\n"})
    assert "net.ipv4.ip_forward = 0 by /etc/sysctl.d/zz-local.conf:1 won over 1" in notes(adopted)
    assert data(adopted)["os"]["sysctls"] == {"net/core/somaxconn": "1024"}


@pytest.mark.parametrize(("files", "value"), [
    # two files of one name: the first folder's counts
    ({"/etc/sysctl.d/50-a.conf": "vm.swappiness = 1", "/usr/lib/sysctl.d/50-a.conf":
      "vm.swappiness = 2"}, "1"),
    ({"/usr/local/lib/sysctl.d/50-a.conf": "vm.swappiness = 3"}, "3"),
    # the order is that of the whole names, not of their numbers
    ({"/etc/sysctl.d/99-k.conf": "vm.swappiness=1", "/etc/sysctl.d/99-s.conf": "vm.swappiness=2",
      "/etc/sysctl.d/100-x.conf": "vm.swappiness=3"}, "2"),
    # what the distribution ships comes with the image; what has no .conf is not read
    ({"/usr/lib/sysctl.d/50-a.conf": "vm.swappiness = 2"}, None),
    ({"/etc/sysctl.d/50-a.conf.bak": "vm.swappiness = 2"}, None),
    ({"/run/sysctl.d/50-a.conf": "vm.swappiness = 2"}, None),
    ({"/etc/sysctl.d/50-a.conf": "-> /dev/null", "/usr/lib/sysctl.d/50-a.conf":
      "vm.swappiness = 2"}, None),
])
def test_sysctl_ds_precedence(files: dict[str, Content], value: str | None) -> None:
    found = data(with_files(files)).get("os", {}).get("sysctls", {})
    assert found.get("vm.swappiness") == value


def test_what_a_profile_cannot_hold_is_noted() -> None:
    adopted = with_files({"/etc/sysctl.d/a.conf": "net.ipv4.conf.*.rp_filter = 0\n"
                          "net.ipv4.vs.conntrack = 1\nno equals\nkernel.x =\n"})
    said = notes(adopted)
    assert "/etc/sysctl.d/a.conf:1: `net/ipv4/conf/*/rp_filter = 0` is a pattern" in said
    assert "left out os.sysctls.net.ipv4.vs.conntrack (1): kube-proxy sets" in said
    assert "left out os.sysctls.kernel.x" in said
    assert "os" not in data(adopted)


# H06: a padded file, a duplicate, and modules that are gone
PADDED = "ip_vs \nip_vs_rr \nip_vs_wrr \nip_vs_sh \nip_vs_sh \nnf_conntrack_ipv4\nipt_set \nipip \n"


def test_gone_modules_are_dropped_with_a_note() -> None:
    adopted = with_files({"/etc/modules-load.d/ipvs.conf": PADDED})
    assert data(adopted)["os"] == {"modules": ["ipip"]}
    assert "/etc/modules-load.d/ipvs.conf asks for nf_conntrack_ipv4, which the kernel no longer " \
        "has: it is part of nf_conntrack (" in notes(adopted)
    assert "asks for ipt_set" in notes(adopted)
    baked = {fact.id for fact in work_out(adopted.profile, b"").facts}
    assert "module.nf_conntrack" in baked and "module.nf_conntrack_ipv4" not in baked


@pytest.mark.parametrize(("files", "modules"), [
    ({"/etc/modules": "# comment\nnf-nat\n; another\nipip numifbs=1\n"}, ["nf_nat", "ipip"]),
    ({"/etc/modules-load.d/a.conf": "-> /dev/null", "/usr/lib/modules-load.d/a.conf": "ipip"},
     None),
    ({"/usr/lib/modules-load.d/a.conf": "ipip"}, ["ipip"]),
    ({"/etc/modules-load.d/modules.conf": "-> ../modules", "/etc/modules": "ipip"}, ["ipip"]),
])
def test_modules_from_all_their_files(files: dict[str, Content], modules: list[str] | None) -> None:
    assert data(with_files(files)).get("os", {}).get("modules") == modules


LOOP = """#!/bin/bash
ipvs_modules="ip_vs ip_vs_lc \\
  ip_vs_nq nf_conntrack_ipv4"
for kernel_module in ${ipvs_modules}; do
  /sbin/modinfo -F filename ${kernel_module} > /dev/null 2>&1
  if [ $? -eq 0 ]; then
    /sbin/modprobe ${kernel_module}
  fi
done
for i in br_netfilter ipip; do modprobe -- $i; done
modprobe -a nf_nat ip_vs_sed   # both
modprobe bonding mode=4
modprobe -r pcspkr
"""


def test_the_scripts_loops_are_read() -> None:
    adopted = with_files({"/etc/sysconfig/modules/ipvs.modules": (LOOP, 0o755)})
    assert data(adopted)["os"] == {
        "modules": ["ip_vs_lc", "ip_vs_nq", "ipip", "nf_nat", "ip_vs_sed", "bonding"],
        "ipvsModulesFile": "always"}
    assert "not executable" not in notes(adopted)


@pytest.mark.parametrize("script", [
    'for i in $(ls $dir | grep -o "^[^.]*"); do modprobe $i; done', "modprobe ${UNKNOWN}",
    "for i in `ls`; do\nmodprobe $i\ndone"])
def test_what_only_a_shell_could_tell_is_noted(script: str) -> None:
    adopted = with_files({"/etc/sysconfig/modules/x.modules": (script, 0o755)})
    assert "which only a shell on the node can tell" in notes(adopted)


@pytest.mark.parametrize("script", ["'", '"unclosed\nmodprobe ipip', "for", "for x in", "modprobe",
                                    "for modprobe in modprobe; do", "\x00\xff", "a=" * 500])
def test_no_script_breaks_it(script: str) -> None:
    assert with_files({"/etc/sysconfig/modules/x.modules": script}).profile


# H07: the scheduler's module
def test_a_scheduler_without_its_module_is_noted_and_gets_it() -> None:
    adopted = node({**started(*IPVS, "--ipvs-scheduler=sed"),
                    "/etc/modules-load.d/ipvs.conf": "ip_vs\nip_vs_rr\nip_vs_wrr\nip_vs_sh\n"})
    assert config(adopted) == {"ipvs": {"scheduler": "sed"}}
    assert "no file of the old node loads ip_vs_sed, which the scheduler sed needs" in \
        notes(adopted)
    assert "module.ip_vs_sed" in {fact.id for fact in work_out(adopted.profile, b"").facts}


@pytest.mark.parametrize("scheduler", ["foo", "ftp"])
def test_an_unknown_scheduler_is_left_out(scheduler: str) -> None:
    adopted = node(started(*IPVS, f"--ipvs-scheduler={scheduler}"))
    assert config(adopted) == {}
    assert f"left out kubeProxy.config.ipvs.scheduler ({scheduler})" in notes(adopted)


# H08: flags beside --config
H08 = started("--config=/etc/kubernetes/kube-proxy.yaml", "--hostname-override=node-a",
              "--proxy-mode=ipvs", "--ipvs-scheduler=wrr", "--cluster-cidr=10.244.0.0/16", "--v=2")
NULL_MODE = """apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
clientConnection: {kubeconfig: /etc/kubernetes/kube-proxy.kubeconfig}
mode:
ipvs: {scheduler: ""}
"""
AT = "/etc/kubernetes/kube-proxy.yaml"


def test_flags_beside_a_configuration_are_not_carried_over() -> None:
    adopted = node({**H08, AT: NULL_MODE}, Wishes(kubernetes="1.34.4"))
    for flag in ("--proxy-mode=ipvs", "--ipvs-scheduler=wrr", "--cluster-cidr=10.244.0.0/16"):
        assert f"{flag} had no effect beside --config={AT}" in notes(adopted)
    assert "--hostname-override" not in notes(adopted)
    assert "--v" not in notes(adopted)
    assert data(adopted)["kubeProxy"] == {"version": "1.34.4"}


def test_a_mode_without_a_value_is_no_mode() -> None:
    adopted = node({**H08, AT: NULL_MODE}, Wishes(kubernetes="1.34.4"))
    assert "the old node was not in IPVS mode" in notes(adopted)
    assert "None" not in adopted.text
    meant = node({**H08, AT: NULL_MODE.replace("mode:", "mode: ipvs")},
                 Wishes(kubernetes="1.34.4"))
    assert "not in IPVS mode" not in notes(meant)


def test_the_configuration_is_carried_over_under_its_own_names() -> None:
    adopted = node({**started("--config=/opt/k/kube-proxy-config.yml"),
                    "/opt/k/kube-proxy-config.yml": """
apiVersion: kubeproxy.config.k8s.io/v1alpha1
kind: KubeProxyConfiguration
bindAddress: 0.0.0.0
clientConnection: {kubeconfig: /opt/k/kube-proxy.kubeconfig}
clusterCIDR: 10.244.0.0/16
hostnameOverride: k8s-node1
mode: ipvs
ipvs: {scheduler: wrr, strictARP: true, excludeCIDRs: [192.0.2.166/32], syncPeriod: 0s}
iptables: {masqueradeAll: true, masqueradeBit: null}
conntrack: {maxPerCore: null}
nodePortAddresses: null
portRange: ""
oomScoreAdj: null
madeUp: {inner: 1}
"""}, Wishes(kubernetes="1.25.16"))
    proxy = data(adopted)["kubeProxy"]
    assert proxy["form"] == "config"
    assert proxy["configFile"] == "/opt/k/kube-proxy-config.yml"
    assert proxy["kubeconfig"] == "/opt/k/kube-proxy.kubeconfig"
    found = proxy["config"]
    assert (found["ipvs"]["scheduler"], found["ipvs"]["strictARP"]) == ("wrr", True)
    assert found["ipvs"]["excludeCIDRs"] == ["192.0.2.166/32"]
    assert found["iptables"] == {"masqueradeAll": True}
    said = notes(adopted)
    assert "hostnameOverride is one node's own" in said
    assert "left out kubeProxy.config.madeUp" in said
    assert "portRange" not in said and "oomScoreAdj" not in said


@pytest.mark.parametrize(("text", "said"), [
    (None, "is not among the files"), ("a: b: c", "is not YAML"), ("[1]", "is not YAML"),
    ("a: &a [*a]", "is not YAML"), ("mode: [ipvs]", "left out kubeProxy.config.mode"),
    ("mode: iptables", "was in iptables mode"),
    ("mode: ipvs\nclusterCIDR: [10.244.0.0/16]", "left out kubeProxy.config.clusterCIDR"),
    ("mode: ipvs\nclusterCIDR: 10.244.0.7/16", "has host bits set"),
])
def test_a_configuration_that_kube_proxy_could_not_use(text: str | None, said: str) -> None:
    files = {AT: text} if text is not None else {}
    adopted = node({**started(f"--config={AT}"), **files}, Wishes(kubernetes="1.34.4"))
    assert said in notes(adopted)
    assert "config" not in data(adopted)["kubeProxy"]


# the recipe's own kind: flags
@pytest.mark.parametrize(("flags", "found"), [
    (("--masquerade-all", "--proxy-mode", "ipvs"), {"iptables": {"masqueradeAll": True}}),
    (("--masquerade-all=false",), {}),
    (("--ipvs-strict-arp=true", "--ipvs-sync-period=30s"),
     {"ipvs": {"strictARP": True, "syncPeriod": "30s"}}),
    (("--ipvs-exclude-cidrs=192.0.2.1/32,198.51.100.0/24",),
     {"ipvs": {"excludeCIDRs": ["192.0.2.1/32", "198.51.100.0/24"]}}),
    (("--conntrack_max_per_core=0", "--conntrack-min", "131072"),
     {"conntrack": {"maxPerCore": 0, "min": 131072}}),
    (("--metrics-bind-address=0.0.0.0:10249",), {"metricsBindAddress": "0.0.0.0:10249"}),
    (("-v=4", "'--metrics-bind-address=0.0.0.0:1'"), {"metricsBindAddress": "0.0.0.0:1"}),
])
def test_flags(flags: tuple[str, ...], found: dict[str, Any]) -> None:
    assert config(node(started(*IPVS, *flags))) == found


def test_a_flag_without_a_field_is_noted() -> None:
    adopted = node(started(*IPVS, "--made-up=1", "--log-dir=/var/log/kube"))
    assert "--made-up=1 has no field in a profile" in notes(adopted)
    assert "--log-dir=/var/log/kube is not carried over" in notes(adopted)


def test_flags_of_a_newer_version_become_a_configuration() -> None:
    adopted = node(started(*IPVS, "--masquerade-all"), Wishes(kubernetes="1.34.4"))
    assert "form" not in data(adopted)["kubeProxy"]
    assert "left out kubeProxy.form (flags)" in notes(adopted)
    assert config(adopted) == {"iptables": {"masqueradeAll": True}}


# which version ran
@pytest.mark.parametrize(("files", "version"), [
    ({"/usr/lib/systemd/system/kube-proxy.service":
      "[Service]\nExecStart=/opt/kubernetes-v1.19.16/bin/kube-proxy --proxy-mode=ipvs"}, None),
    ({"/usr/lib/systemd/system/kube-proxy.service":
      "[Service]\nExecStart=/opt/k8s/v1.28.3/kube-proxy --proxy-mode=ipvs"}, "1.28.3"),
    ({**started(*IPVS), "/var/lib/dpkg/status": "Package: kubelet\nStatus: install ok installed\n"
      "Version: 1.24.17-00\n\nPackage: x\nStatus: deinstall ok config-files\n"}, "1.24.17"),
    ({"/etc/kubernetes/manifests/kube-proxy.yaml":
      "  image: registry.k8s.io/kube-proxy:v1.34.4\n"}, "1.34.4"),
])
def test_the_version_is_read_from_what_says_it(files: dict[str, Content],
                                               version: str | None) -> None:
    if version is None:
        with pytest.raises(InputError, match="older than imagegen knows"):
            node(files, Wishes())
        return
    adopted = node({**files, "/etc/hosts": ""}, Wishes())
    assert data(adopted)["kubeProxy"]["version"] == version
    assert f"the version {version} is that of " in notes(adopted)


def test_without_a_version_the_error_says_how_to_give_it() -> None:
    with pytest.raises(InputError) as error:
        node(started(*IPVS), Wishes())
    assert "--kubernetes 1.34.4" in str(error.value)
    with pytest.raises(InputError, match="not a version"):
        node(started(*IPVS), Wishes(kubernetes="latest"))


def test_a_node_without_a_unit_is_told_from_one_with_it() -> None:
    adopted = node({"/etc/hosts": ""})
    assert "no unit among the files runs kube-proxy" in notes(adopted)
    assert data(adopted)["kubeProxy"] == {"version": "1.20.2"}


def test_kubeadms_own_traces_say_that_it_runs_kube_proxy() -> None:
    drop_in: dict[str, Content] = {
        "/usr/lib/systemd/system/kubelet.service.d/10-kubeadm.conf": "[Service]\n"}
    adopted = node(drop_in)
    assert data(adopted)["kubeProxy"] == {"version": "1.20.2", "runBy": "kubeadm"}
    assert "get configmap kube-proxy" in notes(adopted)
    assert "runBy" not in data(node({**started(*IPVS), **drop_in}))["kubeProxy"]


# the rest of the system
def test_what_stays_behind_is_noted() -> None:
    adopted = node({**started(*IPVS), "/etc/os-release": 'ID="centos"\nVERSION_ID="7"\n',
                    "/etc/docker/daemon.json": "", "/etc/keepalived/keepalived.conf": ""},
                   Wishes(kubernetes="1.20.2", packages=("ipset", "nfs-utils", "kubeadm", "vim")))
    said = notes(adopted)
    assert "the node runs centos 7, of which imagegen makes no images; rocky 8 " in said
    assert "docker's configuration (/etc/docker/daemon.json) is not carried over" in said
    assert "excludeCIDRs" in said
    assert "the node has kubeadm" in said
    assert data(adopted)["os"] == {"packages": ["nfs-utils"]}


def test_a_known_release_is_kept() -> None:
    adopted = with_files({"/etc/os-release": 'ID=debian\nVERSION_ID="11"\n'})
    assert yaml.safe_load(adopted.text)["os"] == {"distribution": "debian", "release": "11"}


@pytest.mark.parametrize(("wishes", "said"), [
    (Wishes(kubernetes="1.20.2", service_cidr="10.0.0.1"), "has no prefix length"),
    (Wishes(kubernetes="1.20.2", service_cidr="10.244.0.0/16", pod_cidr="10.244.0.0/16"),
     "overlap"),
    (Wishes(kubernetes="1.20.2", name="A b"), "holds a blank"),
])
def test_a_wrong_wish_is_an_error_and_not_left_out(wishes: Wishes, said: str) -> None:
    with pytest.raises(InputError, match=said):
        node(started(*IPVS), wishes)
