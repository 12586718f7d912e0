"""The build's step 10, with an apt-get of the test's own: done, failed, or never heard of again."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from imagegen.common.assets import asset
from tests.processes import eventually, living

STEP = "packer/qemu/managers/apt/10-packages.sh"


def run_step(folder: Path, apt_get: str, patience: int = 300) -> subprocess.CompletedProcess[str]:
    """The step outside a build guest, where it leaves services alone."""
    assert not Path("/run/imagegen-build").exists()
    (folder / "packages").write_text("ipvsadm\nipset\n")
    (folder / "apt-get").write_text(f"#!/bin/sh\n{apt_get}\n")
    (folder / "apt-get").chmod(0o755)
    text = asset(STEP).read_text()
    for old, new in (("patience=300", f"patience={patience}"),
                     ("/usr/lib/imagegen/packages", str(folder / "packages"))):
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    (folder / "step.sh").write_text(text)
    env = {"PATH": f"{folder}:{os.environ['PATH']}"}
    return subprocess.run(["sh", str(folder / "step.sh")], text=True, env=env, timeout=60,
                          stdin=subprocess.DEVNULL, capture_output=True, check=False)


def test_it_updates_and_installs(tmp_path: Path) -> None:
    done = run_step(tmp_path, f'echo "$@" >>{tmp_path}/asked; echo "apt $1"')
    assert (done.returncode, done.stderr) == (0, "")
    update, tried, install = (tmp_path / "asked").read_text().splitlines()
    assert update.endswith(" update") and "Error-Mode=any" in update
    assert install.endswith("install --no-install-recommends ipvsadm ipset")
    assert " -s " in tried and " -s " not in install


# apt's own words, of firewalld on Debian 13
REMOVED = "Remv cloud-init [25.1.4-1+deb13u1]\nInst firewalld (2.3.1-1+deb13u1 Debian:13.2 [all])"


@pytest.mark.parametrize(("alone", "blamed"), [
    ("*' ipset'", "ipset"), ("*ipvsadm*", "ipvsadm"), ("*' ipvsadm ipset'", "one of the packages")])
def test_a_package_that_drives_out_what_the_node_needs(
    tmp_path: Path, alone: str, blamed: str
) -> None:
    done = run_step(tmp_path, f"""
case "$*" in
  *' -y '*) touch {tmp_path}/installed ;;
  *install*ipvsadm*ipset | *install*{alone.removeprefix('*')}) echo '{REMOVED}' ;;
esac""")
    assert done.returncode == 1
    assert done.stdout.endswith(f"imagegen error: {blamed} drives out cloud-init, which the node "
                                "needs\n")
    assert not (tmp_path / "installed").exists()


def test_a_package_that_takes_another_s_place(tmp_path: Path) -> None:
    """chrony for systemd-timesyncd is what somebody wants who names it."""
    done = run_step(tmp_path, f"""
case "$*" in
  *' -s '*) echo 'Remv systemd-timesyncd [257.13-1~deb13u1] []' ;;
  *' -y '*) touch {tmp_path}/installed ;;
esac""")
    assert (done.returncode, (tmp_path / "installed").exists()) == (0, True)


@pytest.mark.parametrize("verb", ["update", "install"])
def test_an_apt_that_fails_ends_the_step(tmp_path: Path, verb: str) -> None:
    done = run_step(tmp_path, f'case "$*" in *{verb}*) echo "E: no such thing"; exit 100 ;; esac')
    assert done.returncode == 1
    assert done.stdout.endswith("E: no such thing\nimagegen error: apt could not install the "
                                "packages; its own words stand above\n")


def test_a_mirror_that_sends_nothing_ends_the_step(tmp_path: Path) -> None:
    """A step that waited for this apt would run into the time-out of `run_step`, and raise."""
    done = run_step(tmp_path, f"echo $$ >{tmp_path}/pid; exec sleep 86400", patience=2)
    assert done.returncode == 1
    assert done.stdout.endswith("imagegen error: the package mirror sent nothing for 2 s\n")
    pid = int((tmp_path / "pid").read_text())
    assert eventually(lambda: not living(pid), seconds=20)
