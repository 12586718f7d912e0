"""H04's and H08's kinds: others beside kube-proxy, and what it never reads.

Reports of the kinds: kubernetes 59507, 62083, 76267, 83232, 85799, 134147; kube-proxy 6; kube-vip
454; kubekey 1702, 2005; kube-router 829, 830; viya4-iac-k8s 192, 197; metallb 153, 637, 2500;
kubespray 5180; kubermatic 7309; antrea 3785. And kubernetes 48187, 70096, 79266, 82521, 98302,
107156, 107157; kubernetes-the-hard-way 339; website 14164.
"""

from __future__ import annotations

import re

import pytest
import yaml

from tests.profile.cases import file, found, node_file, rendering, rules, said

SERVICE = "usr/lib/systemd/system/kube-proxy.service"
CONFIG = "etc/kubernetes/kube-proxy.yaml"
EXCLUDE = "kubeProxy.config.ipvs.excludeCIDRs"


def config(changes: dict[str, object]) -> dict[str, object]:
    loaded: dict[str, object] = yaml.safe_load(node_file(rendering(changes), CONFIG))
    return loaded


KEEPALIVED = "! beside kube-proxy\nvirtual_server 192.0.2.166 41808 {\n  lb_algo wlc\n}\n"
GROUPED = ("virtual_server_group web {\n  192.0.2.170-175 80\n  2001:db8::7 80\n  fwmark 3\n}\n"
           "virtual_server group web {\n}\n")


@pytest.mark.parametrize(("text", "kept", "addresses"), [
    (KEEPALIVED, [], ["192.0.2.166/32"]),
    (KEEPALIVED, ["192.0.2.166/32"], []),
    (KEEPALIVED, ["192.0.2.0/24"], []),
    (KEEPALIVED, ["2001:db8::/64"], ["192.0.2.166/32"]),
    (GROUPED, [], ["192.0.2.170/32", "2001:db8::7/128"]),
    ("# virtual_server 192.0.2.9 80 {\nvirtual_server fwmark 3 {\n", [], []),
])
def test_h04_keepalived_beside_kube_proxy(text: str, kept: list[str],
                                          addresses: list[str]) -> None:
    changes = {"os.files": [{"path": "/etc/keepalived/keepalived.conf", "content": text}],
               "kubeProxy.config.ipvs.excludeCIDRs": kept}
    assert found(changes) == [("ipvs-foreign-server", "warning")] * len(addresses)
    assert re.findall(r"add (\S+) to", said(changes)) == addresses


KUBE_VIP = """apiVersion: v1
kind: Pod
metadata: {{name: kube-vip, namespace: kube-system}}
spec:
  containers:
    - name: kube-vip
      image: ghcr.io/kube-vip/kube-vip:v0.8.0
      args: [manager]
      env:
        - {{name: {address}, value: 192.0.2.200}}
        - {{name: lb_enable, value: "{balance}"}}
        - {{name: vip_arp, value: "{arp}"}}
"""
MANIFEST = "/etc/kubernetes/manifests/kube-vip.yaml"


@pytest.mark.parametrize(("address", "balance", "kept", "told"), [
    ("address", "true", [], True), ("vip_address", "true", [], True),
    ("address", "true", ["192.0.2.200/32"], False), ("address", "false", [], False)])
def test_kube_vip_balances_by_ipvs_as_well(address: str, balance: str, kept: list[str],
                                           told: bool) -> None:
    text = KUBE_VIP.format(address=address, balance=balance, arp="false")
    changes = {**file(MANIFEST, text), EXCLUDE: kept}
    assert found(changes) == [("ipvs-foreign-server", "warning")] * told
    assert ("add 192.0.2.200/32 to" in said(changes)) is told


@pytest.mark.parametrize(("path", "text", "addresses"), [
    ("/etc/ipvsadm.rules", "-A -t 192.0.2.166:80 -s rr\n-a -t 192.0.2.166:80 -r 192.0.2.5:80 -m\n",
     ["192.0.2.166/32"]),
    ("/etc/sysconfig/ipvsadm", "--add-service --udp-service [2001:db8::7]:53 -s wlc\n-A -f 3\n",
     ["2001:db8::7/128"]),
    ("/etc/ha.d/ldirectord.cf", "# virtual=192.0.2.9:80\nvirtual=192.0.2.166:80\n"
     "virtual6=[2001:db8::8]:443\n", ["192.0.2.166/32", "2001:db8::8/128"]),
    ("/etc/motd", "virtual=192.0.2.166:80\n", []),
    ("/etc/kubernetes/manifests/x.yaml", "a: [b\n", []),
    ("/etc/kubernetes/manifests/x.yaml", "spec: {containers: [3, {image: 4, env: 5}]}\n", [])])
