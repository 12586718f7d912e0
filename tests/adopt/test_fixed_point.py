"""Adopting the recipe gives its profile's plan; adopting what was rendered gives it again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from imagegen.adopt.adopt import Wishes, adopt
from imagegen.common.errors import InputError
from imagegen.knowledge.distributions import RELEASES
from imagegen.knowledge.modules import Scheduler
from imagegen.plan.facts import Fact
from imagegen.plan.work_out import work_out
from imagegen.profile.load import parse_profile
from imagegen.profile.model import Profile
from imagegen.render import render as render_module
from imagegen.render.archive import check_archive
from imagegen.render.render import Rendering, render
from tests.adopt.nodes import (
    VERSION,
    filled,
    node,
    packages_of_recipe,
    recipe,
    rendered_files,
    undated,
)
from tests.profiles import GOOD, as_yaml, changed, document, parsed, rendered

# What profiles/recipe.yaml says and no file of the recipe's node does: the version (a program says
# it, not a file), the ranges, node ports and API servers (the cluster has them).
BEYOND_THE_RECIPE = Wishes(
    kubernetes=VERSION, name="recipe", service_cidr="10.254.0.0/16", packages=packages_of_recipe(),
    api_servers=("192.168.1.142:6443", "192.168.1.143:6443", "192.168.1.144:6443"),
    node_ports="20000-40000", pod_cidr="172.30.0.0/16")


@pytest.fixture(scope="module", autouse=True)
def one_archive() -> Iterator[None]:
    """The check is the same in all of them: packed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render_module, "check_archive", cache(check_archive))
        yield


def plan(wishes: Wishes) -> dict[str, Fact]:
    return {fact.id: fact for fact in work_out(node(recipe(), wishes).profile, b"").facts}


def recipes_profile() -> Profile:
    """profiles/recipe.yaml without the sysctl that keeps node ports free: the recipe has none."""
    data = document("recipe")
    del data["os"]["sysctls"]["net.ipv4.ip_local_reserved_ports"]
    return parsed(data)


def wanted() -> dict[str, Fact]:
    return {fact.id: fact for fact in work_out(recipes_profile(), b"").facts}


def test_the_recipes_files_give_the_recipes_plan() -> None:
    assert plan(BEYOND_THE_RECIPE) == wanted()


def test_what_the_profile_says_beyond_the_recipe() -> None:
    """Without it those facts differ that say where the services are, and who stands behind."""
    bare = plan(Wishes(kubernetes=VERSION))
    differ = {name for name in {**bare, **wanted()} if bare.get(name) != wanted().get(name)}
    assert differ == {
        "ipvs.api-service", "ipvs.device", "ipvs.endpoints", "ipvs.firewall", "ipvs.flags",
        "ipvs.foreign",
        "ipvs.forwarding", "ipvs.node-ports", "ipvs.scheduler", "ipvs.set-entries.IPv4"}


def test_the_same_node_is_rendered_as_from_the_profile() -> None:
    """Every file, but for the digest of fields that leave no trace."""
    adopted = render(node(recipe(), BEYOND_THE_RECIPE).profile)
    assert undated(adopted) == undated(render(recipes_profile()))


def again(rendering: Rendering) -> Rendering:
    """Rendered, adopted from its node/ tree, written as text, read, and rendered."""
    adopted = adopt(rendered_files(rendering), Wishes())
    return render(parse_profile("adopted.yaml", filled(adopted)))


@pytest.mark.parametrize("name", GOOD)
def test_adopting_what_was_rendered_is_a_fixed_point(name: str) -> None:
    once = again(rendered(name))
    assert undated(once) == undated(rendered(name))
    twice = again(once)
    assert (twice.profile, twice.tree) == (once.profile, once.tree)


@pytest.mark.parametrize("mode", ["ipvs", "nftables"])
@pytest.mark.parametrize("run_by", ["kubeadm", "none"])
def test_a_node_whose_kube_proxy_somebody_else_runs_is_a_fixed_point(
    run_by: str, mode: str
) -> None:
    ipvs = {"scheduler": "wrr", "strictARP": True}
    first = render(parse_profile("p.yaml", as_yaml(changed({
        "kubeProxy.runBy": run_by, "kubeProxy.config": {
            "mode": mode, "metricsBindAddress": "127.0.0.1:10250",
            **({"ipvs": ipvs} if mode == "ipvs" else {})}}))))
    once = again(first)
    assert once.profile.kube_proxy.run_by == run_by
    assert undated(once) == undated(first)


TEXT = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1, max_size=12)
NAMES = st.from_regex(r"[a-z][a-z0-9]{0,8}", fullmatch=True)
SECONDS = st.integers(0, 100_000)
DURATIONS = SECONDS.map(lambda n: f"{n}s") | st.sampled_from(["1h30m", "500ms", "15m0s", "0s"])
KEYS = st.sampled_from(["net.core.somaxconn", "vm.swappiness", "net/ipv4/tcp_rmem",
                        "net.ipv4.conf.eth0/100.rp_filter", "kernel.pid_max", "fs.file-max",
                        "net.ipv4.ip_forward"])
