"""H02's, H07's and H09's kinds: words, cases and spellings of kube-proxy's own fields.

Reports of the kinds: kubernetes 53393, 56320, 66062, 67730, 75443, 93674, 96879, 111840, 112185;
54121, 55864, 92033, 92715, 93040, 114669; 78020, 87353, 105832, 121830; kube-proxy 4; website
16010, 19350, 30646; amazon-eks-ami 925; bottlerocket 2409; kubespray 9628; puppet-k8s 27.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest

from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.common.progress import Silent
from imagegen.common.run import run
from imagegen.knowledge.kubernetes import Version
from imagegen.knowledge.kubernetes_gates import gate_of
from tests.plan.test_kube_proxy_reads import MODERN, OLD
from tests.profile.cases import found, rules, said

MODE, SCHEDULER = "kubeProxy.config.mode", "kubeProxy.config.ipvs.scheduler"


@pytest.mark.parametrize(("path", "given", "meant"), [
    (SCHEDULER, "RR", "rr"), (SCHEDULER, "Wlc ", "wlc"), (SCHEDULER, "ip_vs_sed", "sed"),
    (SCHEDULER, "round-robin", "rr"), (SCHEDULER, "Round Robin", "rr"),
    (SCHEDULER, "least_connection", "lc"), (SCHEDULER, "maglev", "mh"),
    (MODE, "IPVS", "ipvs"), (MODE, "ipvs ", "ipvs"), (MODE, "nftable", "nftables"),
    ("os.distribution", "Debian", "debian"), ("os.distribution", "redhat", "rhel"),
    ("kubeProxy.config.detectLocalMode", "clusterCIDR", "ClusterCIDR")])
def test_a_choice_in_another_case_or_by_another_word(path: str, given: str, meant: str) -> None:
    assert found({path: given}) == [("not-a-choice", "error")]
    assert f"did you mean {meant}?" in said({path: given})


@pytest.mark.parametrize(("path", "given"), [
    (MODE, "iptables"), (MODE, "userspace"), (SCHEDULER, "ftp"), (MODE, "")])
def test_what_is_meant_by_none_is_not_guessed(path: str, given: str) -> None:
    assert "choose one of" in said({path: given}) and "did you mean" not in said({path: given})


@pytest.mark.parametrize(("ranges", "version", "told"), [
    (["primary"], "1.34.4", []), (["0.0.0.0/0"], "1.34.4", []),
    (["primary"], "1.30.4", ["kube-proxy-field-version"]), (["Primary"], "1.34.4", ["cidr-form"]),
    (["192.0.2.5"], "1.34.4", ["cidr-prefix"]), (["192.0.2.5/24"], "1.34.4", ["cidr-host-bits"]),
    (["lo"], "1.34.4", ["cidr-form"])])
def test_node_port_addresses(ranges: list[str], version: str, told: list[str]) -> None:
    assert rules({"kubeProxy.config.nodePortAddresses": ranges,
                  "kubeProxy.version": version}) == told


def test_a_word_in_another_case() -> None:
    assert "write primary" in said({"kubeProxy.config.nodePortAddresses": ["Primary"]})


@pytest.mark.parametrize(("value", "rule"), [
    ("0s", None), ("15m", None), ("1.5h", None), ("24h0m0s", None), (30, "duration-unit"),
    ("30", "duration-form"), ("1d", "duration-form"), ("-1s", "duration-form"),
    ("1h 30m", "duration-form"), ("900S", "duration-form"), ("", "duration-form")])
def test_durations(value: object, rule: str | None) -> None:
    assert rules({"kubeProxy.config.ipvs.tcpTimeout": value}) == ([rule] if rule else [])


@pytest.mark.parametrize(("conntrack", "told"), [
    ({"maxPerCore": 0, "min": 0}, []), ({"maxPerCore": 0, "min": 131072}, []),
    ({"maxPerCore": 65535, "min": 655350}, []), ({"max": 1048576}, ["unknown-key"]),
    ({"maxPerCore": "32768"}, ["wrong-type"]), ({"maxPerCore": 1 << 31}, ["out-of-bounds"]),
    ({"maxPerCore": -1}, ["out-of-bounds"])])
def test_the_size_of_connection_tracking(conntrack: dict[str, object], told: list[str]) -> None:
    assert rules({"kubeProxy.config.conntrack": conntrack}) == told


@pytest.mark.parametrize(("gate", "on", "version", "told"), [
    ("RotateKubeletServerCertificate", True, "1.34.4", []), ("AllAlpha", False, "1.34.4", []),
    ("TopologyAwareHints", True, "1.34.4", []),
    ("TopologyAwareHints", True, "1.37.2", ["kube-proxy-gate-version"]),
    ("TopologyAwareHints", False, "1.34.4", ["kube-proxy-gate-version"]),
    ("SupportIPVSProxyMode", True, "1.20.2", ["kube-proxy-gate-version"]),
    ("EndpointSliceProxying", True, "1.20.2", []),
    ("EndpointSliceProxying", True, "1.25.4", ["kube-proxy-gate-version"]),
    ("DynamicKubeletConfig", True, "1.34.4", ["kube-proxy-gate-version"]),
    ("AllowOverwriteTerminationGracePeriodSeconds", True, "1.37.2", ["kube-proxy-gate-version"]),
    ("KubeProxyIPVS", True, "1.34.4", ["kube-proxy-gate-version"]),
    ("KubeProxyIpvs", True, "1.37.2", ["kube-proxy-gate-unknown"])])
def test_gates_by_version(gate: str, on: bool, version: str, told: list[str]) -> None:
    changes = {"kubeProxy.config.featureGates": {gate: on}, "kubeProxy.version": version}
    assert [rule for rule in rules(changes) if rule.startswith("kube-proxy-gate")] == told


def test_a_misspelt_gate_is_told() -> None:
    changes = {"kubeProxy.config.featureGates": {"KubeProxyIpvs": True},
               "kubeProxy.version": "1.37.2"}
    assert "did you mean KubeProxyIPVS?" in said(changes)
    assert "write it like {AllAlpha: true}" in said(
        {"kubeProxy.config.featureGates": "AllAlpha=true"})


@pytest.mark.parametrize("version", [OLD, *MODERN])
@pytest.mark.parametrize("gate", [
    "TopologyAwareHints", "KubeProxyIPVS", "IPv6DualStack", "NodeSwap", "EndpointSliceProxying",
    "TTLAfterFinished", "SidecarContainers"])
def test_the_real_kube_proxy_knows_a_gate_as_the_table_does(gate: str, version: str) -> None:
    program, known = kube_binary(KubeProgram.PROXY, version, Silent()), gate_of(gate)
    assert known is not None
    with tempfile.TemporaryDirectory() as folder:
        done = run([str(program), f"--feature-gates={gate}=true",
                    f"--write-config-to={Path(folder, 'out.yaml')}"], check=False)
    at = Version.parse(version)
    there = known.since <= at and (known.until is None or at < known.until)
    assert ("unrecognized feature gate" not in done.output) is there, done.output


@pytest.mark.parametrize(("field", "address", "told"), [
    ("metricsBindAddress", "192.0.2.21:10249", True),
    ("metricsBindAddress", "[::]:10249", False), ("healthzBindAddress", "127.0.0.1:10256", False),
    ("healthzBindAddress", "192.0.2.21:10256", True)])
def test_an_address_of_one_node(field: str, address: str, told: bool) -> None:
    rule = "kube-proxy-address-of-one-node"
    assert rules({f"kubeProxy.config.{field}": address}) == [rule] * told


DL = "https://dl.k8s.io/release/v1.34.4/bin/linux/amd64/kube-proxy"


@pytest.mark.parametrize(("url", "told"), [
    (DL, False), (DL.replace("1.34.4", "1.33.0"), True), (DL.replace("amd64", "arm64"), True),
    ("https://dl.k8s.io/v1.34.4/kubernetes-node-linux-amd64.tar.gz", True),
    ("https://files.example.org/kube-proxy", False),
    ("https://files.example.org/kube-proxy-v1.34.4", False),
    ("https://files.example.org/1.2.3/kube-proxy-1.34.4", False),
    ("https://files.example.org/kube-proxy_1.31.0", True)])
def test_a_url_of_another_program(url: str, told: bool) -> None:
    changes = {"kubeProxy.binary": {"from": "url", "url": url, "sha256": "a0" * 32}}
    assert found(changes) == [("program-url", "warning")] * told


@pytest.mark.parametrize(("ports", "told"), [
    ("30000-32767", ""), ("20000-40000", ""), ("10000-32767", "10250 (the kubelet)"),
    ("1-65535", "22 (ssh)"), ("10240-10249", "10249 (kube-proxy)")])
def test_node_ports_that_the_node_listens_on(ports: str, told: str) -> None:
    changes = {"cluster.nodePortRange": ports,
               "os.sysctls": {"net.ipv4.ip_local_reserved_ports": "20000-65535"}}
    assert rules(changes) == ["cluster-node-ports-taken"] * bool(told)
    assert told in said(changes)


@pytest.mark.parametrize(("server", "rule"), [
    ("api.example.org:6443", "address-form"), (":6443", "endpoint-form"),
    ("192.0.2.1", "endpoint-form"), ("https://192.0.2.1:6443", "endpoint-form"),
    ("192.0.2.1:06443", "endpoint-form"), ("[2001:DB8::1]:6443", "address-form")])
def test_an_api_server_is_an_address_and_a_port(server: str, rule: str) -> None:
    assert rules({"cluster.apiServers": [server]}) == [rule]
    assert "write" in said({"cluster.apiServers": [server]})


@pytest.mark.parametrize(("version", "config", "told"), [
    ("1.34.4", {"mode": "nftables"}, True), ("1.34.4", {"mode": "ipvs"}, False),
    ("1.34.4", {"mode": "nftables", "nodePortAddresses": ["primary"]}, False),
    ("1.34.4", {"mode": "nftables", "nodePortAddresses": ["192.0.2.0/24"]}, False),
    ("1.29.6", {"mode": "nftables", "featureGates": {"NFTablesProxyMode": True}}, False),
    ("1.30.0", {"mode": "nftables", "featureGates": {"NFTablesProxyMode": True}}, True)])
def test_r19_the_default_of_node_port_addresses_by_mode(version: str, config: dict[str, object],
                                                        told: bool) -> None:
    changes = {"kubeProxy.version": version, "kubeProxy.config": config}
    assert (("kube-proxy-node-ports-primary", "warning") in found(changes)) is told


@pytest.mark.parametrize(("kubelet", "proxy", "run_by", "told"), [
    ("1.29.0", "1.34.4", "systemd", "warning"), ("1.31.0", "1.34.4", "systemd", ""),
    ("1.37.2", "1.34.4", "systemd", ""), ("1.38.0", "1.34.4", "systemd", "warning"),
    ("1.22.0", "1.24.9", "systemd", ""), ("1.21.0", "1.24.9", "systemd", "warning"),
    ("1.35.0", "1.34.4", "kubeadm", "error"), ("1.34.9", "1.34.4", "kubeadm", ""),
    ("1.30.0", "1.34.4", "kubeadm", "warning")])
def test_a10_the_kubelet_s_skew(kubelet: str, proxy: str, run_by: str, told: str) -> None:
    node = {"os.containerd": {}, "os.kubelet": {
        "version": kubelet, "from": "path", "path": "/srv/kubelet", "sha256": "1" * 64},
        "kubeProxy.version": proxy, "kubeProxy.runBy": run_by}
    skew = [severity for rule, severity in found(node) if rule == "kubernetes-version-skew"]
    assert skew == [told] * bool(told)
