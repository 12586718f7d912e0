"""The real kubeadm takes `kubeadm/kubeadm.yaml`, and makes of it what the node expects."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from imagegen.bake.kube import KubeProgram, kube_binary
from imagegen.common.errors import InputError
from imagegen.common.progress import Silent
from imagegen.common.run import Done, run
from imagegen.knowledge.kubeadm import api_of
from imagegen.knowledge.kubernetes import Mode, Version
from imagegen.knowledge.kubernetes_gates import NFTABLES_GATE
from imagegen.knowledge.kubernetes_modes import NFTABLES_WITHOUT_GATE_FROM
from imagegen.profile.check import check_bytes
from imagegen.render.kubeadm import DOCUMENTS, documents
from imagegen.render.render import render
from tests.plan.kube_proxy_configs import nested, whole
from tests.plan.test_kube_proxy_reads import differences
from tests.profile.test_families import DUAL, SIX, SIX_FIRST
from tests.profiles import as_yaml, changed, parsed

NEWEST = "1.37.2"
USUAL = "1.34.4"
# the first kubeadm that the Go proxy has and that can validate; the verb came with 1.26
OLDEST = "1.29.6"
# it cannot validate, but reads the documents in order to say which images they ask for
ANCIENT = "1.20.2"
VALIDATES_FROM = Version(1, 26)
# each other version is one to three minutes of compiling where the cache lacks it
OTHERS = (ANCIENT, OLDEST, NEWEST)
VERSIONS = [USUAL, *(pytest.param(one, marks=pytest.mark.wide) for one in OTHERS)]
MODES = [(USUAL, Mode.IPVS), (USUAL, Mode.NFTABLES),
         *(pytest.param(version, mode, marks=pytest.mark.wide) for version in OTHERS
           for mode in Mode if (version, mode) != (ANCIENT, Mode.NFTABLES))]
CLUSTER: dict[str, Any] = {
    "cluster.serviceCIDR": "10.254.0.0/16", "cluster.podCIDR": "172.30.0.0/16",
    "cluster.nodePortRange": "20000-40000", "cluster.dnsDomain": "k8s.example.org",
    "cluster.controlPlaneEndpoint": "api.example.org:6443"}


def data(version: str, **more: Any) -> dict[str, Any]:
    return changed({"kubeProxy.version": version, "kubeProxy.runBy": "kubeadm", **more})


def document(version: str, **more: Any) -> bytes:
    return documents(parsed(data(version, **more)))


def parts(text: bytes) -> tuple[dict[str, Any], dict[str, Any]]:
    """ClusterConfiguration and KubeProxyConfiguration."""
    cluster, proxy = yaml.safe_load_all(text)
    return cluster, proxy


def kubeadm(version: str, text: bytes, folder: Path, *verb: str) -> Done:
    """A verb of the real kubeadm about a document; by default what it says of its validity."""
    (folder / "kubeadm.yaml").write_bytes(text)
    program = str(kube_binary(KubeProgram.KUBEADM, version, Silent()))
    judge = ("config", "validate") if Version.parse(version) >= VALIDATES_FROM else (
        "config", "images", "list")
    return run([program, *(verb or judge), "--config", str(folder / "kubeadm.yaml")], check=False,
               timeout=60)


def accepted(done: Done) -> bool:
    """An old kubeadm only logs a field that it does not know."""
    last = "coredns" if "images" in done.argv else "ok"
    return done.code == 0 and last in done.output.splitlines()[-1] and (
        "error unmarshaling" not in done.output)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("more", [{}, CLUSTER,
                                  SIX | {"cluster.apiServers": ["[2001:db8::1]:6443"]}])
def test_the_documents_are_valid(version: str, more: dict[str, Any], tmp_path: Path) -> None:
    done = kubeadm(version, document(version, **more), tmp_path)
    assert accepted(done), done.output


@pytest.mark.parametrize("ranges", [DUAL, SIX_FIRST])
def test_both_families_are_taken_in_either_order(ranges: dict[str, str], tmp_path: Path) -> None:
    text = document(USUAL, **ranges)
    assert parts(text)[0]["networking"]["serviceSubnet"] == ranges["cluster.serviceCIDR"]
    done = kubeadm(USUAL, text, tmp_path)
    assert accepted(done), done.output


@pytest.mark.parametrize(("version", "mode"), MODES)
def test_every_field_of_kube_proxys_is_taken(version: str, mode: Mode, tmp_path: Path) -> None:
    config = nested(whole(version, mode))
    if mode is Mode.NFTABLES and Version.parse(version) < NFTABLES_WITHOUT_GATE_FROM:
        config["featureGates"][NFTABLES_GATE] = True
    done = kubeadm(version, document(version, **{"kubeProxy.config": config}), tmp_path)
    assert accepted(done), done.output


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(("old", "new", "word"), [
    ("podSubnet:", "podSubnets:", r"unknown field (networking\.)?podSubnets"),
    ("scheduler:", "schedular:", r"unknown field (ipvs\.)?schedular"),
    ("10.254.0.0/16", "10.0.0.0/8", "too large"),
    ("172.30.0.0/16", "172.30.0.0/25", "the node subnet size|size of node subnet"),
    ("kubeadm.k8s.io/v1", "kubeadm.k8s.io/v9", "v9"),
    ("api.example.org:6443", "https://api.example.org", "hostport https"),
])
def test_the_judge_judges(version: str, old: str, new: str, word: str, tmp_path: Path) -> None:
    """A judge that takes everything would prove nothing."""
    text = document(version, **CLUSTER)
    assert old in text.decode()
    done = kubeadm(version, text.replace(old.encode(), new.encode()), tmp_path)
    assert not accepted(done)
    assert re.search(word, done.output.replace('"', ""))


@pytest.mark.parametrize("field", ["serviceCIDR", "podCIDR"])
@pytest.mark.parametrize("network", ["16.0.0.0/{}", "fd00::/{}"])
def test_the_lint_refuses_the_ranges_that_kubeadm_refuses(
    field: str, network: str, tmp_path: Path
) -> None:
    text = document(USUAL).decode()
    usual = {"serviceCIDR": "10.96.0.0/12", "podCIDR": "10.244.0.0/16"}[field]
    prefixes = (7, 8, 11, 12, 16, 24, 25, 28, 29) if "16" in network else (
        47, 48, 64, 65, 107, 108, 124, 125)
    judged, linted = [], []
    for prefix in prefixes:
        cidr = network.format(prefix)
        found = check_bytes("p.yaml", as_yaml(data(USUAL, **{f"cluster.{field}": cidr}))).findings
        linted.append("kubeadm-range" in [one.rule for one in found])
        mine = text.replace(f"{_name(field)}: {usual}", f"{_name(field)}: {cidr}")
        judged.append(not accepted(kubeadm(USUAL, mine.encode(), tmp_path)))
    assert linted == judged
    assert {True, False} <= set(judged)


def _name(field: str) -> str:
    return field.replace("CIDR", "Subnet")


def manifests(version: str, text: bytes, folder: Path) -> dict[str, Any]:
    """What kubeadm would give to the cluster for kube-proxy, by kind."""
    done = kubeadm(version, text, folder, "init", "phase", "addon", "kube-proxy",
                   "--print-manifest")
    return {one["kind"]: one for one in yaml.safe_load_all(done.output[done.output.index("---"):])}


@pytest.mark.parametrize("version", [USUAL, pytest.param(NEWEST, marks=pytest.mark.wide)])
def test_the_daemonset_reads_what_the_profile_says(version: str, tmp_path: Path) -> None:
    config = nested(whole(version, Mode.IPVS))
    text = document(version, **CLUSTER, **{"kubeProxy.config": config})
    made = manifests(version, text, tmp_path)
    read = yaml.safe_load(made["ConfigMap"]["data"]["config.conf"])
    assert differences(parts(text)[1], read) == []
    assert read["clientConnection"]["kubeconfig"] == "/var/lib/kube-proxy/kubeconfig.conf"
    assert "https://api.example.org:6443" in made["ConfigMap"]["data"]["kubeconfig.conf"]
    pod = made["DaemonSet"]["spec"]["template"]["spec"]
    assert pod["hostNetwork"] is True
    assert pod["containers"][0]["image"].endswith(f"kube-proxy:v{version}")
    # why a flag of the profile's could not reach it
    assert [word.partition("=")[0] for word in pod["containers"][0]["command"]] == [
        "/usr/local/bin/kube-proxy", "--config", "--hostname-override"]


@pytest.mark.parametrize(("version", "api"), [
    ("1.20.2", "v1beta2"), ("1.21.14", "v1beta2"), ("1.22.0", "v1beta3"), ("1.30.14", "v1beta3"),
    ("1.31.0", "v1beta4"), ("1.37.2", "v1beta4")])
def test_the_api_is_the_one_that_the_version_writes(version: str, api: str) -> None:
    cluster, _ = parts(document(version, **CLUSTER))
    assert cluster["apiVersion"] == f"kubeadm.k8s.io/{api}"
    assert api_of(Version.parse(version)).name == cluster["apiVersion"]
    assert cluster["kubernetesVersion"] == f"v{version}"
    args = cluster["apiServer"]["extraArgs"]
    wanted = {"service-node-port-range": "20000-40000"}
    assert args == ([{"name": name, "value": value} for name, value in wanted.items()]
                    if api == "v1beta4" else wanted)


@pytest.mark.parametrize(("servers", "given", "endpoint"), [
    ([], None, None), (["192.0.2.1:6443"], None, "192.0.2.1:6443"),
    (["192.0.2.1:6443", "192.0.2.2:6443"], None, None),
    (["192.0.2.1:6443", "192.0.2.2:6443"], "192.0.2.9:6443", "192.0.2.9:6443")])
def test_one_of_several_api_servers_does_not_stand_for_all(
    servers: list[str], given: str | None, endpoint: str | None
) -> None:
    more = {"cluster.apiServers": servers, "cluster.controlPlaneEndpoint": given}
    assert parts(document(USUAL, **more))[0].get("controlPlaneEndpoint") == endpoint


def test_up_to_1_20_both_families_need_kubeadms_own_gate() -> None:
    more = {"kubeProxy.config": {"featureGates": {"IPv6DualStack": True},
                                 "clusterCIDR": "10.244.0.0/16,fd00::/56"}}
    assert parts(document("1.20.2", **more))[0]["featureGates"] == {"IPv6DualStack": True}
    assert "featureGates" not in parts(document("1.22.0", **more))[0]


def test_no_secret_and_nothing_of_one_machine_is_in_it() -> None:
    files = render(parsed(data(USUAL, **CLUSTER))).tree.files
    names = {path for path in files if path.startswith("kubeadm/")}
    assert names == {f"kubeadm/{DOCUMENTS}", "kubeadm/README.md"}
    cluster, proxy = parts(files[f"kubeadm/{DOCUMENTS}"].data)
    assert set(cluster) == {"apiVersion", "kind", "kubernetesVersion", "controlPlaneEndpoint",
                            "networking", "apiServer"}
    assert "kubeconfig" not in proxy.get("clientConnection", {})
    assert "hostnameOverride" not in proxy


@pytest.mark.parametrize("run_by", ["systemd", "none"])
def test_only_kubeadm_is_told(run_by: str) -> None:
    files = render(parsed(changed({"kubeProxy.runBy": run_by}))).tree.files
    assert not [path for path in files if path.startswith("kubeadm/")]


@pytest.mark.parametrize("endpoint", [
    "https://api.example.org", "api.example.org", "api.example.org:0", "API.example.org:6443",
    "-a.example:1", "192.0.2.300:6443", "[2001:db8::1]", "2001:db8::1:6443", ":6443", "a b:1"])
def test_an_endpoint_is_a_host_and_a_port(endpoint: str) -> None:
    with pytest.raises(InputError, match="controlPlaneEndpoint"):
        parsed(data(USUAL, **{"cluster.controlPlaneEndpoint": endpoint}))


@pytest.mark.parametrize(("version", "containerd", "asked"), [
    ("1.20.2", {}, True), ("1.21.14", {}, True), ("1.22.0", {}, False), ("1.37.2", {}, False),
    ("1.20.2", None, False)])
def test_an_old_kubeadm_is_told_of_systemd_s_cgroups(version: str, containerd: object,
                                                     asked: bool) -> None:
    """A11: containerd has SystemdCgroup, and kubeadm before 1.22 leaves the kubelet at cgroupfs."""
    made = yaml.safe_load_all(document(version, **{"os.containerd": containerd}))
    kubelets = [one for one in made if one["kind"] == "KubeletConfiguration"]
    assert [one["cgroupDriver"] for one in kubelets] == ["systemd"] * asked
