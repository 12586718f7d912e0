"""A booted node's verdict in every format, by the node's own Python, and what it leaves behind."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from imagegen.node.formats import FORMATS
from imagegen.node.pages import pages
from tests.guests.nodes import SeedCluster
from tests.node.verdicts import validated
from tests.observability.test_npd import SCRIPT
from tests.tools.promtool import promtool

pytestmark = pytest.mark.guest

NAGIOS, NPD = {"green": 0, "red": 2}, {"green": 0, "red": 1}
TEXTFILES = "/var/lib/prometheus/node-exporter"


@pytest.mark.parametrize("state", ["green", "red"])
def test_every_format_of_a_node(modern: SeedCluster, state: str) -> None:
    with modern.node() as node:
        node.run(["mkdir", "-p", TEXTFILES])
        if state == "red":
            node.run(["sysctl", "-w", "net.ipv4.ip_forward=0"])
        judged = node.run(["ipvs-check", "run", "--no-wait"], check=False)
        assert (judged.code, judged.stdout.split()[0]) == (NPD[state], state.upper())
        said = {name: node.run(["ipvs-check", "show", "--format", name], check=False)
                for name in FORMATS}
        left = node.read("/run/imagegen/verdict.npd").decode()
        metrics = node.read(f"{TEXTFILES}/imagegen.prom").decode()
        node.write("/root/ipvs-verdict.sh", SCRIPT.read_bytes(), 0o755)
        plugin = node.run(["/root/ipvs-verdict.sh", "condition"], check=False)
    codes = dict.fromkeys(FORMATS, NPD[state]) | {"nagios": NAGIOS[state]}
    assert {name: done.code for name, done in said.items()} == codes
    assert validated(json.loads(said["json"].stdout))["verdict"] == state
    assert metrics == said["prometheus"].stdout
    assert left == f"{NPD[state]} {said['npd'].stdout}"
    assert (plugin.code, plugin.stdout) == (NPD[state], said["npd"].stdout)
    assert promtool("check", "metrics", text=metrics).returncode == 0


def test_every_rule_is_explained_on_the_node(modern: SeedCluster) -> None:
    with modern.node() as node:
        for rule, page in pages().items():
            assert page.title in " ".join(node.run(["ipvs-check", "explain", rule]).stdout.split())
        by_fact = node.run(["ipvs-check", "explain", "sysctl.net.ipv4.ip_forward"]).stdout
    assert by_fact.startswith("sysctl.net.ipv4.ip_forward, a fact of the rule sysctl (error)\n")


def test_systemd_itself_says_what_systemctl_does(modern: SeedCluster) -> None:
    """Of every unit that a node has: services, timers, mounts, targets, devices, slices."""
    script = Path(__file__).with_name("unit_readers.py").read_bytes()
    with modern.node() as node:
        node.write("/root/unit_readers.py", script)
        done = node.run(["python3", "-I", "-S", "/root/unit_readers.py", "/usr/lib/imagegen/check"],
                        timeout=600)
    said = json.loads(done.stdout)
    assert said["differ"] == {}
    assert said["count"] > 100
    assert said["loads"] == ["loaded", "masked", "not-found"]
