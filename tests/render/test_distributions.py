"""Every release's tree, file by file, as the real programs read it."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from imagegen.bake.packer import packer_program
from imagegen.common.errors import InputErrors
from imagegen.common.run import run
from imagegen.knowledge.distributions import Manager, Release
from imagegen.render.node import PYTHON_PATH
from imagegen.render.render import Rendering
from tests.distributions import ALL, NAMES, rendered
from tests.knowledge.read_systemd import read_settings_file
from tests.knowledge.values import list_believed, observed
from tests.profiles import changed, parsed
from tests.render.packer_folder import QUIET, with_inputs
from tests.render.parsers import modules, sysctls, unit
from tests.render.unit_root import UNITS, unit_root, verified
from tests.tools.cloudinit import problems

RELEASE = pytest.mark.parametrize("release", ALL, ids=NAMES)
BAKED = pytest.mark.parametrize("release", [r for r in ALL if r.manager is not Manager.NONE],
                                ids=[r.title for r in ALL if r.manager is not Manager.NONE])
SYSTEMD = re.compile(r"/systemd/.*(\.(service|timer|mount|path|socket|network|netdev)|\.conf)$")
MODULES = "etc/modules-load.d/imagegen-ipvs.conf"
SYSCTLS = "etc/sysctl.d/99-zz-imagegen-ipvs.conf"


def settings(rendering: Rendering) -> set[str]:
    """`KEY` and `KEY=VALUE` of everything that systemd reads."""
    found: set[str] = set()
    for path, file in rendering.node.files.items():
        if SYSTEMD.search(path) and file.link is None:
            for key, values in unit(file.data).items():
                found |= {key, *(f"{key}={value}" for value in values)}
    return found


def too_new(found: set[str], systemd: int) -> set[str]:
    """The settings that systemd's own pages and news know of later versions alone."""
    since = read_settings_file()
    return {setting for setting in found if since.get(setting, 0) > systemd}


@RELEASE
def test_its_systemd_knows_every_setting(release: Release) -> None:
    """The release's version as its distribution has it, the settings' as systemd has them."""
    found = settings(rendered(release.title))
    keys = {key for key in found if "=" not in key}
    assert keys - read_settings_file().keys() == set(), "no page of systemd's has it"
    assert too_new(found, observed(release)["systemd"].value) == set()


def test_a_setting_that_is_too_new_is_seen() -> None:
    newest = max(ALL, key=lambda release: release.systemd)
    assert too_new(settings(rendered(newest.title)), 239)


@RELEASE
def test_systemd_takes_its_units(release: Release, tmp_path: Path) -> None:
    root = unit_root(rendered(release.title), tmp_path)
    done = verified(root, *UNITS)
    assert (done.code, done.output) == (0, "")


@RELEASE
def test_the_real_systemd_sysctl_sets_what_the_plan_says(release: Release, tmp_path: Path) -> None:
    """In namespaces of its own, so that it is this test's kernel settings that change."""
    text = rendered(release.title).node.files[SYSCTLS].data
    file = tmp_path / "99.conf"
    file.write_bytes(text)
    done = run(["unshare", "--user", "--map-root-user", "--net", "--mount", "--pid", "--fork",
                "--mount-proc", "/lib/systemd/systemd-sysctl", str(file)],
               env={"SYSTEMD_LOG_LEVEL": "debug", "SYSTEMD_LOG_TARGET": "console"}, check=False,
               timeout=60)
    said = dict(re.findall(r"Setting '(?:/proc/sys/)?([^']+)' to '([^']*)'", done.output))
    assert said == {key.replace(".", "/"): value for key, value in sysctls(text).items()}
    assert (done.code, said["net/ipv4/ip_forward"]) == (0, "1"), done.output


@RELEASE
def test_modules_load_names_the_release_s_own(release: Release) -> None:
    names = modules(rendered(release.title).node.files[MODULES].data)
    assert release.conntrack in names
    assert not set(names) & set(release.kernel.lacks)
    assert all(re.fullmatch(r"[a-z0-9_]+", name) for name in names)


@RELEASE
def test_ipvs_modules_is_there_where_it_is_read(release: Release) -> None:
    path = "etc/sysconfig/modules/ipvs.modules"
    file = rendered(release.title).node.files.get(path)
    assert (file is not None) is release.reads_ipvs_modules
    if file is not None:
        assert file.mode == 0o755
        subprocess.run(["sh", "-n", "-"], input=file.data, check=True, timeout=60)


@RELEASE
def test_the_check_runs_on_a_python_that_is_there(release: Release) -> None:
    files = rendered(release.title).node.files
    command, = unit(files["usr/lib/systemd/system/imagegen-check.service"].data)["ExecStart"]
    expected = release.python.path or "/opt/python/bin/python3"
    assert command.split()[0] == expected
    assert files[PYTHON_PATH].data == f"{expected}\n".encode()
    assert release.python.package in {None, *(package.name for package in release.packages)}


@BAKED
def test_packer_takes_its_folder(release: Release, tmp_path: Path) -> None:
    folder = with_inputs(rendered(release.title), tmp_path)
    done = run([packer_program(), "validate", "."], cwd=folder, env=QUIET, check=False, timeout=120)
    assert (done.code, done.output) == (0, "")


@BAKED
def test_its_steps_speak_its_manager_and_are_clean_shell(release: Release) -> None:
    files = rendered(release.title).tree.files
    scripts = {path: file.data for path, file in files.items() if path.endswith(".sh")}
    words = {Manager.APT: b"apt-get", Manager.DNF: b"dnf "}
    packages = scripts["packer/steps/10-packages.sh"]
    assert [manager for manager, word in words.items() if word in packages] == [release.manager]
    for path, data in scripts.items():
        done = subprocess.run(["shellcheck", "-s", "sh", "-"], input=data, check=False,
                              capture_output=True, timeout=60)
        assert (done.returncode, done.stdout) == (0, b""), path


@BAKED
def test_cloud_init_takes_its_user_data(release: Release) -> None:
    for kind in ("baked", "full"):
        data = rendered(release.title).tree.files[f"cloud-init/{kind}/user-data"].data
        assert problems(data) == []


@BAKED
def test_the_build_s_list_names_the_distribution_s_packages(release: Release) -> None:
    """By the distribution's own data; a name that is only believed is marked so in the docs."""
    lines = rendered(release.title).node.files["usr/lib/imagegen/packages"].data.decode().split()
    names = [line.removesuffix("-@kernel@") for line in lines]
    own = {name: seen.value for name, seen in observed(release).items()
           if name.startswith("packages.")}
    believed = [name for name in list_believed(release) if name.startswith("packages.")]
    assert set(own.values()) <= set(names)
    assert len(names) == len(own) + len(believed)
    assert {"packages.ipvsadm", "packages.ipset", "packages.iptables", "packages.conntrack"} <= {
        *own, *believed}
    assert ("kernel-modules-extra-@kernel@" in lines) is ("packages.kernel-modules-extra" in own)


@RELEASE
def test_every_release_is_refused_what_it_cannot_do(release: Release) -> None:
    """The profile of a Debian 12, with nothing but the release's name changed."""
    document = changed({"os.distribution": release.distribution.value,
                        "os.release": release.release})
    if release.mirror is not None:
        parsed(document)
        return
    with pytest.raises(Exception, match=r"makes no base image|has no Python") as caught:
        parsed(document)
    assert isinstance(caught.value, InputErrors) is (release.manager is Manager.NONE)
