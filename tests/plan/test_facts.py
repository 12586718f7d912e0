"""What holds for every fact of every plan."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from imagegen.knowledge.distributions import RELEASES
from imagegen.knowledge.modules import Scheduler
from imagegen.node.expectations import expectations
from imagegen.node.model import InputProblem
from imagegen.node.rules import RULES
from imagegen.plan.facts import Fact, Line, Rule
from imagegen.plan.kernel import MODULES_LOAD, wanted_modules
from imagegen.plan.kubeproxy import config_document
from imagegen.plan.node_files import UNIT_STATES
from imagegen.plan.work_out import work_out
from imagegen.render.archive import check_archive
from imagegen.render.node import EXPECTATIONS
from tests.distributions import of_dnf
from tests.profiles import GOOD, changed, parsed, rendered

RELEASE = next(iter(RELEASES.values()))


def facts(name: str) -> tuple[Fact, ...]:
    return rendered(name).plan.facts


@pytest.mark.parametrize("name", GOOD)
def test_every_fact_says_what_why_and_what_to_do(name: str) -> None:
    for fact in facts(name):
        assert isinstance(fact.proof.rule, Rule)
        assert fact.proof.levels, fact.id
        for words in (fact.reason, fact.source, fact.remedy):
            assert len(words.strip()) > 5, fact.id


@pytest.mark.parametrize("name", GOOD)
def test_ids_are_unique(name: str) -> None:
    ids = [fact.id for fact in facts(name)]
    assert len(ids) == len(set(ids))


def test_the_nodes_own_program_knows_every_rule(tmp_path: Path) -> None:
    """As a process of its own, from the archive that is baked, it takes a fact of each rule."""
    program = tmp_path / "ipvs-check"
    program.write_bytes(check_archive())
    for rule in [*(rule.value for rule in Rule), "unheard-of"]:
        done = subprocess.run([sys.executable, "-I", str(program), "explain", rule],
                              capture_output=True, text=True, check=False)
        assert (done.returncode == 0) is (rule != "unheard-of"), (rule, done.stderr)


def test_every_rule_of_the_check_can_be_asked() -> None:
    """One that no fact can name would never be; one without its function would break a verdict."""
    for name, rule in RULES.items():
        assert Rule(name).value == name
        assert callable(rule.judge())


def test_no_rule_is_without_a_fact() -> None:
    used = {fact.proof.rule for name in (*GOOD, "nftables") for fact in facts(name)}
    dnf = work_out(parsed(changed(of_dnf("rocky 9"))), b"").facts
    assert used | {fact.proof.rule for fact in dnf} == set(Rule)


@pytest.mark.parametrize("name", GOOD)
def test_the_check_reads_its_expectations(name: str) -> None:
    """Every proof has the shape that its rule wants, as the check itself sees it."""
    data = rendered(name).tree.files[f"node/{EXPECTATIONS}"].data
    read = expectations(data, "expectations.json")
    assert {fact.id for fact in facts(name)} <= {fact.id for fact in read.facts}
    assert read.profile == name
    assert read.timeout == 300


def test_the_check_refuses_a_proof_of_another_shape() -> None:
    document = json.loads(rendered("quickstart").tree.files[f"node/{EXPECTATIONS}"].data)
    document["facts"][0]["expect"]["surprise"] = 1
    with pytest.raises(InputProblem, match="surprise"):
        expectations(json.dumps(document).encode(), "expectations.json")


@pytest.mark.parametrize("name", GOOD)
def test_every_file_on_the_node_is_proven_by_its_bytes(name: str) -> None:
    """All but the expectations: a file cannot hold its own digest."""
    files = rendered(name).tree.files
    document = json.loads(files[f"node/{EXPECTATIONS}"].data)
    proven = {fact["expect"]["path"]: fact["expect"] for fact in document["facts"]
              if fact["rule"] == "file"}
    on_node = {path.removeprefix("node"): file for path, file in files.items()
               if path.startswith("node/") and file.link is None}
    assert set(on_node) - set(proven) == {f"/{EXPECTATIONS}"}
    for path, expect in proven.items():
        assert expect["sha256"] == on_node[path].sha256
        assert expect["mode"] == f"{on_node[path].mode:04o}"


@pytest.mark.parametrize("name", GOOD)
def test_every_link_on_the_node_is_a_units(name: str) -> None:
    links = {path.removeprefix("node"): file.link
             for path, file in rendered(name).tree.files.items() if file.link is not None}
    units = {fact.proof.expect["name"] for fact in facts(name) if fact.proof.rule is Rule.UNIT}
    told = {line.split()[1] for line in lines(name, UNIT_STATES)}
    assert {path.rpartition("/")[2] for path in links} | told == units


def lines(name: str, path: str) -> list[str]:
    """The lines of a file that the build's step 25 reads."""
    file = rendered(name).node.files.get(path[1:])
    return [] if file is None else [row for row in file.data.decode().splitlines()
                                    if not row.startswith("#")]


