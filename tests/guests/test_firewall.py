"""Rules of the packet filter on a booted node: what the packets say, the check says.

Each mutation is done to a node with pods and a network outside, in namespaces of the guest; real
connections with data say who is still answered, and the rule must agree with them.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.guests.harness import NodeClone
from tests.guests.nodes import SeedCluster

pytestmark = pytest.mark.guest
PROGRAM = "/root/firewall_pods.py"
SERVICES = "10.254.0.0/16"
EVERYTHING = ["node port", "pod", "service"]
WHOLE = {"node": EVERYTHING, "pod": EVERYTHING, "outside": EVERYTHING}


@dataclass(frozen=True, slots=True)
class Mutation:
    """Rules of iptables, who must then lose a service, and what the rule says.

    `cut` names clients that get no answer of the service, the node port or both.
    """

    name: str
    rules: tuple[str, ...]
    cut: frozenset[str]
    result: str = "red"
    undo: tuple[str, ...] = ()

    @property
    def mends(self) -> tuple[str, ...]:
        """What takes the rules away again."""
        return self.undo or tuple(one.replace("-I ", "-D ", 1) for one in reversed(self.rules))


def mutation(name: str, rules: str | tuple[str, ...], cut: str, result: str = "red",
             undo: tuple[str, ...] = ()) -> Mutation:
    given = (rules,) if isinstance(rules, str) else rules
    return Mutation(name, given, frozenset(cut.split()), result, undo)


# in every run
MUTATIONS = (
    mutation("input-services", f"-I INPUT -d {SERVICES} -j DROP", "node pod outside"),
    mutation("forward-first", "-I FORWARD -j DROP", "pod outside"),
    mutation("output-to-pods", "-I OUTPUT -d 172.30.0.0/16 -j DROP", "node pod outside"),
    mutation("forward-policy", "-P FORWARD DROP", "", "warning", ("-P FORWARD ACCEPT",)),
    mutation("raw-prerouting", f"-t raw -I PREROUTING -d {SERVICES} -j DROP", "pod outside"),
    mutation("one-outside", "-I INPUT -i out0 -j DROP", "outside", "warning"),
    mutation("harmless", "-I INPUT -m conntrack --ctstate INVALID -j DROP", "", "ok"),
)
MORE = (
    mutation("input-rejects", f"-I INPUT -d {SERVICES} -p tcp -j REJECT", "node pod outside"),
    mutation("input-from-pods", "-I INPUT -s 172.30.0.0/16 -j DROP", "node pod"),
    mutation("input-one-service", "-I INPUT -d 10.254.72.60/32 -j DROP", "node pod outside"),
    mutation("input-another-port", "-I INPUT -d 10.254.72.60/32 -p tcp --dport 443 -j DROP", "",
             "ok"),
    mutation("input-ports", "-I INPUT -p tcp -m multiport --dports 22,80,443 -j DROP",
             "pod outside"),
    mutation("input-local", "-I INPUT -p tcp -m addrtype --dst-type LOCAL ! -i lo -j DROP",
             "node pod outside"),
    mutation("input-syn", "-I INPUT -p tcp --syn ! -i lo -j DROP", "pod outside"),
    mutation("output-services", f"-I OUTPUT -d {SERVICES} -j DROP", "", "ok"),
    mutation("raw-output", f"-t raw -I OUTPUT -d {SERVICES} -j DROP", "node"),
    mutation("raw-bridge", f"-t raw -I PREROUTING -i cni0 -d {SERVICES} -j DROP", "pod"),
    mutation("mangle-prerouting", f"-t mangle -I PREROUTING -d {SERVICES} -j DROP",
             "pod outside"),
    mutation("mangle-input", "-t mangle -I INPUT -p tcp --dport 80 -j DROP", "pod outside"),
    mutation("mangle-postrouting", "-t mangle -I POSTROUTING -o cni0 -j DROP",
             "node pod outside"),
    mutation("mangle-answers", f"-t mangle -I POSTROUTING -s {SERVICES} -j DROP",
             "node pod outside"),
    mutation("security", f"-t security -I INPUT -d {SERVICES} -j DROP", "node"),
    mutation("forward-bridge", "-I FORWARD -i cni0 -j DROP", "pod outside"),
    mutation("forward-to-bridge", "-I FORWARD -o cni0 -j DROP", "pod"),
    mutation("forward-range", "-I FORWARD -m iprange --src-range 172.30.90.0-172.30.90.255 "
             "-j DROP", "pod outside"),
    mutation("forward-answers", "-I FORWARD -m conntrack --ctstate ESTABLISHED -j DROP",
             "pod outside"),
    mutation("in-kube-forward", "-I KUBE-FORWARD -j DROP", "pod outside"),
    mutation("a-mark", "-I INPUT -m mark --mark 0x77 -j DROP", "", "ok"),
    mutation("a-mark-that-is-set", (
        f"-t mangle -I PREROUTING -d {SERVICES} -j MARK --set-mark 0x77",
        "-I INPUT -m mark --mark 0x77 -j DROP"), "pod outside"),
    mutation("limit", f"-I INPUT -d {SERVICES} -m limit --limit 100/sec -j DROP",
             "node pod outside", "warning"),
)


@pytest.fixture(scope="module")
def node(modern: SeedCluster) -> Iterator[NodeClone]:
    """A node with pods, whose every connection is answered."""
    with modern.node() as node:
        node.write(PROGRAM, Path(__file__).with_name("firewall_pods.py").read_bytes())
        node.run(["python3", PROGRAM, "setup"], timeout=300)
        # it takes up new addresses of the node at its start, or half a minute later
        node.run(["systemctl", "restart", "kube-proxy"])
        node.run(["sh", "-c", "for i in $(seq 60); do ipvsadm -Ln -t 192.168.1.145:28453 && "
                  f"python3 {PROGRAM} probe | grep -q outside.*service && break; sleep 1; done"])
        yield node


def answered(node: NodeClone) -> dict[str, list[str]]:
    """Who is answered by what."""
    said: dict[str, list[str]] = json.loads(node.run(["python3", PROGRAM, "probe"]).stdout)
    return said


def judged(node: NodeClone) -> dict[str, str]:
    return {one["id"]: one for one in node.check("table")["findings"]}["ipvs.firewall"]


def agrees(node: NodeClone, one: Mutation) -> None:
    """Packets lose what was expected, and the rule says so; after the mend all is whole."""
    for rule in one.rules:
        node.run(["iptables", *rule.split()])
    try:
        heard, finding = answered(node), judged(node)
    finally:
        for rule in one.mends:
            node.run(["iptables", *rule.split()])
    cut = {who for who, what in heard.items() if not {"service", "node port"} <= set(what)}
    assert (cut, finding["result"]) == (one.cut, one.result), (heard, finding["saw"])
    if one.result != "ok":
        assert finding["remedy"].startswith(("Run `", "Let "))
        words = {"node": "this node", "pod": "pods", "outside": "clients outside"}
        assert all(words[who] in finding["saw"] for who in one.cut), finding["saw"]


def test_every_connection_is_answered(node: NodeClone) -> None:
    assert answered(node) == WHOLE
    assert judged(node)["result"] == "ok"


@pytest.mark.parametrize("one", MUTATIONS, ids=lambda one: one.name)
def test_the_rule_says_what_the_packets_say(node: NodeClone, one: Mutation) -> None:
    agrees(node, one)


@pytest.mark.wide
@pytest.mark.parametrize("one", MORE, ids=lambda one: one.name)
def test_more_rules(node: NodeClone, one: Mutation) -> None:
    agrees(node, one)


@pytest.mark.wide
@pytest.mark.parametrize(("rule", "result"), [
    ("-I INPUT -d 10.254.0.0/16 -j DROP", "red"), ("-P FORWARD DROP", "red")])
def test_rules_of_the_old_kind(modern: SeedCluster, rule: str, result: str) -> None:
    """A FORWARD policy of the old kind has no KUBE-FORWARD before it, and cuts services as well."""
    with modern.node() as node:
        node.run(["iptables-legacy", *rule.split()])
        finding = judged(node)
    assert finding["result"] == result
    assert finding["saw"].startswith("iptables-legacy, table filter")
