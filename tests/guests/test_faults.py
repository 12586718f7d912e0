"""Faults on a booted node with a real kube-proxy: the right fact turns red, and no other."""

from __future__ import annotations

import pytest

from imagegen.plan.facts import Rule
from tests.guests.api_faults import API_FAULTS
from tests.guests.family_faults import FAMILY_FAULTS
from tests.guests.faults import FAULTS, NEVER_BOOTED, ROOT_FAULTS, Fault
from tests.guests.judging import judged_right, not_ok
from tests.guests.nftables_faults import NFTABLES_FAULTS
from tests.guests.node_faults import NODE_FAULTS
from tests.guests.nodes import SeedCluster
from tests.guests.rival_faults import RIVAL_FAULTS
from tests.guests.table_faults import TABLE_FAULTS
from tests.profiles import rendered

pytestmark = pytest.mark.guest
ON_QUICKSTART = (*FAULTS, *RIVAL_FAULTS, *TABLE_FAULTS)
# a clone and a look for each is too much for every run; `./dev wide` does them all
IN_EVERY_RUN = (*FAULTS, *RIVAL_FAULTS[:3], *TABLE_FAULTS[:3])
MARKED = [pytest.param(fault, id=fault.name,
                       marks=[] if fault in IN_EVERY_RUN else pytest.mark.wide)
          for fault in ON_QUICKSTART]


def test_a_healthy_node_is_green(modern: SeedCluster) -> None:
    with modern.node() as node:
        verdict = node.check("table")
    assert not_ok(verdict) == {}
    assert (verdict["verdict"], verdict["level"]) == ("green", "table")


@pytest.mark.parametrize("fault", MARKED)
def test_the_right_fact_turns_red(modern: SeedCluster, fault: Fault) -> None:
    with modern.node() as node:
        judged_right(node, fault)


def test_the_probe_says_that_the_kernel_cannot(modern: SeedCluster) -> None:
    """Level kernel: with the scheduler's module out of reach, the functional probe is red."""
    with modern.node() as node:
        for argv in (("systemctl", "stop", "kube-proxy"), ("ipvsadm", "-C"), ("rmmod", "ip_vs_rr")):
            node.run(argv)
        node.write("/etc/modprobe.d/hardening.conf", b"install ip_vs_rr /bin/false\n")
        bad = not_ok(node.check("kernel"))
    assert {"ipvs.probe", "module.ip_vs_rr"} <= set(bad)


def test_every_rule_has_its_fault(modern: SeedCluster) -> None:
    with modern.node() as node:
        rules = {f["id"]: f["rule"] for f in node.check("table")["findings"]}
    told = {rules[fault.red] for fault in ON_QUICKSTART} | {rules["ipvs.probe"]}
    # a kube-proxy that never synced has no metrics at all yet; `kube-proxy-stopped` shows it
    told |= {rules[also] for fault in FAULTS for also in fault.also if also == "ipvs.sync"}
    # those of the node's own fields, of nftables mode, of IPv6 and of a read-only root are seen red
    # beside their own nodes
    for name, faults in (("full-node", NODE_FAULTS), ("nftables", NFTABLES_FAULTS),
                         ("dual-stack", FAMILY_FAULTS), ("api-node", API_FAULTS),
                         ("immutable-node", ROOT_FAULTS)):
        rule_of = {fact.id: fact.proof.rule.value for fact in rendered(name).plan.facts}
        told |= {rule_of[fault.red] for fault in faults}
    assert told | set(NEVER_BOOTED) == {rule.value for rule in Rule}
