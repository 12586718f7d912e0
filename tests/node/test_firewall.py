"""The packet filter around IPVS: which rules lose connections, and which ones are harmless."""

from __future__ import annotations

import pytest

from tests.node.fake import FakeNode
from tests.node.firewall import EXPECT, HEAD, judge, packed, saved, with_services

NODE, PODS, OUTSIDE = "this node", "pods", "clients outside"


@pytest.fixture
def node(fake: FakeNode) -> FakeNode:
    return with_services(fake)


def test_kube_proxys_own_rules_lose_nothing(node: FakeNode) -> None:
    outcome = judge(node, saved())
    assert outcome.result == "ok", outcome.saw
    assert "followed through them" in outcome.saw


# what it is, the rules, a policy, who is cut off (as packets in a guest have shown)
LOST = (
    ("input-services", ("-A INPUT -d 10.254.0.0/16 -j DROP",), (NODE, PODS)),
    ("input-all", ("-A INPUT -p tcp -j DROP",), (NODE, PODS, OUTSIDE)),
    ("input-rejects", ("-A INPUT -d 10.254.0.0/16 -p tcp -j REJECT --reject-with tcp-reset",),
     (NODE, PODS)),
    ("input-from-pods", ("-A INPUT -s 172.30.0.0/16 -j DROP",), (NODE, PODS)),
    ("input-not-loopback", ("-A INPUT ! -i lo -p tcp -m tcp --syn -j DROP",), (PODS, OUTSIDE)),
    ("input-one-service", ("-A INPUT -d 10.254.72.60/32 -p tcp -m tcp --dport 80 -j DROP",),
     (PODS,)),
    ("input-ports", ("-A INPUT -p tcp -m multiport --dports 22,80,443 -j DROP",), (PODS,)),
    ("forward-all", ("-A FORWARD -j DROP",), (PODS, OUTSIDE)),
    ("forward-from-bridge", ("-A FORWARD -i cni0 -j DROP",), (PODS,)),
    ("forward-to-pods", ("-A FORWARD -o cni0 -j DROP",), (PODS,)),
    ("output-to-pods", ("-A OUTPUT -d 172.30.90.0/24 -j DROP",), (NODE, PODS)),
    ("raw-services", ("-t raw -A PREROUTING -d 10.254.0.0/16 -j DROP",), (PODS,)),
    ("raw-bridge", ("-t raw -A PREROUTING -i cni0 -d 10.254.0.0/16 -j DROP",), (PODS,)),
    ("raw-output", ("-t raw -A OUTPUT -d 10.254.0.0/16 -j DROP",), (NODE,)),
    ("mangle-prerouting", ("-t mangle -A PREROUTING -d 10.254.0.0/16 -j DROP",), (PODS,)),
    ("mangle-input", ("-t mangle -A INPUT -p tcp -m tcp --dport 80 -j DROP",), (PODS,)),
    ("mangle-postrouting", ("-t mangle -A POSTROUTING -o cni0 -j DROP",), (NODE, PODS)),
    ("security", ("-t security -A INPUT -d 10.254.0.0/16 -j DROP",), (NODE, PODS)),
    ("answers", ("-A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j DROP",),
     (PODS, OUTSIDE)),
    ("range", ("-A INPUT -m iprange --dst-range 10.254.0.0-10.254.255.255 -j DROP",),
     (NODE, PODS)),
    ("addrtype", ("-A INPUT ! -i lo -m addrtype --dst-type LOCAL -j DROP",), (PODS, OUTSIDE)),
    ("mark-that-none-has", ("-A INPUT -p tcp -m mark ! --mark 0x77 -j DROP",), (NODE, PODS)),
    ("mark-of-mangle", ("-t mangle -A PREROUTING -d 10.254.0.0/16 -j MARK --set-xmark "
                        "0x77/0xffffffff", "-A INPUT -m mark --mark 0x77 -j DROP"), (PODS,)),
    ("node-ports", ("-A INPUT -p tcp -m tcp --dport 20000:40000 -i ens2 -j DROP",), (OUTSIDE,)),
)


@pytest.mark.parametrize(("rules", "who"), [one[1:] for one in LOST],
                         ids=[one[0] for one in LOST])
