"""`imagegen adopt`: from a folder, a tar, a pipe and over ssh, to a profile that passes."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from imagegen.adopt.adopt import Wishes
from imagegen.adopt.collector import COMMAND, SCRIPT
from imagegen.adopt.write import scalar
from imagegen.common.errors import InputError
from imagegen.profile.load import parse_profile
from tests.adopt.nodes import (
    UNIT,
    Content,
    filled,
    node,
    notes,
    only_placeholders,
    recipe,
    started,
    tarred,
    with_sums,
    written,
)
from tests.hostile import VALUES, texts
from tests.verbs import ROOT, called, process

VERSION = ("--kubernetes", "1.20.2")


def recipes_node(folder: Path) -> Path:
    return written(folder / "node", recipe())


def test_a_folder_a_tar_and_a_pipe_give_the_same(tmp_path: Path) -> None:
    root = recipes_node(tmp_path)
    packed = tmp_path / "node.tar.gz"
    packed.write_bytes(tarred(recipe(), "w:gz"))
    folder, tar = (called("adopt", str(source), *VERSION) for source in (root, packed))
    assert (folder.code, folder.out) == (0, tar.out)
    piped = subprocess.run([sys.executable, "-m", "imagegen", "adopt", "-", *VERSION], cwd=ROOT,
                           input=packed.read_bytes(), capture_output=True, check=True)
    assert piped.stdout.decode() == folder.out
    assert folder.err.splitlines() == [line for line in folder.err.splitlines()
                                       if line.startswith("note: ")]
    assert len(folder.err.splitlines()) > 3


def test_what_it_writes_passes_as_a_profile(tmp_path: Path) -> None:
    out = tmp_path / "adopted.yaml"
    said = process("adopt", str(recipes_node(tmp_path)), "-o", str(out), *VERSION)
    assert (said.code, said.out) == (0, "")
    assert called("render", str(out), "-o", str(tmp_path / "out")).code == 0
    again = process("adopt", str(recipes_node(tmp_path)), "-o", str(out), *VERSION)
    assert (again.code, "is there already" in again.err) == (2, True)


def test_every_note_stands_in_the_profile_too(tmp_path: Path) -> None:
    said = called("adopt", str(recipes_node(tmp_path)), *VERSION)
    comments = " ".join(line.strip(" #") for line in said.out.splitlines() if "#" in line)
    for line in said.err.splitlines():
        assert line.removeprefix("note: ") in comments


@pytest.mark.parametrize(("name", "data", "words"), [
    ("none", None, "No such file"), ("text", b"hello", "this is no tar"), ("empty", b"", "no tar"),
])
def test_wrong_input_is_said_in_a_sentence(name: str, data: bytes | None, words: str,
                                           tmp_path: Path) -> None:
    if data is not None:
        (tmp_path / name).write_bytes(data)
    said = called("adopt", str(tmp_path / name), *VERSION)
    assert (said.code, said.out) == (2, "")
    assert words in said.err and said.err.startswith("error: ")


def test_a_list_of_packages(tmp_path: Path) -> None:
    listed = tmp_path / "rpm.txt"
    listed.write_text("ipset\nnfs-utils\n\nsocat\n")
    said = called("adopt", str(recipes_node(tmp_path)), *VERSION, "--packages", str(listed))
    assert yaml.safe_load(said.out)["os"]["packages"] == ["nfs-common", "socat"]
    said = called("adopt", str(recipes_node(tmp_path)), *VERSION, "--packages", str(tmp_path / "x"))
    assert (said.code, "cannot read" in said.err) == (2, True)


def test_the_command_stands_in_the_help_and_in_the_readme() -> None:
    assert COMMAND in called("adopt", "--help").out
    assert f"```sh\n{COMMAND}\n```" in (ROOT / "README.md").read_text()


def test_the_collector_is_printed_whole() -> None:
    said = called("adopt", "--collector")
    assert (said.code, said.out) == (0, (ROOT / SCRIPT).read_text())


# What stands in a node's files cannot break out of its comment or its value
INJECTION = "x\n  apiServers: [evil]\n# \x1b[2J\u2028y"


def test_a_note_stays_in_its_comment() -> None:
    unit = f"[Service]\nExecStart=/x/kube-proxy --proxy-mode=ipvs '--made-up={INJECTION!r}'\n"
    adopted = node({UNIT: unit, "/etc/sysctl.d/a.conf": f"net.*.x={INJECTION}\rz\n",
                    f"/etc/sysctl.d/b\n{INJECTION}.conf": "vm.swappiness=2\nvm.swappiness=3"})
    assert "\x1b" not in adopted.text and "\u2028" not in adopted.text
    assert "apiServers" not in yaml.safe_load(adopted.text).get("cluster", {})
    assert all("\n" not in note.text for note in adopted.notes)


@pytest.mark.parametrize("value", [*VALUES, "yes", "1.30", "0o7", "a: b", "- a", "# x", "'", '"',
                                   "", " a", "a ", "\u2028", "\U0001f600", "1e3", "2020-01-01",
                                   "10.0.0.0/8", "300s", "x\ny", "=", "<<", "~", "null", "0x1"])
def test_a_value_is_read_back_as_it_was(value: str) -> None:
    if any("\ud800" <= char <= "\udfff" for char in value):
        return
    assert yaml.safe_load(f"a: {scalar(value)}") == {"a": value}


NODES = settings(max_examples=120, deadline=None, suppress_health_check=list(HealthCheck))
LINES = st.lists(st.one_of(texts(20), st.sampled_from(
    ["net.ipv4.ip_forward = 0", "-a.b", "a/b.c=1", "[Service]", "ExecStart=/x/kube-proxy \\",
     "--config=/etc/x.yaml", "for i in a b; do", "modprobe $i", "done", "$(ls)", "ip_vs", "#",
     "EnvironmentFile=/etc/x.yaml", "mode: ipvs", "ipvs: {scheduler: wrr}", "- a", "a: [b"])),
    max_size=6).map("\n".join)
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | texts(8) | st.dates(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
        st.sampled_from(["ipvs", "mode", "clusterCIDR", "scheduler", "conntrack", "min", "x"])
        | texts(4), inner, max_size=3), max_leaves=8)


def passes(files: dict[str, Content]) -> None:
    """A profile that passes, or one sentence."""
    try:
        adopted = node(files, Wishes(kubernetes="1.34.4"))
    except InputError as error:
        assert str(error).startswith("error: ")
        return
    assert only_placeholders(adopted)
    assert parse_profile("p.yaml", filled(adopted)) == with_sums(adopted)
    assert notes(adopted).isprintable() or "\n" in notes(adopted)


@NODES
@given(st.fixed_dictionaries({}, optional=dict.fromkeys((
    UNIT, "/etc/sysctl.conf", "/etc/sysctl.d/x.conf", "/etc/modules", "/etc/x.yaml",
    "/etc/sysconfig/modules/x.modules", "/etc/os-release", "/var/lib/dpkg/status",
    "/etc/imagegen-release", "/usr/lib/imagegen/expectations.json", "/usr/lib/imagegen/packages",
    "/etc/systemd/system/kube-proxy.service.d/x.conf"), LINES)))
def test_any_node_gives_a_profile_that_passes(files: dict[str, str]) -> None:
    passes({"/etc/hosts": "", **files})


@NODES
@given(st.dictionaries(st.sampled_from(["ipvs", "mode", "iptables", "clientConnection", "kind",
                                        "clusterCIDR", "bindAddress", "conntrack", "x"]),
                       ANYTHING, max_size=4))
def test_any_configuration_gives_a_profile_that_passes(config: dict[str, Any]) -> None:
    text = yaml.safe_dump(config, allow_unicode=True)
    passes({**started("--config=/etc/x.yaml"), "/etc/x.yaml": text})


@NODES
@given(st.lists(st.tuples(st.sampled_from(
    ["proxy-mode", "ipvs-scheduler", "cluster-cidr", "masquerade-all", "v", "bind-address",
     "nodeport-addresses", "feature-gates", "x", "kubeconfig", "conntrack-min"]),
    st.sampled_from(["", "true", "1", "-1", "a,b", "99999999999999999999", "a=b", "::", "/x"])
    | texts(6).filter(lambda text: not re.search(r"[\s'\"\\%$]", text))), max_size=4))
def test_any_flags_give_a_profile_that_passes(flags: list[tuple[str, str]]) -> None:
    passes({"/etc/hosts": "", **started(*(f"--{name}={value}" for name, value in flags))})