def test_others_that_make_virtual_servers(path: str, text: str, addresses: list[str]) -> None:
    assert re.findall(r"add (\S+) to", said(file(path, text))) == addresses


NFTABLES = {"kubeProxy.config.mode": "nftables",
            "kubeProxy.config.nodePortAddresses": ["primary"]}


def test_a_unit_that_makes_one() -> None:
    start = "/usr/sbin/ipvsadm -A -t 192.0.2.166:80 -s rr"
    unit = {"name": "lb.service", "content": f"[Service]\nType=oneshot\nExecStart={start}\n"}
    assert found({"os.units": [unit]}) == [("ipvs-foreign-server", "warning")]
    assert found({"os.units": [unit], **NFTABLES}) == []


METALLB = "spec:\n  containers:\n  - name: speaker\n    image: quay.io/metallb/speaker:v0.14.5\n"


@pytest.mark.parametrize(("changes", "told"), [
    ({}, True), ({"kubeProxy.config.ipvs.strictARP": True}, False),
    (NFTABLES, False),
    ({"os.sysctls": {"net.ipv4.conf.all.arp_ignore": "1"}}, True),
    ({"os.sysctls": {"net.ipv4.conf.all.arp_ignore": "1",
                     "net/ipv4/conf/all/arp_announce": "2"}}, False)])
@pytest.mark.parametrize(("path", "text"), [
    (MANIFEST, KUBE_VIP.format(address="address", balance="false", arp="true")),
    ("/var/lib/manifests/metallb.yaml", METALLB)])
def test_announced_by_arp_and_answered_by_all(path: str, text: str, changes: dict[str, object],
                                              told: bool) -> None:
    assert found({**file(path, text), **changes}) == [("ipvs-strict-arp", "warning")] * told


@pytest.mark.parametrize(("cidr", "told"), [
    ("0.0.0.0/0", True), ("10.96.0.0/12", True), ("10.100.0.7/32", True), ("10.0.0.0/8", True),
    ("192.0.2.166/32", False), ("::/0", False)])
def test_services_are_not_excluded(cidr: str, told: bool) -> None:
    assert found({EXCLUDE: [cidr]}) == [("ipvs-exclude-services", "warning")] * told


@pytest.mark.parametrize(("given", "hint"), [
    ("192.0.2.166/32", "[192.0.2.166/32]"),
    ("192.0.2.166/32, 192.0.2.167/32", "[192.0.2.166/32, 192.0.2.167/32]")])
def test_a_list_that_was_written_as_a_flag(given: str, hint: str) -> None:
    assert f"write it like {hint}" in said({EXCLUDE: given})


def drop_in(command: str) -> dict[str, object]:
    return {"os.units": [{"name": "kube-proxy.service", "dropIns": [
        {"name": "flags", "content": f"[Service]\nExecStart=\nExecStart={command}\n"}]}]}


def test_h08_flags_beside_the_file() -> None:
    changes = drop_in("/usr/local/bin/kube-proxy \\\n"
                      "  --config=/etc/kubernetes/kube-proxy.yaml \\\n"
                      "  --hostname-override=node-a \\\n  --proxy-mode=ipvs \\\n"
                      "  --ipvs-scheduler=wrr \\\n  --cluster-cidr=10.244.0.0/16 \\\n  --v=2")
    assert found(changes) == [("kube-proxy-flag-no-effect", "error")]
    text = said(changes)
    for flag in ("proxy-mode", "ipvs-scheduler", "cluster-cidr"):
        assert f"--{flag}" in text
    assert "--hostname-override" not in text and "--v " not in text
    assert "kubeProxy.config.ipvs.scheduler" in text


def test_h08_what_counts_beside_the_file_is_well() -> None:
    assert found(drop_in("/usr/local/bin/kube-proxy --config=/etc/kubernetes/kube-proxy.yaml "
                         "--hostname-override=a --v=4 --write-config-to=/run/x")) == []
    assert found({**drop_in("/usr/local/bin/kube-proxy --proxy-mode=ipvs"),
                  "kubeProxy.version": "1.25.4", "kubeProxy.form": "flags"}) == []


def test_h08_a_mode_of_null_is_no_mode() -> None:
    assert [rule for rule, _ in found({"kubeProxy.config.mode": None})] == ["no-value"]


