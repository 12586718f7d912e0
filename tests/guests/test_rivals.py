"""Real rivals of kube-proxy: the image keeps NetworkManager off its device, the check sees them.

NetworkManager may have nothing but kube-ipvs0 here, for the guest's own way out is not its own.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.guests.harness import NodeClone
from tests.guests.judging import assert_green, not_ok, waited
from tests.guests.nodes import SeedCluster, image_of, seed_cluster

pytestmark = [pytest.mark.guest, pytest.mark.wide]

OTHERS = "[keyfile]\nunmanaged-devices=interface-name:lan0;interface-name:flannel.1;type:ethernet\n"


@pytest.fixture(scope="module")
def cluster() -> Iterator[SeedCluster]:
    with seed_cluster(image_of("rivals-node"), "1.34.4") as made:
        yield made


def states(node: NodeClone) -> dict[str, str]:
    """Each device's state in NetworkManager's own words."""
    said = node.run(["nmcli", "-t", "-f", "DEVICE,STATE", "device"]).stdout
    return dict(line.split(":", 1) for line in said.splitlines())


def test_networkmanager_leaves_the_device_alone(cluster: SeedCluster) -> None:
    """Beside a setting of the node's own, as an administrator adds one."""
    with cluster.node() as node:
        node.write("/etc/NetworkManager/conf.d/10-local.conf", OTHERS.encode())
        node.run(["systemctl", "start", "NetworkManager"])
        assert states(node)["kube-ipvs0"] == "unmanaged"
        assert_green(*waited(node))


def test_networkmanager_takes_the_device(cluster: SeedCluster) -> None:
    """A later file sets unmanaged-devices anew, which takes ours away."""
    with cluster.node() as node:
        node.write("/etc/NetworkManager/conf.d/95-local.conf", OTHERS.encode())
        node.run(["systemctl", "start", "NetworkManager"])
        node.run(["nmcli", "device", "set", "kube-ipvs0", "managed", "yes"])
        node.run(["sleep", "5"])
        taken = states(node)["kube-ipvs0"]
        bad = not_ok(node.check("table"))
        node.run(["rm", "/etc/NetworkManager/conf.d/95-local.conf"])
        node.run(["systemctl", "reload", "NetworkManager"])
        node.run(["nmcli", "device", "set", "kube-ipvs0", "managed", "no"])
        node.run(["systemctl", "restart", "kube-proxy"])
        mended, = waited(node)
    assert taken != "unmanaged"
    assert bad["rivals.manager"]["result"] == "red"
    assert "NetworkManager does" in bad["rivals.manager"]["saw"]
    assert_green(mended)


def test_firewalld(cluster: SeedCluster) -> None:
    """Its zone refuses what is new, pods' packets to services too; kube-proxy mends a reload."""
    with cluster.node() as node:
        node.run(["systemctl", "start", "firewalld"])
        running, = waited(node)
        node.run(["firewall-cmd", "--reload"])
        reloaded, = waited(node)
        node.run(["systemctl", "stop", "firewalld"])
        assert_green(*waited(node))
    for verdict in (running, reloaded):
        bad = not_ok(verdict)
        assert "firewalld.service is active" in bad["rivals.units"]["saw"]
        assert "table inet firewalld" in bad["ipvs.firewall"]["saw"]
        assert [name for name, one in bad.items() if one["result"] != "warning"] == [
            "ipvs.firewall"]
