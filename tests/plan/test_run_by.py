"""Who runs kube-proxy: what of the node stays, whoever does, and what goes with the unit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from imagegen.boot.node_seed import write_seed
from imagegen.boot.proof import local_cluster
from imagegen.common.errors import InputError
from imagegen.common.progress import Silent
from imagegen.knowledge.paths import KUBE_PROXYS
from imagegen.plan.facts import Fact
from imagegen.plan.work_out import work_out
from imagegen.profile.check import check_bytes
from imagegen.render.node import EXPECTATIONS
from imagegen.render.packer import programs
from imagegen.render.render import Rendering, render
from tests.profiles import as_yaml, changed, parsed
from tests.render.parsers import cloud_config, unit, written_files

OTHERS = ("kubeadm", "none")
# all that a node has for its own unit, and no other fact than these
OF_UNIT = {"binary.kube-proxy", "file.kube-proxy.yaml", "file.kube-proxy.service", "file.node.env",
           "unit.kube-proxy.service", "override.kube-proxy.service"}
# what is told of kube-proxy to the node itself is not known where somebody else starts it
OF_CONFIGURATION: dict[str, set[str]] = {"none": {"conntrack.size"}, "kubeadm": set()}
# these speak of the unit where there is one
OF_STARTER = {"file.imagegen-check.service", "boot.order", "kube-proxy.command"}


def data(run_by: str, **more: Any) -> dict[str, Any]:
    return changed({"kubeProxy.runBy": run_by, **more})


def facts(run_by: str, **more: Any) -> dict[str, Fact]:
    return {fact.id: fact for fact in work_out(parsed(data(run_by, **more)), b"").facts}


def rendering(run_by: str, **more: Any) -> Rendering:
    return render(parsed(data(run_by, **more)))


def rules(run_by: str, **more: Any) -> list[str]:
    return [found.rule for found in check_bytes("p.yaml", as_yaml(data(run_by, **more))).findings]


@pytest.mark.parametrize("mode", ["ipvs", "nftables"])
@pytest.mark.parametrize("run_by", OTHERS)
def test_only_what_belongs_to_the_unit_goes_with_it(run_by: str, mode: str) -> None:
    ours, theirs = (facts(name, **{"kubeProxy.config.mode": mode}) for name in ("systemd", run_by))
    assert set(ours) - set(theirs) == OF_UNIT | OF_CONFIGURATION[run_by]
    assert set(theirs) <= set(ours)
    assert all(theirs[name].proof == ours[name].proof for name in theirs
               if name not in OF_STARTER)


@pytest.mark.parametrize("run_by", OTHERS)
def test_no_file_of_the_node_speaks_of_a_kube_proxy_of_its_own(run_by: str) -> None:
    files = rendering(run_by).node.files
    assert not [path for path in files if "kube-proxy" in path or path.endswith("/node.env")]
    texts = {path: file.data for path, file in files.items() if not path.endswith(".pyz")}
    del texts[EXPECTATIONS]
    assert not [path for path, text in texts.items() if b"kube-proxy.service" in text]


@pytest.mark.parametrize(("run_by", "after"), [
    ("systemd", "kube-proxy.service cloud-config.service"),
    ("kubeadm", "kubelet.service cloud-config.service"), ("none", "cloud-config.service")])
def test_the_check_starts_after_what_starts_kube_proxy(run_by: str, after: str) -> None:
    text = rendering(run_by).node.files["usr/lib/systemd/system/imagegen-check.service"].data
    assert unit(text)["After"] == [after]


@pytest.mark.parametrize("run_by", OTHERS)
def test_the_check_waits_for_no_unit(run_by: str) -> None:
    document = json.loads(rendering(run_by).node.files[EXPECTATIONS].data)
    assert document["kubeProxy"] == {"version": "1.34.4", "metrics": "127.0.0.1:10249",
                                     "runBy": run_by, "unit": None}


@pytest.mark.parametrize("run_by", OTHERS)
def test_no_remedy_names_a_unit_that_is_not_there(run_by: str) -> None:
    remedies = {fact.remedy for fact in facts(run_by).values()}
    assert not [text for text in remedies if "systemctl restart kube-proxy" in text
                or "-u kube-proxy" in text]
    assert any("systemctl restart kube-proxy" in fact.remedy for fact in facts("systemd").values())


@pytest.mark.parametrize(("run_by", "names"), [("systemd", ["kube-proxy"]), ("kubeadm", [])])
def test_the_build_brings_the_program_where_there_is_one(run_by: str, names: list[str]) -> None:
    profile = parsed(data(run_by))
    assert programs(profile) == names
    told = json.loads(render(profile).tree.files["packer/node.auto.pkrvars.json"].data)
    assert ("inputs/kube-proxy" in told["media"]) == bool(names)


@pytest.mark.parametrize("run_by", OTHERS)
def test_a_seed_gives_no_way_to_the_api_server(run_by: str) -> None:
    files = rendering(run_by).tree.files
    for kind in ("baked", "full"):
        written = written_files(files[f"cloud-init/{kind}/user-data"].data)
        assert not [path for path in written if "kubeconfig" in path or "program-" in path]
    assert "hostname" in cloud_config(files["cloud-init/baked/user-data"].data)


@pytest.mark.parametrize("token", [None, "env:NOBODY_READS_IT"])
def test_the_seed_verb_refuses_what_the_node_has_no_use_for(
    token: str | None, tmp_path: Path
) -> None:
    seed: dict[str, Any] = {"name": "n1", "hostname": "", "address": None, "server": None,
                            "ca": None, "token": token, "full": False}
    if token is None:
        write_seed(parsed(data("kubeadm")), tmp_path / "n1.img", Silent(), **seed)
        assert (tmp_path / "n1.img").stat().st_size > 0
    else:
        with pytest.raises(InputError, match="runBy: kubeadm"):
            write_seed(parsed(data("kubeadm")), tmp_path / "n1.img", Silent(), **seed)


def test_a_local_cluster_would_show_no_table() -> None:
    with (pytest.raises(InputError, match="runs kube-proxy"),
          local_cluster(parsed(data("none")), Silent())):
        pass


def test_flatcar_needs_no_url_where_nothing_is_fetched() -> None:
    system = {"os.distribution": "flatcar", "os.release": "stable",
              "check.python": "/opt/python/bin/python3"}
    assert "ignition-kube-proxy-url" in rules("systemd", **system)
    config = json.loads(rendering("kubeadm", **system).tree.files["ignition/config.ign"].data)
    assert not [file for file in config["storage"]["files"] if "kube-proxy" in file["path"]]


@pytest.mark.parametrize(("name", "value"), [
    ("form", "config"), ("path", "/data/k8s/bin/kube-proxy"), ("workingDirectory", "/data/k8s"),
    ("kubeconfig", "/etc/k.conf"), ("configFile", "/etc/k.yaml"), ("verbosity", 4),
    ("binary", {"from": "path", "path": "/srv/kube-proxy", "sha256": "a0" * 32})])
@pytest.mark.parametrize("run_by", OTHERS)
def test_a_field_of_the_unit_has_no_effect(run_by: str, name: str, value: object) -> None:
    more = {f"kubeProxy.{name}": value}
    assert rules(run_by, **more) == ["kube-proxy-run-by-no-effect"]
    assert rules("systemd", **more) == []
    told = check_bytes("p.yaml", as_yaml(data(run_by, **more))).findings[0].what
    assert f"kubeProxy.{name} has no effect with runBy {run_by}" in told


def test_flags_are_nobodys() -> None:
    old = {"kubeProxy.version": "1.24.17", "kubeProxy.form": "flags"}
    assert rules("systemd", **old) == []
    assert [rules(run_by, **old) for run_by in OTHERS] == [["kube-proxy-run-by-form"]] * 2


def test_left_to_others_the_check_reads_a_part_of_the_configuration() -> None:
    read = {"kubeProxy.config": {"mode": "ipvs", "metricsBindAddress": "127.0.0.1:10249",
                                 "ipvs": {"scheduler": "wrr", "strictARP": True}}}
    unread = {"kubeProxy.config": {"conntrack": {"maxPerCore": 0}}}
    assert rules("none", **read) == []
    assert rules("none", **unread) == ["kube-proxy-run-by-no-effect"]
    assert rules("kubeadm", **unread) == []


def test_what_kubeadm_alone_is_told() -> None:
    more = {"cluster.dnsDomain": "k8s.example.org",
            "cluster.controlPlaneEndpoint": "api.example.org:6443"}
    assert rules("kubeadm", **more) == []
    assert rules("systemd", **more) == ["kube-proxy-run-by-no-effect"] * 2


UNIT = {"os.units": [{"name": "kube-proxy.service", "state": "enabled", "content":
                      "[Service]\nExecStart=/opt/kube-proxy\n[Install]\nWantedBy=multi-user.target\n"
                      }]}


def test_a_unit_of_somebody_elses_is_theirs_to_write() -> None:
    assert rules("kubeadm", **UNIT) == ["kube-proxy-run-by-twice"]
    assert rules("none", **UNIT) == []
    assert "node-unit-ours" in rules("systemd", **UNIT)
    assert "unit.kube-proxy.service" in facts("none", **UNIT)


def test_the_paths_of_the_unit_are_free_where_there_is_none() -> None:
    files = {"os.files": [{"path": path, "content": "x\n"} for path in KUBE_PROXYS]}
    assert len(KUBE_PROXYS) == 3
    assert rules("none", **files) == []
    assert set(rules("systemd", **files)) == {"path-of-imagegen"}


def test_the_proxy_goes_to_units_that_are_there() -> None:
    asked = {"os.proxy": {"http": "http://192.0.2.3:3128"}}
    assert set(facts("systemd", **asked)) - set(facts("kubeadm", **asked)) == (
        OF_UNIT | {"file.proxy.kube-proxy.service"})


@pytest.mark.parametrize(("field", "cidr", "good"), [
    ("serviceCIDR", "10.0.0.0/11", False), ("serviceCIDR", "10.96.0.0/12", True),
    ("serviceCIDR", "10.254.0.0/28", True), ("serviceCIDR", "10.254.0.0/29", False),
    ("podCIDR", "172.30.0.0/24", True), ("podCIDR", "172.30.0.0/25", False),
    ("podCIDR", "11.0.0.0/8", True), ("podCIDR", "12.0.0.0/7", False)])
def test_ranges_that_kubeadm_refuses(field: str, cidr: str, good: bool) -> None:
    told = rules("kubeadm", **{f"cluster.{field}": cidr})
    assert ("kubeadm-range" in told) != good
    assert "kubeadm-range" not in rules("systemd", **{f"cluster.{field}": cidr})