CIDRS = st.sampled_from(["192.0.2.0/24", "198.51.100.7/32", "2001:db8::/64"])
CONFIG = st.fixed_dictionaries({}, optional={
    "clusterCIDR": st.sampled_from(["172.30.0.0/16", "10.254.0.0/16", "fd00::/48",
                                    "172.30.0.0/16,fd00::/48"]),
    "bindAddress": st.sampled_from(["192.0.2.1", "::", "0.0.0.0"]),
    "metricsBindAddress": st.sampled_from(["127.0.0.1:10249", "0.0.0.0:9", "[::1]:10249"]),
    "healthzBindAddress": st.sampled_from(["0.0.0.0:10256", "[::]:1"]),
    "nodePortAddresses": st.lists(CIDRS, max_size=2, unique=True),
    "detectLocalMode": st.sampled_from(["ClusterCIDR", "NodeCIDR"]),
    "ipvs": st.fixed_dictionaries({}, optional={
        "scheduler": st.sampled_from(list(Scheduler)).map(str), "strictARP": st.booleans(),
        "excludeCIDRs": st.lists(CIDRS, max_size=2, unique=True), "syncPeriod": DURATIONS,
        "minSyncPeriod": DURATIONS, "tcpTimeout": DURATIONS, "tcpFinTimeout": DURATIONS,
        "udpTimeout": DURATIONS}),
    "iptables": st.fixed_dictionaries({}, optional={
        "masqueradeAll": st.booleans(), "masqueradeBit": st.integers(0, 31)}),
    "conntrack": st.fixed_dictionaries({}, optional={
        "maxPerCore": st.integers(0, 1 << 20), "min": st.integers(0, 1 << 20),
        "tcpEstablishedTimeout": DURATIONS, "tcpCloseWaitTimeout": DURATIONS}),
})
PROXIES = st.fixed_dictionaries(
    {"version": st.sampled_from(["1.20.2", "1.25.16", "1.26.0", "1.34.4"]), "config": CONFIG},
    optional={"form": st.sampled_from(["config", "flags"]), "verbosity": st.integers(0, 10),
              "path": st.sampled_from(["/data/k8s/bin/kube-proxy", "/opt/kube/kube-proxy"]),
              "workingDirectory": st.just("/data/k8s/kube-proxy"),
              "kubeconfig": st.just("/etc/kubernetes/other.kubeconfig"),
              "configFile": st.just("/etc/kubernetes/proxy/config.yaml")})
NODES = st.fixed_dictionaries({
    "distribution": st.just("debian"),
    "release": st.sampled_from([release for name, release in RELEASES if name == "debian"])},
    optional={
        "sysctls": st.dictionaries(KEYS, st.sampled_from(["1", "4096 87380  6291456", "0,1"])),
        "modules": st.lists(st.sampled_from(["nf_nat", "ip-vs-rr", "ipip", "ip_vs_sed"]),
                            max_size=3),
        "packages": st.lists(st.sampled_from(["jq", "ipset", "tcpdump"]), max_size=3, unique=True),
        "files": st.dictionaries(NAMES, st.tuples(TEXT, st.sampled_from(["0644", "0600", "0755"])),
                                 max_size=2).map(lambda files: [
            {"path": f"/etc/mine/{name}", "content": text, "mode": mode}
            for name, (text, mode) in files.items()]),
        "ipvsModulesFile": st.sampled_from(["auto", "always"])})
CLUSTERS = st.fixed_dictionaries({}, optional={
    "serviceCIDR": st.sampled_from(["10.254.0.0/16", "10.96.0.0/12", "192.168.128.0/18"]),
    "apiServers": st.lists(st.sampled_from(["192.0.2.1:6443", "[2001:db8::1]:6443"]), max_size=2,
                           unique=True),
    "apiServicePort": st.integers(1, 65535)})
PROFILES = st.fixed_dictionaries({
    "metadata": st.fixed_dictionaries({"name": NAMES}, optional={"description": TEXT}),
    "os": NODES, "cluster": CLUSTERS, "kubeProxy": PROXIES,
    "check": st.fixed_dictionaries({}, optional={"timeout": DURATIONS})})


def rendering_of(data: dict[str, Any]) -> Rendering | None:
    """The profile rendered, or None where its parts do not go together."""
    try:
        return render(parse_profile("p.yaml", as_yaml({
            "apiVersion": "imagegen/v1alpha1", "kind": "ClusterProfile", **data})))
    except InputError:
        return None


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(PROFILES)
@example({"metadata": {"name": "a", "description": "$HOME `x` \\ \" \\$"},
          "os": {"distribution": "debian", "release": "12"}, "cluster": {},
          "kubeProxy": {"version": "1.34.4"}, "check": {}})
def test_any_profile_is_a_fixed_point(data: dict[str, Any]) -> None:
    first = rendering_of(data)
    if first is not None:
        assert undated(again(first)) == undated(first)


def test_most_of_these_profiles_are_profiles() -> None:
    """Else the test above would prove nothing."""
    good = 0

    @settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck),
              derandomize=True, database=None)
    @given(PROFILES)
    def count(data: dict[str, Any]) -> None:
        nonlocal good
        good += rendering_of(data) is not None

    count()
    assert good > 15


def test_a_changed_value_is_no_fixed_point() -> None:
    """The comparison sees every file: it can fail."""
    other = render(parse_profile("p.yaml", as_yaml(changed({"check.timeout": "301s"},
                                                           "quickstart"))))
    assert undated(other) != undated(rendered("quickstart"))
