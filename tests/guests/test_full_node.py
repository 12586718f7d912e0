"""Every field of `os` at once, baked by Packer and booted: green, at work, and red where it breaks.

Level kernel: no cluster is needed for what the operating system promises.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guests.faults import Fault
from tests.guests.harness import NodeClone, Template, clone
from tests.guests.judging import judged_right, mended_right, not_ok
from tests.guests.node_faults import NODE_FAULTS

pytestmark = pytest.mark.guest


@pytest.fixture
def node(full_node: Template) -> Iterator[NodeClone]:
    """A node of one's own."""
    with clone(full_node) as node:
        yield node


def test_the_node_is_green(node: NodeClone) -> None:
    verdict = node.check("kernel")
    assert not_ok(verdict) == {}
    assert (verdict["verdict"], verdict["level"]) == ("green", "kernel")
    assert node.run(["systemctl", "is-system-running"], check=False).stdout == "running\n"


def test_what_was_asked_for_is_at_work(node: NodeClone) -> None:
    assert node.read("/var/lib/node-hooks/before") == b"/\n"
    assert b"(deploy)" in node.read("/var/lib/node-hooks/after")
    assert node.read("/run/node-tuning") == b""
    assert node.read("/etc/node-tuning/motto") == b"it's \"both\": ${HOME} %{x} {{ y }}\n"
    assert node.read("/etc/node-tuning/bytes") == bytes(range(10))
    assert node.read("/sys/kernel/mm/transparent_hugepage/enabled").endswith(b"[never]\n")
    assert node.run(["timedatectl", "show-timesync", "-p", "SystemNTPServers"]).stdout == (
        "SystemNTPServers=ntp.example.org 192.0.2.123\n")
    assert "io.containerd.grpc.v1" in node.run(["ctr", "plugins", "ls"]).stdout


def test_systemd_and_apt_know_the_proxy(node: NodeClone) -> None:
    said = node.run(["systemctl", "show", "-p", "Environment", "-p", "MemoryMax",
                     "kube-proxy.service"]).stdout
    assert "HTTPS_PROXY=http://proxy.example.org:3128/" in said
    assert "10.96.0.0/12" in said and "MemoryMax=536870912" in said
    apt = node.run(["apt-config", "dump"]).stdout
    assert 'Acquire::http::Proxy "http://proxy.example.org:3128";' in apt
    assert 'Acquire::http::Proxy::registry.example.org "DIRECT";' in apt


def test_a_user_logs_in_with_a_key_and_is_root(node: NodeClone) -> None:
    node.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", "/root/key"])
    node.run(["sh", "-c", "cat /root/key.pub >>/etc/ssh/authorized_keys.d/deploy"])
    done = node.run(["ssh", "-i", "/root/key", "-o", "StrictHostKeyChecking=no", "-o",
                     "BatchMode=yes", "deploy@127.0.0.1", "sudo -n id -u; id -Gn; pwd"])
    assert done.stdout == "0\ndeploy adm systemd-journal metrics\n/home/deploy\n"


@pytest.mark.parametrize("fault", NODE_FAULTS, ids=lambda fault: fault.name)
def test_the_right_fact_turns_red(node: NodeClone, fault: Fault) -> None:
    judged_right(node, fault, "kernel")
    mended_right(node, fault, "kernel")