def test_two_facts_of_one_id_are_a_bug() -> None:
    profile = parsed(changed({"os.files": [{"path": "/etc/x", "content": "x"}]}))
    broken = profile.model_copy(update={"os": profile.os.model_copy(
        update={"files": (*profile.os.files, profile.os.files[0].model_copy(
            update={"content": "y"}))})})
    with pytest.raises(AssertionError, match="/etc/x"):
        work_out(broken, b"")


@pytest.mark.parametrize("path", ["/node.env", "/networkmanager", "/kube-proxy.yaml",
                                  "/ipvs-check.pyz", "/cloud-init"])
def test_a_file_with_the_name_of_a_fact_takes_nothing_from_it(path: str) -> None:
    plain = work_out(parsed(changed({})), b"").facts
    more = work_out(parsed(changed({"os.files": [{"path": path, "content": "x"}]})), b"").facts
    assert [fact for fact in more if fact.id != f"file.{path}"] == list(plain)
    assert len(more) == len(plain) + 1


# H07: the scheduler's module is baked and proven
@pytest.mark.parametrize("scheduler", list(Scheduler))
def test_the_schedulers_module_is_added(scheduler: Scheduler) -> None:
    asked = {"os.release": "13", "kubeProxy.config.ipvs.scheduler": scheduler.value}
    plan = work_out(parsed(changed(asked)), b"")
    module = next(fact for fact in plan.facts if fact.id == f"module.ip_vs_{scheduler}")
    assert module.baked == Line(MODULES_LOAD, f"ip_vs_{scheduler}")
    table = next(fact for fact in plan.facts if fact.id == "ipvs.scheduler")
    assert table.proof.expect["name"] == scheduler.value


@pytest.mark.parametrize("empty", ["", None])
def test_an_empty_scheduler_is_round_robin(empty: str | None) -> None:
    profile = parsed(changed({"kubeProxy.config.ipvs.scheduler": empty}))
    assert profile.kube_proxy.config.ipvs.scheduler is Scheduler.RR
    assert b"scheduler: rr\n" in config_document(profile)


# H06: the release's table decides, not the kernel's number
@pytest.mark.parametrize(("conntrack", "other"), [("nf_conntrack", "nf_conntrack_ipv4"),
                                                  ("nf_conntrack_ipv4", "nf_conntrack")])
def test_conntracks_module_is_the_releases(conntrack: str, other: str) -> None:
    release = dataclasses.replace(RELEASE, conntrack=conntrack)
    names = [module.name for module in wanted_modules(parsed(changed({})), release)]
    assert conntrack in names
    assert other not in names


def test_modules_come_once_and_in_the_recipes_order() -> None:
    asked = ["ip_vs", "ip-vs-rr", "nf_nat", "nf_nat"]
    profile = parsed(changed({"os.modules": asked}))
    names = [module.name for module in wanted_modules(profile, RELEASE)]
    assert names[:5] == ["ip_vs", "ip_vs_rr", "ip_vs_wrr", "ip_vs_sh", "nf_conntrack"]
    assert names.count("nf_nat") == 1
    assert len(names) == len(set(names))


# H09: both families, as one text
@pytest.mark.parametrize("given", ["10.244.0.0/16,fd00:10:244::/56", "fd00:10:244::/56"])
def test_cluster_cidr_arrives_as_one_text(given: str) -> None:
    import yaml

    profile = parsed(changed({"kubeProxy.config.clusterCIDR": given}))
    assert yaml.safe_load(config_document(profile))["clusterCIDR"] == given


# H08: with --config only what may stand beside it
def test_no_flag_stands_beside_the_configuration_that_it_would_not_change() -> None:
    from imagegen.plan.kubeproxy import command

    flags = [str(word).partition("=")[0] for word in command(parsed(changed({})))[1:]]
    assert flags == ["--config", "--hostname-override", "--v"]


def test_a_wider_configuration_arrives_whole() -> None:
    import yaml

    config: dict[str, Any] = {
        "mode": "ipvs", "clusterCIDR": "10.244.0.0/16", "bindAddress": "192.0.2.1",
        "metricsBindAddress": "127.0.0.1:10249", "healthzBindAddress": "[::]:10256",
        "nodePortAddresses": ["192.0.2.0/24"], "detectLocalMode": "NodeCIDR",
        "ipvs": {"scheduler": "wlc", "excludeCIDRs": ["192.0.2.166/32"], "strictARP": True,
                 "syncPeriod": "30s", "minSyncPeriod": "1s", "tcpTimeout": "15m0s",
                 "tcpFinTimeout": "2m0s", "udpTimeout": "5m0s"},
        "iptables": {"masqueradeAll": True, "masqueradeBit": 14},
        "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "24h0m0s",
                      "tcpCloseWaitTimeout": "1h0m0s"},
    }
    read = yaml.safe_load(config_document(parsed(changed({"kubeProxy.config": config}))))
    assert {key: read[key] for key in config} == config
