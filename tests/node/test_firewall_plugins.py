"""The ordinary rules of Docker, flannel, Calico and ufw, from their public sources, as data.

moby libnetwork/iptables and drivers/bridge; flannel pkg/trafficmngr/iptables; Calico felix/rules;
ufw conf/before.rules. None of them is to raise a false alarm.
"""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode
from tests.node.firewall import judge, saved, with_services

DOCKER = (
    "-A FORWARD -j DOCKER-USER", "-A FORWARD -j DOCKER-ISOLATION-STAGE-1",
    "-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A FORWARD -o docker0 -j DOCKER", "-A FORWARD -i docker0 ! -o docker0 -j ACCEPT",
    "-A FORWARD -i docker0 -o docker0 -j ACCEPT",
    "-A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2",
    "-A DOCKER-ISOLATION-STAGE-1 -j RETURN", "-A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP",
    "-A DOCKER-ISOLATION-STAGE-2 -j RETURN", "-A DOCKER-USER -j RETURN")
OF_DOCKER = ("DOCKER", "DOCKER-USER", "DOCKER-ISOLATION-STAGE-1", "DOCKER-ISOLATION-STAGE-2")
FLANNEL = (
    '-A FORWARD -m comment --comment "flanneld forward" -j FLANNEL-FWD',
    '-A FLANNEL-FWD -s 172.30.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT',
    '-A FLANNEL-FWD -d 172.30.0.0/16 -m comment --comment "flanneld forward" -j ACCEPT')
CALICO = (
    '-A INPUT -m comment --comment "cali:Cz_u1IQiXIMmKD4c" -j cali-INPUT',
    '-A FORWARD -m comment --comment "cali:wUHhoiAYhphO9Mso" -j cali-FORWARD',
    '-A OUTPUT -m comment --comment "cali:tVnHkvAo15HuiPy0" -j cali-OUTPUT',
    "-A cali-FORWARD -j MARK --set-xmark 0x0/0xe0000",
    "-A cali-FORWARD -m mark --mark 0x0/0x10000 -j cali-from-hep-forward",
    "-A cali-FORWARD -i cali+ -j cali-from-wl-dispatch",
    "-A cali-FORWARD -o cali+ -j cali-to-wl-dispatch",
    "-A cali-FORWARD -j cali-to-hep-forward", "-A cali-FORWARD -j cali-cidr-block",
    '-A cali-FORWARD -m comment --comment "Policy explicitly accepted packet." -m mark --mark '
    "0x10000/0x10000 -j ACCEPT",
    '-A cali-INPUT -p ipencap -m comment --comment "Drop IPIP packets from non-Calico hosts" '
    "-j DROP",
    "-A cali-INPUT -i cali+ -g cali-wl-to-host",
    "-A cali-INPUT -m mark --mark 0x10000/0x10000 -j ACCEPT",
    "-A cali-INPUT -j MARK --set-xmark 0x0/0xf0000", "-A cali-INPUT -j cali-from-host-endpoint",
    '-A cali-INPUT -m comment --comment "Host endpoint policy accepted packet." -m mark --mark '
    "0x10000/0x10000 -j ACCEPT",
    "-A cali-OUTPUT -m mark --mark 0x10000/0x10000 -j ACCEPT", "-A cali-OUTPUT -o cali+ -j RETURN",
    "-A cali-OUTPUT -j MARK --set-xmark 0x0/0xf0000",
    "-A cali-OUTPUT -m conntrack ! --ctstate DNAT -j cali-to-host-endpoint",
    "-A cali-wl-to-host -j cali-from-wl-dispatch",
    '-A cali-wl-to-host -m comment --comment "Configured DefaultEndpointToHostAction" -j ACCEPT',
    "-A cali-from-wl-dispatch -i cali92d634f8f03 -g cali-fw-cali92d634f8f03",
    '-A cali-from-wl-dispatch -m comment --comment "Unknown interface" -j DROP',
    "-A cali-to-wl-dispatch -o cali92d634f8f03 -g cali-tw-cali92d634f8f03",
    '-A cali-to-wl-dispatch -m comment --comment "Unknown interface" -j DROP',
    "-A cali-fw-cali92d634f8f03 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A cali-fw-cali92d634f8f03 -m conntrack --ctstate INVALID -j DROP",
    "-A cali-fw-cali92d634f8f03 -j MARK --set-xmark 0x0/0x10000",
    "-A cali-fw-cali92d634f8f03 -j cali-pro-kns.default",
    "-A cali-fw-cali92d634f8f03 -m mark --mark 0x10000/0x10000 -j RETURN",
    '-A cali-fw-cali92d634f8f03 -m comment --comment "Drop if no profiles matched" -j DROP',
    "-A cali-tw-cali92d634f8f03 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A cali-tw-cali92d634f8f03 -m conntrack --ctstate INVALID -j DROP",
    "-A cali-tw-cali92d634f8f03 -j MARK --set-xmark 0x0/0x10000",
    "-A cali-tw-cali92d634f8f03 -j cali-pri-kns.default",
    "-A cali-tw-cali92d634f8f03 -m mark --mark 0x10000/0x10000 -j RETURN",
    '-A cali-tw-cali92d634f8f03 -m comment --comment "Drop if no profiles matched" -j DROP',
    "-A cali-pri-kns.default -j MARK --set-xmark 0x10000/0x10000",
    "-A cali-pri-kns.default -m mark --mark 0x10000/0x10000 -j RETURN",
    "-A cali-pro-kns.default -j MARK --set-xmark 0x10000/0x10000",
    "-A cali-pro-kns.default -m mark --mark 0x10000/0x10000 -j RETURN")