def test_a_rule_that_loses_packets_is_red(
    node: FakeNode, rules: tuple[str, ...], who: tuple[str, ...]
) -> None:
    outcome = judge(node, saved(*rules))
    assert outcome.result == "red", outcome.saw
    named = {one for one in (NODE, PODS, OUTSIDE) if one in outcome.saw}
    assert set(who) <= named, outcome.saw
    last = rules[-1].partition("-A ")[2]
    assert f"-A {last}" in outcome.saw
    assert f"-D {last}` and take it out" in outcome.remedy


def test_behind_kube_proxys_own_it_loses_as_much(node: FakeNode) -> None:
    assert judge(node, saved("-A INPUT -d 10.254.0.0/16 -j DROP", first=False)).result == "red"
    # ESTABLISHED was accepted before it
    assert judge(node, saved("-A FORWARD -m conntrack --ctstate ESTABLISHED -j DROP",
                             first=False)).result == "ok"


def test_chains_of_chains(node: FakeNode) -> None:
    rules = ("-A INPUT -j bad", "-A bad -p tcp -g worse", "-A worse -d 10.254.0.0/16 -j DROP")
    outcome = judge(node, saved(*rules, chains=("bad", "worse")))
    assert outcome.result == "red"
    assert "chain worse: -A worse -d 10.254.0.0/16 -j DROP cuts" in outcome.saw
    harmless = ("-A INPUT -j bad", "-A bad -p udp -g worse", "-A worse -j DROP")
    assert judge(node, saved(*harmless, chains=("bad", "worse"))).result == "ok"


@pytest.mark.parametrize("policy", ["INPUT", "OUTPUT"])
def test_a_policy_of_drop(node: FakeNode, policy: str) -> None:
    outcome = judge(node, saved(policies={policy: "DROP"}))
    assert outcome.result == "red"
    assert f"chain {policy}: policy drop cuts" in outcome.saw
    assert f"`iptables -t filter -P {policy} ACCEPT`" in outcome.remedy


def test_a_policy_of_drop_that_accepts_what_services_need(node: FakeNode) -> None:
    rules = ("-A INPUT -i lo -j ACCEPT", "-A INPUT -m state --state RELATED,ESTABLISHED -j ACCEPT",
             "-A INPUT -s 172.30.0.0/16 -j ACCEPT", "-A INPUT -p tcp -m tcp --dport 22 -j ACCEPT",
             "-A INPUT -p tcp -m tcp --dport 20000:40000 -j ACCEPT")
    outcome = judge(node, saved(*rules, policies={"INPUT": "DROP"}))
    assert outcome.result == "warning"  # addresses of ClusterIPs are closed to those outside
    assert f"cuts {OUTSIDE} (through ens2) off from TCP 10.254" in outcome.saw
    assert PODS not in outcome.saw and NODE not in outcome.saw


def test_a_forward_policy_of_drop_spares_services(node: FakeNode) -> None:
    """KUBE-FORWARD takes their answers; pods cannot reach each other's own addresses."""
    outcome = judge(node, saved(policies={"FORWARD": "DROP"}))
    assert outcome.result == "warning"
    assert outcome.saw.startswith("services are answered, but iptables, table filter, chain FOR")
    plugins = ("-A FORWARD -s 172.30.0.0/16 -j ACCEPT", "-A FORWARD -d 172.30.0.0/16 -j ACCEPT")
    accepted = saved(*plugins, policies={"FORWARD": "DROP"}, first=False)
    assert judge(node, accepted).result == "ok"


@pytest.mark.parametrize("rule", [
    "-A INPUT -d 10.254.0.0/16 -m limit --limit 5/sec -j DROP",
    "-A INPUT -d 10.254.0.0/16 -m statistic --mode random --probability 0.5 -j DROP",
    "-A INPUT -m bpf --object-pinned /sys/fs/bpf/x -j DROP",
    "-A INPUT -m set --match-set not-there dst -j DROP",
    "-A INPUT -d 10.254.0.0/16 -j NFQUEUE --queue-num 1",
    "-A INPUT -d 10.254.0.0/16 -j TARPIT",
    "-t mangle -A PREROUTING -m statistic --mode nth --every 2 -j MARK --set-xmark 0x1/0x1",
])
def test_what_cannot_be_read_is_a_warning(node: FakeNode, rule: str) -> None:
    outcome = judge(node, saved(rule, "-A INPUT -m mark --mark 0x1/0x1 -j DROP"))
    assert outcome.result == "warning", outcome.saw
    assert "may cut" in outcome.saw


