"""Where a profile may write, and where it may not."""

from __future__ import annotations

from pathlib import PurePosixPath

import pytest

from imagegen.common.errors import InputError
from imagegen.knowledge.paths import DNF_MAIN, FLEETING, OWN
from imagegen.plan.node_files import unit_files
from imagegen.plan.node_mirrors import DNF_REPOSITORIES
from imagegen.render.cloudinit import TOKEN
from imagegen.render.seed import NODE_ENV, NODE_JSON
from tests.distributions import of_dnf
from tests.profiles import GOOD, changed, parsed, rendered


def ours(name: str) -> set[str]:
    """What imagegen writes on the node of a profile, but what the profile itself names."""
    os = rendered(name).profile.os
    own = {file.path for file in os.files} | {path for unit in os.units
                                              for path, _ in unit_files(unit)}
    return {path for name in rendered(name).node.files if (path := f"/{name}") not in own}


OF_EACH = [(name, path) for name in GOOD for path in sorted(ours(name))]
# dnf's file is written for no profile of GOOD, which are all of Debian's
OURS = sorted({path for _, path in OF_EACH} | {TOKEN, NODE_ENV, NODE_JSON, DNF_REPOSITORIES})


def refused(path: str, name: str | None = None) -> str:
    """The error for a file at a path, or nothing."""
    try:
        data = changed({}, name)
        data.setdefault("os", {}).setdefault("files", []).append({"path": path, "content": "x"})
        parsed(data)
    except InputError as error:
        return str(error)
    return ""


@pytest.mark.parametrize(("name", "path"), OF_EACH)
def test_none_of_ours_can_be_overwritten(name: str, path: str) -> None:
    """Whatever the rendered trees hold, and the links that mask units, is spoken for."""
    assert refused(path, name)
    for other in (path.replace("/usr/lib/", "/lib/", 1), f"{path}/below"):
        assert refused(other, name)


@pytest.mark.parametrize("path", [TOKEN, NODE_ENV, NODE_JSON])
def test_nor_what_a_nodes_seed_brings(path: str) -> None:
    assert refused(path)


@pytest.mark.parametrize(("name", "path"), sorted(
    {(name, str(parent)) for name, path in OF_EACH
     for parent in PurePosixPath(path).parents if str(parent) != "/"}))
def test_no_file_can_stand_where_we_need_a_folder(name: str, path: str) -> None:
    assert refused(path, name)


@pytest.mark.parametrize("path", FLEETING)
def test_nothing_goes_where_nothing_stays(path: str) -> None:
    assert "would not stay as it was baked" in refused(f"{path}/x")
    assert "would not stay" not in refused(f"{path}-not")


@pytest.mark.parametrize("path", ["/etc/motd", "/usr/local/bin/tool", "/opt/x/y", "/lib/x",
                                  "/etc/sysctl.d/50-mine.conf", "/etc/imagegen-like",
                                  "/etc/systemd/system/kube-proxy.service.d/mine.conf",
                                  "/etc/ssh/sshd_config.d/mine.conf", "/var/lib/x"])
def test_what_is_free_is_free(path: str) -> None:
    assert refused(path) == ""


@pytest.mark.parametrize("path", ["/usr/local/bin/kube-proxy", "/etc/kubernetes/kube-proxy.yaml",
                                  "/etc/kubernetes/kube-proxy.kubeconfig", "/etc/kubernetes"])
def test_kube_proxys_files_are_kube_proxys(path: str) -> None:
    assert "kubeProxy." in refused(path)


def test_with_flags_the_configurations_name_is_free() -> None:
    assert refused("/etc/kubernetes/kube-proxy.yaml", "recipe") == ""
    assert refused("/data/k8s/kube-proxy/own.conf", "recipe") == ""
    assert "kubeProxy.workingDirectory" not in refused("/data/k8s/bin/kube-proxy", "recipe")
    assert refused("/data/k8s/kube-proxy", "recipe")


def test_the_list_holds_nothing_that_is_not_written() -> None:
    leftovers = {path for path in OWN if "imagegen-build" in path}
    known = {path for path in OWN if any(our == path or our.startswith(f"{path}/") for our in OURS)}
    assert known | leftovers == set(OWN)
    dnfs = {**of_dnf("rocky 9"), "os.files": [{"path": DNF_REPOSITORIES, "content": "x"}]}
    with pytest.raises(InputError, match="is written by imagegen itself"):
        parsed(changed(dnfs))


def test_dnfs_own_file_is_the_proxys_alone() -> None:
    data = {**of_dnf("rocky 9"), "os.files": [{"path": DNF_MAIN, "content": "[main]\n"}]}
    assert parsed(changed(data))
    with pytest.raises(InputError, match=r"dnf\.conf is written twice"):
        parsed(changed({**data, "os.proxy": {"http": "http://proxy.example.org:3128"}}))