OF_CALICO = ("cali-INPUT", "cali-FORWARD", "cali-OUTPUT", "cali-from-hep-forward",
             "cali-from-wl-dispatch", "cali-to-wl-dispatch", "cali-to-hep-forward",
             "cali-cidr-block", "cali-wl-to-host", "cali-from-host-endpoint",
             "cali-to-host-endpoint", "cali-fw-cali92d634f8f03", "cali-tw-cali92d634f8f03",
             "cali-pri-kns.default", "cali-pro-kns.default")
# ufw as it comes, switched on: what is not asked for is dropped, so pods' packets to services are
UFW = (
    "-A INPUT -j ufw-before-input", "-A ufw-before-input -i lo -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
    "-A ufw-before-input -m conntrack --ctstate INVALID -j DROP",
    "-A ufw-before-input -p icmp -m icmp --icmp-type 8 -j ACCEPT",
    "-A ufw-before-input -j ufw-not-local", "-A ufw-not-local -m addrtype --dst-type LOCAL "
    "-j RETURN", "-A ufw-not-local -m limit --limit 3/min --limit-burst 10 -j ufw-logging-deny",
    "-A ufw-not-local -j DROP", '-A ufw-logging-deny -j LOG --log-prefix "[UFW BLOCK] "')
OF_UFW = ("ufw-before-input", "ufw-not-local", "ufw-logging-deny")


@pytest.fixture
def node(fake: FakeNode) -> FakeNode:
    return with_services(fake)


def with_a_workload(node: FakeNode) -> FakeNode:
    """The pod of a service behind an interface of Calico's."""
    node.write("/sys/class/net/cali92d634f8f03/ifindex", "9\n")
    text = (node.root / "proc/net/route").read_text().replace(
        "cni0\t005A1EAC\t00000000\t0001\t0\t0\t0\t00FFFFFF",
        "cali92d634f8f03\t045A1EAC\t00000000\t0005\t0\t0\t0\tFFFFFFFF")
    node.write("/proc/net/route", text)
    return node


def test_flannel(node: FakeNode) -> None:
    outcome = judge(node, saved(*FLANNEL, chains=("FLANNEL-FWD",), policies={"FORWARD": "DROP"}))
    assert outcome.result == "ok", outcome.saw


def test_calico(node: FakeNode) -> None:
    outcome = judge(with_a_workload(node), saved(*CALICO, chains=OF_CALICO))
    assert outcome.result == "ok", outcome.saw


def test_a_drop_before_calico_is_seen(node: FakeNode) -> None:
    rules = ("-A INPUT -i cali+ -j DROP", *CALICO)
    outcome = judge(with_a_workload(node), saved(*rules, chains=OF_CALICO))
    assert outcome.result == "red"
    assert "pods (through cali92d634f8f03)" in outcome.saw


def test_docker_beside_a_plugin_that_accepts_pods(node: FakeNode) -> None:
    rules, chains = (*DOCKER, *FLANNEL), (*OF_DOCKER, "FLANNEL-FWD")
    outcome = judge(node, saved(*rules, chains=chains, policies={"FORWARD": "DROP"}))
    assert outcome.result == "ok", outcome.saw


def test_docker_alone_keeps_pods_apart(node: FakeNode) -> None:
    """Its policy of FORWARD is DROP: services are answered, pods' own addresses are not."""
    outcome = judge(node, saved(*DOCKER, chains=OF_DOCKER, policies={"FORWARD": "DROP"}))
    assert outcome.result == "warning"
    assert "services are answered" in outcome.saw


def test_ufw_as_it_comes_cuts_pods_off(node: FakeNode) -> None:
    outcome = judge(node, saved(*UFW, chains=OF_UFW, policies={"INPUT": "DROP"}))
    assert outcome.result == "red"
    assert "chain INPUT: policy drop cuts pods" in outcome.saw


def test_ufw_that_lets_pods_and_node_ports_in(node: FakeNode) -> None:
    allowed = ("-A INPUT -s 172.30.0.0/16 -j ACCEPT",
               "-A INPUT -p tcp -m multiport --dports 80,443,20000:40000 -j ACCEPT")
    outcome = judge(node, saved(*UFW, *allowed, chains=OF_UFW, policies={"INPUT": "DROP"}))
    assert outcome.result == "ok", outcome.saw
