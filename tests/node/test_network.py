"""Single interfaces that lose packets, and two kinds of iptables rules."""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode

ROUTES = "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT\n"


def interface(fake: FakeNode, name: str, mtu: int = 1500, forwarding: int = 1, filter: int = 0,
              default: bool = False) -> None:
    fake.write(f"/sys/class/net/{name}/mtu", f"{mtu}\n")
    fake.write(f"/proc/sys/net/ipv4/conf/{name}/forwarding", f"{forwarding}\n")
    fake.write(f"/proc/sys/net/ipv4/conf/{name}/rp_filter", f"{filter}\n")
    if default:
        path = fake.root / "proc/net/route"
        before = path.read_text() if path.exists() else ROUTES
        fake.write("/proc/net/route",
                   f"{before}{name}\t00000000\t0100000A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n"
                   f"{name}\t0000000A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n")


@pytest.fixture
def wired(fake: FakeNode) -> FakeNode:
    """A node of one wire and a pod network."""
    fake.write("/proc/sys/net/ipv4/conf/all/forwarding", "1\n")
    fake.write("/proc/sys/net/ipv4/conf/all/rp_filter", "0\n")
    interface(fake, "lo", mtu=65536)
    interface(fake, "eth0", default=True)
    interface(fake, "flannel.1", mtu=1450)
    interface(fake, "kube-ipvs0", mtu=1500)
    return fake


def test_a_plain_node(wired: FakeNode) -> None:
    outcome = wired.judge("interfaces", {})
    assert (outcome.result, outcome.saw) == ("ok", "2 interfaces")


def test_one_that_does_not_forward(wired: FakeNode) -> None:
    interface(wired, "eth1", forwarding=0)
    outcome = wired.judge("interfaces", {}, "kernel")
    assert (outcome.result, outcome.saw) == ("warning", "eth1 does not forward")


def test_where_nothing_forwards_the_sysctl_rule_says_so(wired: FakeNode) -> None:
    wired.write("/proc/sys/net/ipv4/conf/all/forwarding", "0\n")
    interface(wired, "eth1", forwarding=0)
    assert wired.judge("interfaces", {}).result == "ok"


def test_a_strict_return_path_matters_where_there_are_two_ways_out(wired: FakeNode) -> None:
    interface(wired, "eth0", filter=1)
    assert wired.judge("interfaces", {}).result == "ok"
    interface(wired, "eth1", default=True)
    outcome = wired.judge("interfaces", {})
    assert outcome.result == "warning"
    assert outcome.saw.startswith("eth0 drops what would be answered through another interface")
    wired.write("/proc/sys/net/ipv4/conf/all/rp_filter", "2\n")  # the larger one counts
    assert wired.judge("interfaces", {}).result == "ok"


@pytest.mark.parametrize(("name", "mtu", "result"), [
    ("flannel.1", 1500, "warning"), ("cni0", 9000, "warning"), ("flannel.1", 1400, "ok"),
    ("kube-ipvs0", 9000, "ok"), ("eth7", 9000, "ok"), ("lo", 65536, "ok")])
def test_a_pod_network_wider_than_the_way_out(wired: FakeNode, name: str, mtu: int,
                                              result: str) -> None:
    wired.write("/sys/class/net/eth0/mtu", "1450\n")
    interface(wired, name, mtu=mtu)
    outcome = wired.judge("interfaces", {})
    assert outcome.result == result
    assert result == "ok" or outcome.saw == f"{name} takes {mtu} bytes, the way out 1450"


def test_a_bridge_of_any_name_carries_pods(wired: FakeNode) -> None:
    interface(wired, "br-pods", mtu=9000)
    wired.write("/sys/class/net/br-pods/bridge/bridge_id", "x")
    assert "br-pods takes 9000" in wired.judge("interfaces", {}).saw


def test_no_interface_is_unknown(fake: FakeNode) -> None:
    assert fake.judge("interfaces", {}).result == "unknown"


def multi(fake: FakeNode, program: str) -> None:
    fake.write(f"/usr/sbin/{program}", "", 0o755)
    fake.link("/etc/alternatives/iptables", f"/usr/sbin/{program}")
    fake.link("/usr/sbin/iptables", "/etc/alternatives/iptables")


@pytest.mark.parametrize(("program", "kind"), [("xtables-nft-multi", "nft"),
                                               ("xtables-legacy-multi", "legacy")])
def test_one_kind(fake: FakeNode, program: str, kind: str) -> None:
    multi(fake, program)
    assert fake.judge("iptables_kind", {}).saw == f"iptables is {kind}"


def test_two_kinds(fake: FakeNode) -> None:
    multi(fake, "xtables-nft-multi")
    fake.write("/proc/net/ip_tables_names", "nat\nfilter\n")
    outcome = fake.judge("iptables_kind", {}, "kernel")
    assert outcome.result == "warning"
    assert "old ones in filter, nat" in outcome.saw


def test_old_tables_belong_to_an_old_iptables(fake: FakeNode) -> None:
    multi(fake, "xtables-legacy-multi")
    fake.write("/proc/net/ip_tables_names", "nat\n")
    assert fake.judge("iptables_kind", {}).result == "ok"


def test_no_iptables_is_unknown(fake: FakeNode) -> None:
    assert fake.judge("iptables_kind", {}).result == "unknown"