def test_h08_the_unit_holds_the_file_and_what_it_does_not_replace() -> None:
    flags = re.findall(r"--([a-z-]+)", node_file(rendering({}), SERVICE).partition("ExecStart")[2])
    assert set(flags) == {"config", "hostname-override", "v"}
    assert config({})["mode"] == "ipvs"


OURS = "/usr/local/bin/kube-proxy --config=/etc/kubernetes/kube-proxy.yaml"


@pytest.mark.parametrize("flags", [
    '"--proxy-mode=ipvs"', "'--proxy-mode' ipvs", "--proxy_mode=ipvs", "-proxy-mode ipvs",
    "--v=2 --proxy-mode=ipvs", "$ARGS", "${ARGS}"])
def test_h08_a_flag_in_any_spelling(flags: str) -> None:
    text = ('[Service]\nEnvironment="ARGS=--proxy-mode=ipvs"\nExecStart=\n'
            f"ExecStart={OURS} {flags}\n")
    changes = {"os.units": [{"name": "kube-proxy.service",
                             "dropIns": [{"name": "flags", "content": text}]}]}
    assert found(changes) == [("kube-proxy-flag-no-effect", "error")]
    assert "kubeProxy.config.mode" in said(changes)


@pytest.mark.parametrize(("command", "told"), [
    ("/usr/local/bin/kube-proxy --config=/etc/other.yaml", "reads /etc/other.yaml"),
    ("/usr/local/bin/kube-proxy --config /etc/other.yaml", "reads /etc/other.yaml"),
    ("/usr/local/bin/kube-proxy --kubeconfig=/x", "has no --config"),
    (OURS, ""), ("/usr/local/bin/kube-proxy --config=${FILE}", "")])
def test_h08_another_file_than_the_profile_s(command: str, told: str) -> None:
    assert rules(drop_in(command)) == ["kube-proxy-other-config"] * bool(told)
    assert told in said(drop_in(command))


@pytest.mark.parametrize("path", ["/etc/default/kube-proxy", "/etc/sysconfig/kube-proxy"])
def test_h08_a_file_that_nobody_reads(path: str) -> None:
    changes = file(path, 'KUBE_PROXY_ARGS="--proxy-mode=ipvs"\n')
    assert found(changes) == [("kube-proxy-file-unread", "warning")]
    reads = {"name": "kube-proxy.service", "dropIns": [
        {"name": "environment", "content": f"[Service]\nEnvironmentFile=-{path}\n"}]}
    assert found({**changes, "os.units": [reads]}) == []


def second(name: str, start: str) -> dict[str, object]:
    return {"os.units": [{"name": name, "content": f"[Service]\nExecStart={start}\n"}]}


def test_h08_two_kube_proxies() -> None:
    assert rules(second("proxy.service", "-/opt/bin/kube-proxy --config=/x")) == [
        "kube-proxy-second"]
    assert rules(second("clean.service", "/opt/bin/kube-proxy --cleanup")) == []
    assert rules(second("proxy.service", "/usr/bin/kube-proxy-exporter")) == []
    pod = "spec:\n  containers:\n  - image: registry.k8s.io/kube-proxy:v1.34.4\n"
    assert rules(file("/etc/kubernetes/manifests/kube-proxy.yaml", pod)) == ["kube-proxy-second"]
    assert rules(file("/etc/motd", pod)) == []


@pytest.mark.parametrize(("content", "told"), [
    (f"[Service]\nExecStart={OURS}\n", True), (f"[Service]\nExecStart=\nExecStart={OURS}\n", False),
    ("[Service]\nExecStartPre=/bin/true\n", False), ("[Service]\nMemoryMax=1G\n", False)])
def test_two_programs_to_start(content: str, told: bool) -> None:
    """systemd: `Service has more than one ExecStart= setting`."""
    changes = {"os.units": [{"name": "kube-proxy.service",
                             "dropIns": [{"name": "x", "content": content}]}]}
    assert rules(changes) == ["node-unit-exec-twice"] * told


@pytest.mark.parametrize(("kind", "told"), [("simple", True), ("oneshot", False), ("exec", True)])
def test_a_oneshot_may_start_several(kind: str, told: bool) -> None:
    changes = {"os.units": [{"name": "a.service", "dropIns": [
        {"name": "x", "content": "[Service]\nExecStart=/bin/true\n"}],
        "content": f"[Service]\nType={kind}\nExecStart=/bin/true\n"}]}
    assert rules(changes) == ["node-unit-exec-twice"] * told
