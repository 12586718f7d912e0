"""Units, keys and lists as people write them: escapes, shells' words, line ends, one text for many.

The names that systemd wants are asked of systemd-escape itself.
"""

from __future__ import annotations

import subprocess

import pytest

from imagegen.profile.lints.unit_programs import escaped
from tests.profile.cases import file, found, node_file, rendering, rules, said

KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHEF3r8lglhwYP75Bb+AFc/MwlzopJ3El2x7GU/SfOeL"
INSTALL = "[Install]\nWantedBy=multi-user.target\n"


def unit(name: str, content: str, **more: str) -> dict[str, object]:
    return {"os.units": [{"name": name, "content": content, **more}]}


@pytest.mark.parametrize("path", ["/var/lib/my-data", "/", "/.x", "/a/.b", "/a@b", "/var//lib/",
                                  "/srv/é", "/a_b:c.d"])
def test_a_path_is_escaped_as_systemd_does(path: str) -> None:
    done = subprocess.run(["systemd-escape", "--path", path], capture_output=True, text=True,
                          check=True)
    assert escaped(path) == done.stdout.strip()


@pytest.mark.parametrize(("name", "content", "told"), [
    ("var-lib-my\\x2ddata.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/my-data\n", []),
    ("var-lib-my-data.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/my-data\n",
     ["node-unit-name"]),
    ("data.mount", "[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/data\n", ["node-unit-name"]),
    ("srv.automount", "[Automount]\nWhere=/srv\n", []),
    ("srv.automount", "[Automount]\nWhere=/mnt\n", ["node-unit-name"]),
    ("a\\x2D.mount", "[Mount]\nWhere=/a-\n", ["unit-form"]), ("a%b.service", "", ["unit-form"])])
def test_a_unit_s_name_and_its_path(name: str, content: str, told: list[str]) -> None:
    assert rules(unit(name, content)) == told


def test_an_escaped_name_reaches_the_node_as_it_is() -> None:
    content = f"[Mount]\nWhat=/dev/vdb\nWhere=/var/lib/my-data\n{INSTALL}"
    rendered = rendering(unit("var-lib-my\\x2ddata.mount", content, state="enabled"))
    assert node_file(rendered, "etc/systemd/system/var-lib-my\\x2ddata.mount") == content
    states = node_file(rendered, "usr/lib/imagegen/unit-states")
    assert "enable var-lib-my\\x2ddata.mount" in states.split("\n")
    shell = "grep -v '^#' | while read -r _ unit; do printf %s \"$unit\"; done"
    done = subprocess.run(["sh", "-c", shell], input=states, capture_output=True, text=True,
                          check=True)
    assert done.stdout == "var-lib-my\\x2ddata.mount"


@pytest.mark.parametrize(("line", "told"), [
    ("ExecStart=/bin/echo 1 > /proc/x", ["node-unit-shell"]),
    ("ExecStartPre=-/sbin/modprobe ipip || true", ["node-unit-shell"]),
    ("ExecStart=/usr/bin/a && /usr/bin/b", ["node-unit-shell"]),
    ("ExecStart=/usr/bin/a \\\n  2>&1 | tee /x", ["node-unit-shell"]),
    ("ExecStart=/bin/sh -c 'echo 1 > /proc/x && true'", []),
    ("ExecStart=/usr/bin/bash -c \"a | b\"", []), ("ExecStart=/usr/bin/a --x=a|b -> c&d", []),
    ("ExecStart=./run.sh", ["node-unit-program"]), ("ExecStart=bin/run", ["node-unit-program"]),
    ("ExecStart=true", []), ("ExecStart=-+/bin/true", []), ("ExecStart=%h/x", [])])
def test_commands_that_no_shell_reads(line: str, told: list[str]) -> None:
    content = f"[Service]\nType=oneshot\nExecStop=/bin/true\n{line}\n"
    assert rules(unit("a.service", content)) == told


@pytest.mark.parametrize(("mode", "told"), [("0644", ["node-unit-program"]), ("0755", []),
                                            ("0750", [])])
def test_a_program_that_may_not_run(mode: str, told: list[str]) -> None:
    changes = {**unit("a.service", "[Service]\nExecStart=/opt/x/run --now\n"),
               **file("/opt/x/run", "#!/bin/sh\n", mode=mode)}
    assert rules(changes) == told


