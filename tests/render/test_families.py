"""Time servers, containerd and kubelet of the families beyond apt: rendered, and judged by the
programs that read them. No such node was booted."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

import pytest

from imagegen.common.errors import InputError
from imagegen.common.run import run
from imagegen.knowledge.distributions import Manager, Release
from imagegen.knowledge.distributions.clocks import TIMESYNCD
from imagegen.plan.node_runtime import CONTAINERD_CONFIG, CONTAINERD_DROP_IN
from imagegen.render.render import Rendering, render
from tests.distributions import ALL, NAMES, PINNED, changes
from tests.profiles import changed, parsed
from tests.render import parsers
from tests.render.unit_root import unit_root, verified
from tests.tools.debian import unpacked
from tests.tools.ignition import verdict
from tests.verbs import ROOT

SERVERS = ["ntp.example.org", "192.0.2.7"]
RPM = [release for release in ALL if release.manager is Manager.DNF]
FLATCAR = next(release for release in ALL if release.manager is Manager.NONE)


def rendered(release: Release, more: dict[str, Any]) -> Rendering:
    return render(parsed(changed({**changes(release), **more})))


def kubelet(release: Release) -> dict[str, Any]:
    package = release.containerd.package or "containerd.io"
    return {"os.containerd": {"package": package, "sandboxImage": "registry.example.org/pause:3.9"},
            "os.kubelet": {"version": "1.34.4", **PINNED}}


def expected(rendering: Rendering, name: str) -> dict[str, Any]:
    document = json.loads(rendering.node.files["usr/lib/imagegen/expectations.json"].data)
    return next(dict(fact["expect"]) for fact in document["facts"] if fact["id"] == name)


@pytest.mark.parametrize("release", RPM, ids=[release.title for release in RPM])
def test_the_real_chronyd_takes_the_rpm_families_file(release: Release, tmp_path: Path) -> None:
    rendering = rendered(release, {"os.timeServers": SERVERS})
    file = tmp_path / "chrony.conf"
    file.write_bytes(rendering.node.files["etc/chrony.conf"].data)
    done = run([f"{unpacked('chrony')}/usr/sbin/chronyd", "-p", "-f", str(file)], check=False)
    rows = done.output.splitlines()
    assert (done.code, rows[:2]) == (0, [f"server {name} iburst" for name in SERVERS])
    assert expected(rendering, "unit.chronyd.service")["state"] == "enabled"
    assert expected(rendering, "package.chrony")["tool"] == "/usr/sbin/chronyd"
    link = rendering.node.files["etc/systemd/system/multi-user.target.wants/chronyd.service"].link
    assert link == "/usr/lib/systemd/system/chronyd.service"


def test_the_real_chronyd_sees_what_is_broken(tmp_path: Path) -> None:
    file = tmp_path / "chrony.conf"
    file.write_text("server ntp.example.org iburst\nmakestepp 1.0 3\n")
    done = run([f"{unpacked('chrony')}/usr/sbin/chronyd", "-p", "-f", str(file)], check=False)
    assert (done.code, "Invalid directive" in done.output) == (1, True)


def test_flatcars_clock_is_timesyncds() -> None:
    rendering = rendered(FLATCAR, {"os.timeServers": SERVERS})
    path = "etc/systemd/timesyncd.conf.d/90-imagegen.conf"
    assert parsers.unit(rendering.node.files[path].data)["NTP"] == [" ".join(SERVERS)]
    assert expected(rendering, "package.systemd-timesyncd")["books"] is False
    assert verdict(rendering.tree.files["ignition/config.ign"].data) == (0, "")


@pytest.mark.parametrize("release", ALL, ids=NAMES)
def test_containerd_and_kubelet_of_every_release(release: Release, tmp_path: Path) -> None:
    """The runtime's file is TOML, the kubelet's unit is one of systemd's."""
    rendering = rendered(release, kubelet(release))
    read = tomllib.loads(rendering.node.files[CONTAINERD_CONFIG[1:]].data.decode())
    assert read["plugins"]["io.containerd.grpc.v1.cri"]["sandbox_image"].endswith("pause:3.9")
    done = verified(unit_root(rendering, tmp_path), "kubelet.service")
    assert (done.code, done.output) == (0, "")
    assert (CONTAINERD_DROP_IN[1:] in rendering.node.files) == release.containerd.told


def test_flatcar_reads_the_profiles_containerd_configuration() -> None:
    rendering = rendered(FLATCAR, kubelet(FLATCAR))
    drop_in = parsers.unit(rendering.node.files[CONTAINERD_DROP_IN[1:]].data)
    assert drop_in["ExecStart"] == ["", "/usr/bin/containerd"]
    assert not [fact for fact in rendering.plan.facts if fact.id == "package.containerd"
                and fact.proof.expect.get("books") is not False]


def test_ignition_fetches_flatcars_kubelet() -> None:
    data = rendered(FLATCAR, kubelet(FLATCAR)).tree.files["ignition/config.ign"].data
    assert verdict(data) == (0, "")
    files = {file["path"]: file for file in json.loads(data)["storage"]["files"]}
    program = files["/etc/extensions/imagegen/usr/local/bin/kubelet"]
    assert program["contents"] == {"source": PINNED["url"], "verification":
                                   {"hash": f"sha256-{PINNED['sha256']}"}}
    assert program["mode"] == 0o755


@pytest.mark.parametrize("release", [one for one in RPM if one.containerd.package is None],
                         ids=lambda release: release.title)
def test_a_package_that_no_repository_has_is_refused(release: Release) -> None:
    with pytest.raises(InputError, match="has a package containerd"):
        rendered(release, {"os.containerd": {}})


def test_the_first_boot_starts_anew_what_reads_the_nodes_files() -> None:
    """On a stock image the packages' daemons run before the node's files are there."""
    script = (ROOT / "templates/cloud-init/first-boot.sh").read_text()
    found = re.search(r"^for unit in (.*); do\n  systemctl --no-block try-restart", script, re.M)
    assert found is not None
    wanted = {unit.removesuffix(".service") for release in ALL if release.cloud_init
              for unit in (release.chrony.unit, TIMESYNCD.unit)}
    # Debian's and Ubuntu's sshd, and everybody else's
    assert wanted | {"ssh", "sshd"} <= set(found[1].split())