@pytest.mark.parametrize("rule", [
    "-A INPUT -m conntrack --ctstate INVALID -j DROP",
    "-A INPUT -p tcp -m tcp --dport 23 -j DROP",
    "-A INPUT -p icmp -m icmp --icmp-type 8 -j DROP",
    "-A INPUT -s 198.51.100.0/24 -j DROP",
    "-A INPUT -m mark --mark 0x77 -j DROP",
    "-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN -j DROP",
    "-A INPUT -d 10.254.72.60/32 -p tcp -m tcp --dport 443 -j DROP",
    "-A INPUT -m set --match-set blocked src -j DROP",
    "-A FORWARD -o docker0 -j DROP",
    "-A INPUT -j LOG --log-prefix \"dropped: -j DROP \"",
    "-t mangle -A FORWARD -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --clamp-mss-to-pmtu",
])
def test_what_takes_other_packets_is_harmless(node: FakeNode, rule: str) -> None:
    node.host.heads["blocked"] = node.host.heads["KUBE-IPVS-IPS"]
    outcome = judge(node, saved(rule))
    assert outcome.result == "ok", outcome.saw


def test_an_ipset_is_asked(node: FakeNode) -> None:
    node.host.heads["blocked"] = node.host.heads["KUBE-IPVS-IPS"]
    node.host.in_ipsets.add(("blocked", packed("10.254.72.60")))
    assert judge(node, saved("-A INPUT -m set --match-set blocked dst -j DROP")).result == "red"


def test_clients_of_one_interface_may_be_kept_out(node: FakeNode) -> None:
    node.write("/sys/class/net/docker0/operstate", "up\n")
    outcome = judge(node, saved("-A INPUT -i docker0 -j DROP"))
    assert outcome.result == "warning"
    assert f"{OUTSIDE} (through docker0)" in outcome.saw


def test_a_network_policy_is_meant(node: FakeNode) -> None:
    rules = ("-A FORWARD -j cali-FORWARD", "-A cali-FORWARD -i cni0 -j cali-from-wl-dispatch",
             "-A cali-from-wl-dispatch -j DROP")
    assert judge(node, saved(*rules, chains=("cali-FORWARD", "cali-from-wl-dispatch"))
                 ).result == "ok"


def test_the_old_kind_is_read_as_well(node: FakeNode) -> None:
    node.write("/proc/net/ip_tables_names", "filter\n")
    legacy = saved("-A INPUT -d 10.254.0.0/16 -j DROP", kube=False).replace(" (nf_tables)", "")
    node.host.programs["iptables-legacy-save"] = (0, legacy)
    outcome = judge(node, saved())
    assert outcome.result == "red"
    assert "`iptables-legacy -t filter -D INPUT -d 10.254.0.0/16 -j DROP`" in outcome.remedy


def test_the_nodes_own_choice_may_be_the_old_kind(node: FakeNode) -> None:
    node.write("/proc/net/ip_tables_names", "filter\n")
    node.host.programs["iptables-nft-save"] = (0, saved())
    legacy = saved("-A INPUT -d 10.254.0.0/16 -j DROP", kube=False).replace(" (nf_tables)", "")
    outcome = judge(node, legacy)
    assert outcome.result == "red"
    assert outcome.saw.startswith("iptables-legacy, table filter, chain INPUT")


def test_what_kube_proxy_may_still_fill_in_settles(node: FakeNode) -> None:
    node.host.in_ipsets.clear()
    node.host.in_ipsets.add(("KUBE-IPVS-IPS", packed("10.254.72.60")))
    outcome = judge(node, saved())
    assert (outcome.result, outcome.settles) == ("red", True)
    assert "chain KUBE-IPVS-FILTER" in outcome.saw
    assert not judge(node, saved("-A INPUT -j DROP")).settles


def test_a_program_that_fails_is_no_green(node: FakeNode) -> None:
    node.host.programs["iptables-save"] = (1, "Permission denied (you must be root)")
    assert node.judge("firewall", EXPECT).result == "unknown"
    node.host.programs["iptables-save"] = (0, saved())
    assert node.judge("firewall", EXPECT).result == "ok"


def test_no_rules_at_all(node: FakeNode) -> None:
    node.host.filter = set()
    assert judge(node, HEAD).result == "ok"
