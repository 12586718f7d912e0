"""Any profile that renders: adopting its tree gives its plan, or a note names each difference."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.adopt.adopt import Adopted, Wishes, adopt
from imagegen.common.errors import InputError
from imagegen.knowledge.distributions import RELEASES, Manager, Release
from imagegen.pages.examples import put
from imagegen.plan.facts import Fact
from imagegen.profile.load import parse_profile
from imagegen.render import render as render_module
from imagegen.render.archive import check_archive
from imagegen.render.node import EXPECTATIONS, RELEASE, proven
from imagegen.render.render import Rendering, render
from imagegen.render.tree import Tree, TreeFile
from tests.adopt.nodes import filled, notes, rendered_files, undated
from tests.distributions import PINNED, changes, of_dnf
from tests.profile.strategies import good
from tests.profiles import Document, as_yaml, changed, document

# what a release's family has no way to bring about (profile/lints/support.py), by its manager
WITHOUT = {"apt": (), "dnf": (),
           "none": ("packageMirrors", "users", "caCertificates", "hooks", "kernelArguments",
                    "files", "units", "packages")}
OF_ITS_TIME = {f"file.{RELEASE}", f"file.{EXPECTATIONS}"}


@pytest.fixture(scope="module", autouse=True)
def one_archive() -> Iterator[None]:
    """The check is the same in all of them: packed once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(render_module, "check_archive", cache(check_archive))
        yield


def rendering_of(data: Document) -> Rendering | None:
    """None where the profile is none, or its release has no such field."""
    try:
        return render(parse_profile("p.yaml", as_yaml(data)))
    except InputError:
        return None


def facts(rendering: Rendering) -> dict[str, Fact]:
    return {fact.id: fact for fact in proven(rendering.plan, rendering.node)
            if fact.id not in OF_ITS_TIME}


def untold(before: Rendering, adopted: Adopted) -> set[str]:
    """The facts that come out otherwise, and that no note names."""
    old, new = facts(before), facts(render(parse_profile("a.yaml", filled(adopted))))
    differ = {name for name in {**old, **new} if name not in old or name not in new
              or old[name].proof != new[name].proof}
    said = notes(adopted)
    return {name for name in differ if name not in said}


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(good())
def test_any_good_profile_comes_back_or_is_told(data: Document) -> None:
    before = rendering_of(data)
    if before is not None:
        assert untold(before, adopt(rendered_files(before), Wishes())) == set()


def of_release(release: Release) -> Document:
    """Every field of `os` that the release has."""
    data = document("full-node")
    for key in WITHOUT[release.manager]:
        data["os"].pop(key)
    if release.containerd.package is None:
        data["os"]["containerd"]["package"] = "containerd.io"
    data["os"]["kubelet"] |= PINNED
    data["os"]["kubelet"].pop("path")
    if not release.drop_ins:
        del data["os"]["users"][0]["sshKeys"]
    if release.manager is Manager.DNF:
        for mirror in data["os"]["packageMirrors"]:
            mirror.pop("suites", None), mirror.pop("components", None)
    for path, value in changes(release).items():
        put(data, path, value)
    return data


@pytest.mark.parametrize("release", RELEASES.values(), ids=lambda release: release.title)
def test_every_release_is_a_fixed_point(release: Release) -> None:
    before = render(parse_profile("p.yaml", as_yaml(of_release(release))))
    adopted = adopt(rendered_files(before), Wishes())
    once = render(parse_profile("a.yaml", filled(adopted)))
    assert undated(once) == undated(before)
    assert untold(before, adopted) == set()


@pytest.mark.parametrize("run_by", ["systemd", "none"])
def test_dnfs_proxy_comes_back_whoever_runs_kube_proxy(run_by: str) -> None:
    """From any unit's drop-in: kube-proxy's is not there where others run it."""
    proxy = {"http": "http://proxy.example.org:3128", "noProxy": ["mirror.example.org"]}
    before = render(parse_profile("p.yaml", as_yaml(changed(
        {**of_dnf("rocky 9"), "os.proxy": proxy, "kubeProxy.runBy": run_by}))))
    adopted = adopt(rendered_files(before), Wishes())
    once = render(parse_profile("a.yaml", filled(adopted)))
    assert undated(once) == undated(before)
    main = before.node.files["etc/dnf/dnf.conf"].data.decode()
    assert main.endswith("\nproxy=http://proxy.example.org:3128\n")


def test_a_difference_that_no_note_names_is_seen() -> None:
    before = rendering_of(document("full-node"))
    assert before is not None
    adopted = adopt(rendered_files(before), Wishes())
    lost = Adopted(adopted.profile, adopted.text.replace("panic=30", "panic=31"), ())
    assert {"kernel-argument.panic=30", "kernel-argument.panic=31"} <= untold(before, lost)


def test_most_of_these_profiles_render() -> None:
    """Else the first test would prove nothing."""
    rendered = 0

    @settings(max_examples=30, deadline=None, suppress_health_check=list(HealthCheck),
              derandomize=True, database=None)
    @given(good(), st.none())
    def count(data: Document, _: None) -> None:
        nonlocal rendered
        rendered += rendering_of(data) is not None

    count()
    assert rendered > 8


def test_what_no_field_brings_back_is_told() -> None:
    """A fact of an imagegen to come, and one whose expectation is another."""
    before = rendering_of(document("full-node"))
    assert before is not None
    files = dict(before.tree.files)
    path = f"node/{EXPECTATIONS}"
    data = files[path].data.replace(b'"swap.off"', b'"swap.half"').replace(
        b'"argument": "panic=30"', b'"argument": "panic=29"')
    assert data != files[path].data
    other = Rendering(before.profile, before.plan, Tree({**files, path: TreeFile(data)}),
                      before.digest)
    said = notes(adopt(rendered_files(other), Wishes()))
    assert "swap.half of the old image (kubernetes cmd/kubelet, --fail-swap-on) is not" in said
    assert "kernel-argument.panic=30 comes out otherwise than in the old image: argument " \
        "panic=29 becomes panic=30" in said


@pytest.mark.parametrize("services", ["10.96.0.0/16,fd00:10:96::/112", "fd00:10:96::/112"])
def test_a_node_of_two_families_whose_kube_proxy_kubeadm_runs(services: str) -> None:
    """What its check expects says the ranges of the pods, which no file of kube-proxy's does."""
    pods = ",".join("fd00:1::/56" if ":" in part else "10.1.0.0/16" for part in services.split(","))
    before = rendering_of(changed({"kubeProxy.runBy": "kubeadm", "cluster.serviceCIDR": services,
                                   "cluster.podCIDR": pods}))
    assert before is not None
    adopted = adopt(rendered_files(before), Wishes())
    assert untold(before, adopted) == set()
    assert adopted.profile.cluster.pod_cidr == pods