def test_a_unit_in_windows_line_ends_is_well_and_one_with_a_nul_is_not() -> None:
    content = "[Service]\r\nExecStart=/bin/true\r\n"
    assert found(unit("a.service", content)) == []
    rendered = rendering(unit("a.service", content))
    assert node_file(rendered, "etc/systemd/system/a.service") == content
    assert rules(unit("a.service", "[Service]\nExecStart=/bin/true\0\n")) == ["node-unit-syntax"]


@pytest.mark.parametrize(("name", "state", "told"), [
    ("systemd-modules-load.service", "masked", True), ("systemd-sysctl.service", "disabled", True),
    ("cloud-init.service", "masked", True), ("systemd-sysctl.service", "enabled", False),
    ("fstrim.timer", "masked", False)])
def test_units_that_the_node_needs(name: str, state: str, told: bool) -> None:
    assert rules({"os.units": [{"name": name, "state": state}]}) == ["node-unit-needed"] * told


def user(key: object) -> dict[str, object]:
    return {"os.users": [{"name": "deploy", "sshKeys": [key]}]}


@pytest.mark.parametrize("line", [
    f"{KEY} a\n", f"  {KEY}", KEY.replace(" ", "\t") + "\ta comment", f'from="10.0.0.0/8" {KEY}',
    f'command="echo \\"hi, there\\"",no-pty {KEY} x', f"restrict,pty {KEY}"])
def test_keys_as_they_are_pasted(line: str) -> None:
    """A block of YAML ends in a line break, and a table in a browser gives tabs."""
    assert found(user(line)) == []
    text = node_file(rendering(user(line)), "etc/ssh/authorized_keys.d/deploy")
    done = subprocess.run(["ssh-keygen", "-l", "-f", "-"], input=text, capture_output=True,
                          text=True, check=False)
    assert (done.returncode, "ED25519" in done.stdout) == (0, True), done.stderr


@pytest.mark.parametrize("line", [f"{KEY} a\n{KEY} b", "# a comment", "github:user", "${SSH_KEY}",
                                  KEY.replace("ed25519", "rsa"), KEY.replace("ssh-ed25519 ", ""),
                                  KEY.upper(), f"tunnel=0 {KEY}"])
def test_a_wrong_key_is_told_once(line: str) -> None:
    """Not also that the account has none: nobody wrote an empty list."""
    assert [rule for rule, _ in found(user(line))] == ["node-ssh-key"]


def test_an_account_without_a_key_is_still_told() -> None:
    assert rules({"os.users": [{"name": "deploy"}]}) == ["node-user-no-key"]
    assert rules({"os.users": [{"name": "deploy", "sshKeys": []}]}) == ["node-user-no-key"]


@pytest.mark.parametrize(("entry", "taken"), [
    ("10.0.0.0/8", True), ("10.0.0.5/8", True), ("fd00::/8", True), ("[fd00::1]", True),
    ("[fd00::1]:443", True), ("fd00::1", True), (".svc", True), ("*.example.org", True),
    ("example.org:8080", True), ("*", True), ("10.0.0.1", True), ("10.0.0.1:80", True),
    ("localhost,127.0.0.1", False), ("10.0.0.1-10.0.0.9", False), ("10.*", False),
    ("http://x.org", False), ("10.0.0", False), (" a.org", False), ("[x]", False)])
def test_what_goes_past_a_proxy(entry: str, taken: bool) -> None:
    changes = {"os.proxy": {"http": "http://proxy.example.org:3128", "noProxy": [entry]}}
    assert rules(changes) == ([] if taken else ["node-no-proxy-form"])
    if taken:
        text = node_file(rendering(changes),
                         "etc/systemd/system/kube-proxy.service.d/90-imagegen-proxy.conf")
        assert f"NO_PROXY={entry}," in text


def test_a_list_that_was_written_as_the_variable() -> None:
    changes = {"os.proxy": {"http": "http://p:3128", "noProxy": "localhost,127.0.0.1"}}
    assert "write it like [localhost, 127.0.0.1]" in said(changes)
