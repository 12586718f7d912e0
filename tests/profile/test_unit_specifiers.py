"""R13 and R20: a `%`, judged as systemd-analyze judges it, and the units that a node needs."""

from __future__ import annotations

import string
import subprocess
from pathlib import Path

import pytest

from imagegen.knowledge.systemd import NEEDED_UNITS, is_specifier
from tests.profile.cases import ROCKY, rules
from tests.tools.cloudinit import VERSIONS, library

SYSTEMD = 252


def verified(section: str, line: str, folder: Path) -> str:
    unit = folder / "x@.service"
    head = "" if line.startswith("ExecStart=") else "[Service]\nExecStart=/bin/true\n"
    unit.write_text(f"{head}[{section}]\n{line}\n")
    done = subprocess.run(["systemd-analyze", "verify", str(folder / "x@y.service")],
                          capture_output=True, text=True, check=False)
    return done.stderr


def test_the_table_is_systemd_s(tmp_path: Path) -> None:
    """Every letter and digit, in one unit; Debian 12's systemd is 252."""
    letters = string.ascii_letters + string.digits
    lines = "".join(f"Environment=X{ord(letter)}=a%{letter}b\n" for letter in letters)
    said = verified("Service", lines, tmp_path)
    unknown = {letter for letter in letters if f"in X{ord(letter)}=a%{letter}b," in said}
    assert unknown == {letter for letter in letters if not is_specifier(letter, SYSTEMD)}
    assert set(string.digits) < unknown


LINES = [("Service", "Environment=X=a%40b"), ("Service", "ExecStart=/bin/echo a%40b"),
         ("Unit", "Description=a%zb"), ("Unit", "ConditionPathExists=/a%zb"),
         ("Service", "WorkingDirectory=/a%zb"), ("Service", "EnvironmentFile=/a%zb"),
         ("Service", "ExecStartPre=-/bin/echo %z"), ("Service", "User=a%zb"),
         ("Service", "StandardOutput=file:/a%z"), ("Unit", "After=a%zb.service"),
         ("Service", "Environment=X=a%%40b"), ("Service", "CPUQuota=20%"),
         ("Service", "MemoryMax=50%"), ("Service", "Environment=X=100%"),
         ("Service", "Environment=X=a%-b"), ("Service", "X-Note=a%zb"),
         ("Service", "Environment=X=%%%z"), ("Service", "Environment=X=%%%%z"),
         ("Service", "Environment=X=%H"), ("X-Mine", "Note=%z"), ("Service", "# a%zb")]


@pytest.mark.parametrize(("section", "line"), LINES)
def test_a_line_is_judged_as_systemd_judges_it(section: str, line: str, tmp_path: Path) -> None:
    dropped = "resolve" in verified(section, line, tmp_path)
    head = "" if line.startswith("ExecStart=") else "[Service]\nExecStart=/bin/true\n"
    text = f"{head}[{section}]\n{line}\n[Install]\nWantedBy=multi-user.target\n"
    told = rules({"os.units": [{"name": "x.service", "content": text, "state": "enabled"}]})
    assert ("node-unit-specifier" in told) is dropped


def test_drop_ins_and_files_are_read() -> None:
    text = "[Service]\nEnvironment=X=a%40b\n"
    drop_in = {"name": "ssh.service", "dropIns": [{"name": "x", "content": text}]}
    assert rules({"os.units": [drop_in]}) == ["node-unit-specifier"]
    for path in ("/etc/systemd/system/ssh.service.d/x.conf", "/etc/systemd/system/y.service"):
        assert "node-unit-specifier" in rules({"os.files": [{"path": path, "content": text}]})
    assert rules({"os.files": [{"path": "/etc/node/x.env", "content": "X=a%40b\n"}]}) == []
    part = ("write_files: [{path: /etc/systemd/system/ssh.service.d/x.conf, content: "
            "\"[Service]\\nEnvironment=X=a%40b\"}]")
    assert rules({"cloudInit.parts": [{"name": "a", "kind": "cloud-config", "content": part}]}) == [
        "node-unit-specifier"]


@pytest.mark.parametrize("name", [
    "cloud-init.target", "cloud-config.target", "cloud-init-main.service", "systemd-udevd.service",
    "systemd-networkd.service", "dbus.socket", "default.target", "systemd-journald.socket"])
@pytest.mark.parametrize("state", ["masked", "disabled"])
def test_a_needed_unit_stays_on(name: str, state: str) -> None:
    assert rules({"os.units": [{"name": name, "state": state}]}) == ["node-unit-needed"]
    assert rules({"os.kernelArguments": [f"systemd.mask={name}"]}) == [
        "node-kernel-argument-breaks"]


def test_the_network_s_daemon_by_release() -> None:
    masked = {"os.units": [{"name": "NetworkManager.service", "state": "masked"}]}
    assert rules(masked) == []
    assert rules({**masked, **ROCKY}) == ["node-unit-needed"]
    networkd = {"os.units": [{"name": "systemd-networkd.service", "state": "masked"}]}
    assert rules({**networkd, **ROCKY}) == []


def test_cloud_init_s_units_are_all_in_the_list() -> None:
    """What each version's package enables or orders its stages by."""
    for version in VERSIONS:
        root = next(parent for parent in library(version).parents if (parent / "usr").is_dir())
        units = {path.name for path in root.glob("**/systemd/system/cloud-*.*")
                 if path.suffix in (".service", ".target") and "hotplug" not in path.name}
        assert len(units) >= 5, version
        assert units <= set(NEEDED_UNITS), version
